from __future__ import annotations

from datetime import date

import pytest

from gis_data.locating import Found, locate, nearest_border_m
from tests.factories import HERE, PlaceKindFactory, published, square

pytestmark = pytest.mark.django_db

JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)
A, B = square(106.5, 10.5, 0.25), square(106.75, 10.5, 0.25)
METRE = 1 / 110_000


@pytest.fixture
def wards():
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, JUNE, a=A, b=B)
    return ward


def codes(areas):
    return [area.code for area in areas]


def test_a_point_well_inside_lies_in_one_area_without_doubt(wards):
    found = locate((106.65, 10.625), on=JULY)

    assert (codes(found.areas), found.reason, found.doubts) == (["a"], "inside", ())
    assert (found.areas[0].share, found.areas[0].distance_m) == (1, 0)


def test_a_point_on_the_line_is_given_to_one_of_both_and_doubted(wards):
    found = locate((106.75, 10.625), on=JULY)

    assert (codes(found.areas), found.reason) == (["a", "b"], "border")
    assert found.doubts == ("border",)


def test_an_imprecise_point_names_what_else_it_may_lie_in(wards):
    found = locate((106.75 - 20 * METRE, 10.625), on=JULY, accuracy=50)

    assert (codes(found.areas), codes(found.beside)) == (["a"], ["b"])
    assert (found.reason, found.doubts) == ("inside", ("disc",))
    assert 0.6 < found.areas[0].share < 0.8


@pytest.mark.parametrize(("metres", "reason"), [(90, "nearest"), (110, "off_the_map")])
def test_just_outside_the_map_the_nearest_area_is_given(wards, metres, reason):
    found = locate((106.65, 10.5 - metres * METRE), on=JULY)

    assert found.reason == reason
    assert codes(found.areas) == (["a"] if reason == Found.NEAREST else [])


def test_the_nearest_border_is_measured_in_metres(wards):
    assert nearest_border_m((106.75 - 0.01, 10.625), on=JULY) == pytest.approx(
        1094, rel=0.001
    )


def test_locating_is_one_statement(wards, django_assert_num_queries):
    with django_assert_num_queries(1):
        locate(HERE, on=JULY, accuracy=30)
