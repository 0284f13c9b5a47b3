"""South of the equator and west of Greenwich: located, routed, snapped, drawn, read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command

from gis_data.checking import areas_m2, check
from gis_data.models import Asset, Boundary, PlaceKind
from incidents.decisions import Reason
from incidents.models import Category
from incidents.privacy import snap
from incidents.routing import route
from tests.factories import square
from tests.incidents.api.mvt import read_tile, tile_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 2, tzinfo=UTC)
TODAY = NOW.date()
QUAY = Point(-176.285, -38.536, srid=4326)
IN_SPRINGS = Point(-176.19, -38.60, srid=4326)
ON_BEACON = Point(-176.25, -38.5736, srid=4326)


def unit_at(point, category, **more):
    decision = route(point, Category.objects.get(code=category), NOW, **more)
    return decision.organisation and decision.organisation.code


def test_nothing_in_the_folder_is_left_out(merrow):
    assert merrow.missing == {}
    assert Boundary.objects.known().in_force(on=TODAY).count() == 6 + 2 + 1 + 1
    assert Asset.objects.filter(kind="road").count() == 6


def test_its_wards_fit_together_over_the_ground(merrow):
    found = check(PlaceKind.objects.get(code="ward"), on=TODAY)

    assert (found.overlaps, found.gaps, found.slivers, found.differences) == (
        (),
        (),
        (),
        (),
    )


@pytest.mark.parametrize(
    ("point", "category", "unit"),
    [
        (QUAY, "ROADS.pothole", "board-quay"),
        (ON_BEACON, "ROADS.pothole", "roads-and-parks"),
        (Point(-176.13, -38.64, srid=4326), "WASTE.dumped", "board-windgrove"),
        (QUAY, "NOISE.night", "harbour-office"),
        (Point(-176.20, -38.66, srid=4326), "NOISE.night", "hills-office"),
        (QUAY, "WATER.burst", "harbour-water"),
        (IN_SPRINGS, "WATER.burst", "merrow-springs"),
        (IN_SPRINGS, "WATER.drain", "harbour-water"),
    ],
)
def test_who_answers_there_is_said_by_its_polygons(merrow, point, category, unit):
    assert unit_at(point, category) == unit


def test_fifteen_metres_from_a_road_are_metres_there(merrow):
    """A degree east is a fifth shorter there than at the equator."""
    road = Asset.objects.get(code="r2")
    start, end = Point(*road.shape[0]), Point(*road.shape[1])
    x, y = (start.x + end.x) / 2, (start.y + end.y) / 2
    metre_east = 1 / (111_320 * 0.7815)

    near = unit_at(Point(x + 12 * metre_east, y, srid=4326), "ROADS.pothole")
    far = unit_at(Point(x + 30 * metre_east, y, srid=4326), "ROADS.pothole")

    assert near == "roads-and-parks"
    assert far.startswith("board-")


def test_the_map_ends_where_the_sea_begins(merrow):
    decision = route(
        Point(-176.05, -38.47, srid=4326),
        Category.objects.get(code="WASTE.dumped"),
        NOW,
    )

    assert decision.reason == Reason.OFF_THE_MAP


def test_what_strangers_see_is_near_and_is_not_the_point(merrow):
    public, _cell = snap(QUAY)

    assert public != QUAY
    assert abs(public.x - QUAY.x) < 0.003
    assert abs(public.y - QUAY.y) < 0.003


def test_areas_there_are_square_metres():
    shape = np.array([shapely.box(-176.21, -38.61, -176.20, -38.60)])

    (area,) = areas_m2(shape)

    assert area == pytest.approx(1_110 * 870, rel=0.01)


def test_a_tile_of_its_wards_is_drawn_where_they_are(merrow, client):
    zoom = 11
    x, y = tile_of(QUAY.x, QUAY.y, zoom)

    answer = client.get(f"/tiles/areas/ward/{zoom}/{x}/{y}.mvt")

    drawn = [
        each for layer in read_tile(answer.content).layers.values() for each in layer
    ]
    assert "Lantern Quay Ward" in json.dumps(drawn, default=str)


def test_the_api_locates_and_answers_in_english_whatever_is_asked(merrow, client):
    answer = client.get(
        "/api/v1/locate",
        {"lat": QUAY.y, "lon": QUAY.x},
        headers={"accept-language": "vi"},
    ).json()

    said = json.dumps(answer, ensure_ascii=False)
    assert "Lantern Quay Ward" in said
    assert "Harbour District" in said


def test_a_file_with_its_axes_swapped_is_refused_in_words(merrow, tmp_path):
    path = tmp_path / "wards.geojson"
    exchanged = [[y, x] for x, y in square(-176.28, -38.56, 0.01)[0][0].coords]
    whole = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": "quay", "name": "Lantern Quay Ward"},
                "geometry": {"type": "Polygon", "coordinates": [exchanged]},
            }
        ],
    }
    path.write_text(json.dumps(whole))

    with pytest.raises(
        CommandError, match=r"feature 1 \(quay\): .*latitude and longitude were swapped"
    ):
        call_command("publish_boundaries", path, "--kind=ward", "--from=2027-01-01")


def test_its_own_files_are_read_apart_and_lie_in_the_city(merrow, capsys):
    call_command(
        "publish_boundaries",
        settings.CITY_DIR / "map/wards.geojson",
        "--kind=ward",
        "--from=2027-01-01",
    )

    assert "0 opened, 0 closed, 0 changed, 6 kept" in capsys.readouterr().out
