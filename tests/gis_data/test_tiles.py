from __future__ import annotations

import json
import shutil
import subprocess
from math import asinh, pi, radians, tan

import pytest

from gis_data.errors import NoSuchTile
from gis_data.tiles import Tile, area_tile
from tests.factories import PlaceKindFactory, published, square
from tests.gis_data.test_publishing import JULY, JUNE, MAY

pytestmark = pytest.mark.django_db
TILE = "/tiles/areas/ward/9/407/240.mvt"


@pytest.fixture
def wards():
    ward = PlaceKindFactory.create(code="ward")
    published(ward, JUNE, a=square(106.3, 10.6), b=square(106.4, 10.6))
    return ward


@pytest.mark.parametrize("zoom", [0, 7, 8, 12, 14, 18])
def test_a_place_is_on_the_tiles_it_lies_on_at_every_zoom(wards, zoom):
    side = 2**zoom
    down = (1 - asinh(tan(radians(10.65))) / pi) / 2
    tile = Tile(z=zoom, x=int((106.35 + 180) / 360 * side), y=int(down * side))

    made = area_tile("ward", tile, on=JULY)

    assert b"Ward a" in made


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="gdal-bin is not installed")
def test_gdal_reads_the_layer_with_code_and_name(wards, tmp_path):
    path = tmp_path / "tile.mvt"
    path.write_bytes(area_tile("ward", Tile(z=9, x=407, y=240), on=JULY))

    command = [shutil.which("ogr2ogr"), "-f", "GeoJSON", "/vsistdout/"]
    read = subprocess.run(  # noqa: S603
        [*command, f"MVT:{path}", "areas"], capture_output=True, check=True
    )

    features = json.loads(read.stdout)["features"]
    told = [
        (each["properties"]["code"], each["properties"]["name"]) for each in features
    ]
    assert told == [("a", "Ward a"), ("b", "Ward b")]


def test_where_there_is_nothing_the_tile_is_empty(wards):
    assert area_tile("ward", Tile(z=9, x=0, y=0), on=JULY) == b""
    assert area_tile("ward", Tile(z=9, x=407, y=240), on=MAY) == b""
    assert area_tile("district", Tile(z=9, x=407, y=240), on=JULY) == b""


@pytest.mark.parametrize(("z", "x", "y"), [(23, 0, 0), (3, 8, 0), (3, 0, 8), (0, 0, 1)])
def test_beyond_the_world_there_is_no_tile(client, z, x, y):
    with pytest.raises(NoSuchTile):
        Tile(z=z, x=x, y=y)
    assert client.get(f"/tiles/areas/ward/{z}/{x}/{y}.mvt").status_code == 404


def test_a_tile_is_served_with_a_mark_and_not_sent_twice(wards, client):
    first = client.get(TILE)
    again = client.get(TILE, headers={"If-None-Match": first["ETag"]})

    assert first.status_code == 200
    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "max-age" in first["Cache-Control"]
    assert (again.status_code, again.content) == (304, b"")


def test_an_empty_tile_has_no_content(wards, client):
    assert client.get("/tiles/areas/ward/9/0/0.mvt").status_code == 204
    assert client.get(f"{TILE}?on=2025-05-01").status_code == 204


def test_a_day_that_is_none_is_refused(wards, client):
    answer = client.get(f"{TILE}?on=yesterday")

    assert answer.status_code == 422
    assert "on" in answer.json()["fields"]


def test_a_tile_is_one_statement(wards, client, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get(TILE)
