"""The first map from the files a city really has; they are not part of the project."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from gis_data.checking import check
from gis_data.locating import locate
from gis_data.models import PlaceKind
from gis_data.tiles import Tile, area_tile
from tests.factories.real_city import checked_once, real_map

FOLDER = Path(settings.GIS_DATA_DIR)
JUNE, JULY = date(2025, 6, 15), date(2025, 7, 1)

pytestmark = pytest.mark.skipif(
    not settings.GIS_DATA_DIR or not (FOLDER / "wards_2025.geojson").is_file(),
    reason="GIS_DATA_DIR does not name a folder with the real wards",
)


@pytest.fixture(scope="module", autouse=True)
def _real_map(django_db_setup, django_db_blocker):
    """Put it in force once for the whole module, and take it back at the end."""
    with django_db_blocker.unblock(), real_map():
        checked_once()
        yield


def offices():
    with (FOLDER / "ward_offices_2025.csv").open(encoding="utf8") as file:
        return list(csv.DictReader(file))


def test_every_office_lies_in_its_own_ward_without_doubt():
    for office in offices():
        found = locate((float(office["lon"]), float(office["lat"])), on=JULY)
        assert found.areas[0].code == office["code"]
        assert (found.reason, found.doubts) == ("inside", ())
        assert ("city", "79") in {(area.kind, area.code) for area in found.areas}


def test_before_the_reform_the_same_place_lies_in_a_district():
    found = locate((106.672, 10.7548), on=JUNE)

    assert [area.code for area in found.areas][:2] == ["774", "79"]
    assert not found.approximate


def test_the_check_finds_what_is_known_to_be_wrong():
    found = check(PlaceKind.objects.get(code="ward"), on=JULY)

    assert found.places == 168
    assert len(found.overlaps) == 28
    assert sum(each.area_m2 for each in found.overlaps) == pytest.approx(70.6, abs=0.5)
    assert len(found.gaps) == 41
    assert sum(each.area_m2 for each in found.gaps) == pytest.approx(111, abs=0.5)
    assert "26968" in [each.code for each in found.differences]


def test_no_tile_of_the_wards_is_heavy():
    over_the_city = {6: (50, 29), 8: (203, 120), 10: (815, 481), 12: (3262, 1925)}

    for z, (x, y) in over_the_city.items():
        assert 1_000 < len(area_tile("ward", Tile(z=z, x=x, y=y), on=JULY)) < 65_000
