from __future__ import annotations

from datetime import date

import pytest
from django.utils.timezone import localdate

from gis_data.publishing import publish
from tests.factories import PlaceKindFactory, published, sheet, square
from tests.gis_data.test_publishing import JULY, JUNE, NOW

pytestmark = pytest.mark.django_db
THERE = {"lat": 10.625, "lon": 106.65}


@pytest.fixture
def wards():
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, JULY, a=square(106.5, 10.5, 0.25), b=square(106.75, 10.5, 0.25))
    return ward


def test_a_point_is_located_as_the_contract_says(wards, client):
    answer = client.get("/api/v1/locate", THERE)

    assert answer.status_code == 200
    assert answer.json() == {
        "on": localdate().isoformat(),
        "areas": [{"kind": "ward", "code": "a", "name": "Ward a", "share": 1.0}],
        "nearest_border_m": pytest.approx(10936, abs=20),
        "beside": [],
        "reason": "inside",
        "doubts": [],
        "approximate": False,
    }


def test_a_day_and_an_accuracy_may_be_given(wards, client):
    district = PlaceKindFactory.create(code="district", rank=2)
    drawn = sheet(is_approximate=True, d=square(106.5, 10.5, 0.25))
    publish(drawn, kind=district, on=JUNE, until=date(2025, 6, 30), at=NOW)

    june = client.get("/api/v1/locate", THERE | {"on": "2025-06-30"}).json()
    july = client.get(
        "/api/v1/locate", {"lat": 10.625, "lon": 106.7499, "accuracy": 50}
    )

    assert [area["code"] for area in june["areas"]] == ["d"]
    assert june["approximate"] is True
    assert july.json()["doubts"] == ["disc"]
    assert [area["code"] for area in july.json()["beside"]] == ["b"]


@pytest.mark.parametrize("lat, lon", [(106.65, 10.625), (0, 0), (21.03, 105.85)])
def test_off_the_map_there_are_no_areas(wards, client, lat, lon):
    answer = client.get("/api/v1/locate", {"lat": min(lat, 90), "lon": lon}).json()

    assert (answer["areas"], answer["reason"]) == ([], "off_the_map")
    assert answer["nearest_border_m"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lat": "nan"}, "lat"),
        ({"lat": "inf"}, "lat"),
        ({"lat": 91}, "lat"),
        ({"lon": 181}, "lon"),
        ({"lat": ""}, "lat"),
        ({"lon": "east"}, "lon"),
        ({"on": "2025-02-30"}, "on"),
        ({"accuracy": -1}, "accuracy"),
        ({"accuracy": "nan"}, "accuracy"),
        ({"accuracy": 1e9}, "accuracy"),
    ],
)
def test_what_is_no_point_is_refused(wards, client, wrong, field):
    answer = client.get("/api/v1/locate", THERE | wrong)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["fields"]


def test_a_point_without_coordinates_is_refused(client):
    assert client.get("/api/v1/locate").status_code == 422


def test_locating_is_two_statements(wards, client, django_assert_num_queries):
    with django_assert_num_queries(2):
        client.get("/api/v1/locate", THERE)
