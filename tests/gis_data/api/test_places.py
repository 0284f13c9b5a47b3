from __future__ import annotations

import pytest

from gis_data.models import Place
from tests.factories import PlaceKindFactory, published, square
from tests.gis_data.test_publishing import JULY, JUNE

pytestmark = pytest.mark.django_db


@pytest.fixture
def wards():
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, JUNE, a=square(106.5, 10.5), gone=square(106.6, 10.5))
    published(ward, JULY, a=square(106.5, 10.5), b=square(106.6, 10.5))
    Place.objects.filter(code="a").update(name="Phường A", name_en="Ward A")
    return ward


def test_the_places_of_a_kind_are_listed_by_name(wards, client):
    answer = client.get("/api/v1/places", {"kind": "ward"})

    said = answer.json()
    assert answer.status_code == 200
    assert [each["id"] for each in said["features"]] == ["a", "b"]
    assert said["features"][0] == {
        "type": "Feature",
        "id": "a",
        "properties": {
            "kind": "ward",
            "code": "a",
            "name": "Phường A",
            "name_en": "Ward A",
            "approximate": False,
        },
        "geometry": None,
    }
    assert (said["next"], said["count_is"]) == (None, "exact")


def test_the_places_of_another_day_are_those_of_that_day(wards, client):
    answer = client.get("/api/v1/places", {"kind": "ward", "on": "2025-06-15"})

    assert [each["id"] for each in answer.json()["features"]] == ["a", "gone"]


def test_shapes_are_given_when_asked_for(wards, client):
    answer = client.get("/api/v1/places", {"kind": "ward", "geometry": "true"})

    shape = answer.json()["features"][0]["geometry"]
    assert shape["type"] == "MultiPolygon"
    assert [106.5, 10.5] in shape["coordinates"][0][0]


@pytest.mark.parametrize("asked", [{}, {"kind": "planet"}, {"kind": "ward\x00"}])
def test_a_kind_that_is_none_is_refused(wards, client, asked):
    answer = client.get("/api/v1/places", asked)

    assert answer.status_code == 422
    assert "kind" in answer.json()["fields"]


@pytest.mark.parametrize("geometry", ["true", "false"])
def test_however_many_places_there_are_two_statements_list_them(
    wards, client, django_assert_num_queries, geometry
):
    with django_assert_num_queries(2):
        client.get("/api/v1/places", {"kind": "ward", "geometry": geometry})
