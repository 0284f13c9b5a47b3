"""The worked cases of docs/routing/cases.csv, on the real map and the city's rules."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.gis.geos import Point

from incidents.city import load_city
from incidents.models import Category
from incidents.routing import route
from tests.factories.real_city import checked_once, real_map

FOLDER = Path(settings.GIS_DATA_DIR)
CASES = Path(settings.BASE_DIR) / "docs/routing/cases.csv"

pytestmark = pytest.mark.skipif(
    not settings.GIS_DATA_DIR or not (FOLDER / "roads_osm_2025.geojson").is_file(),
    reason="GIS_DATA_DIR does not name a folder with the real wards and roads",
)


def cases():
    with CASES.open(encoding="utf8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", autouse=True)
def _city(django_db_setup, django_db_blocker):
    """The city on its real map, once for all cases, and taken back at the end."""
    with django_db_blocker.unblock(), real_map():
        load_city(settings.CITY_DIR)
        checked_once()
        yield


# The mark lets a run of this file alone have a database; on every case it would check
# all constraints of the whole city anew.
@pytest.mark.django_db
def test_there_are_enough_of_them_and_each_says_why():
    told = cases()

    assert len(told) >= 60
    assert all(case["because"] for case in told)
    assert len({case["about"] for case in told}) == len(told)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["about"])
def test_a_case_goes_where_the_law_sends_it(case):
    noon = datetime.combine(date.fromisoformat(case["day"]), time(5), tzinfo=UTC)

    decision = route(
        Point(float(case["lon"]), float(case["lat"]), srid=4326),
        Category.objects.get(code=case["category"]),
        noon,
        accuracy=float(case["accuracy"]),
        address=case["address"],
    )

    unit = decision.organisation.code if decision.organisation else ""
    assert (unit, decision.reason.value, " ".join(decision.doubts)) == (
        case["unit"],
        case["reason"],
        case["doubts"],
    )
