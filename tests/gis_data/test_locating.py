from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis_data.locating import Found, locate, nearest_border_m
from gis_data.models import Boundary
from gis_data.publishing import publish
from tests.factories import HERE, PlaceKindFactory, published, sheet, square

pytestmark = pytest.mark.django_db

MAY, JUNE, JULY = (date(2025, month, 1) for month in (5, 6, 7))
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
A, B = square(106.5, 10.5, 0.25), square(106.75, 10.5, 0.25)
METRE = 1 / 110_000
#: A street 20 m wide that no ward has, and the ward beyond it.
STREET = 20 * METRE
BEYOND = square(106.75 + STREET, 10.5, 0.25)
CITY = square(106.25, 10.25, 1)


@pytest.fixture
def ward():
    return PlaceKindFactory.create(code="ward", rank=3)


@pytest.fixture
def city():
    return PlaceKindFactory.create(code="city", rank=1)


@pytest.fixture
def wards(ward):
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


def test_where_two_areas_overlap_the_one_with_more_of_the_disc_comes_first(ward):
    published(ward, JUNE, a=A, b=square(106.75 - 3 * METRE, 10.5, 0.25))

    found = locate((106.75 - METRE, 10.625), on=JULY)

    assert (codes(found.areas), found.reason) == (["b", "a"], "border")
    assert found.areas[0].share > found.areas[1].share
    assert sum(area.share for area in found.areas) == pytest.approx(1, abs=1e-5)


def test_a_precise_point_within_the_tolerance_of_a_border_is_doubted(wards):
    found = locate((106.75 - 2 * METRE, 10.625), on=JULY)

    assert (codes(found.areas), codes(found.beside)) == (["a"], ["b"])
    assert (found.reason, found.doubts) == ("inside", ("border",))


def test_an_imprecise_point_names_what_else_it_may_lie_in(wards):
    found = locate((106.75 - 20 * METRE, 10.625), on=JULY, accuracy=50)

    assert (codes(found.areas), codes(found.beside)) == (["a"], ["b"])
    assert (found.reason, found.doubts) == ("inside", ("disc",))
    assert 0.6 < found.areas[0].share < 0.8
    assert found.beside[0].distance_m == pytest.approx(20, rel=0.01)


def test_a_position_that_says_next_to_nothing_is_doubted_all_the_same(wards):
    found = locate((106.74, 10.625), on=JULY, accuracy=100_000)

    assert (codes(found.areas), codes(found.beside)) == (["a"], ["b"])
    assert found.doubts == ("disc",)


def test_what_lies_outside_the_map_does_not_take_part_in_the_doubt(wards):
    found = locate((106.5 + METRE, 10.625), on=JULY, accuracy=50)

    assert (codes(found.areas), found.doubts) == (["a"], ())
    assert found.areas[0].share == pytest.approx(0.5, abs=0.05)


def test_in_a_gap_within_the_city_the_nearest_area_is_given(ward, city):
    published(ward, JUNE, a=A, b=BEYOND)
    published(city, JUNE, c=CITY)

    found = locate((106.75 + 0.3 * STREET, 10.625), on=JULY)

    assert (codes(found.areas), found.reason) == (["a", "c"], "gap")
    assert found.doubts == ("border",)
    assert found.areas[0].distance_m == pytest.approx(6, abs=0.1)


def test_between_two_areas_there_is_a_gap_even_without_a_city_round_them(ward):
    published(ward, JUNE, a=A, b=BEYOND)

    found = locate((106.75 + 0.7 * STREET, 10.625), on=JULY)

    assert (codes(found.areas), found.reason) == (["b"], "gap")


@pytest.mark.parametrize(("metres", "reason"), [(90, "nearest"), (110, "off_the_map")])
def test_just_outside_the_map_the_nearest_area_is_given(wards, metres, reason):
    found = locate((106.65, 10.5 - metres * METRE), on=JULY)

    assert found.reason == reason
    assert codes(found.areas) == (["a"] if reason == Found.NEAREST else [])


def test_outside_where_two_areas_meet_is_no_gap(wards):
    found = locate((106.75, 10.5 - 30 * METRE), on=JULY)

    assert (codes(found.areas), found.reason) == (["a"], "nearest")


@pytest.mark.parametrize(
    "far", [(0, 0), (10.625, 106.65), (180, 90), (-180, -90), (105.85, 21.03)]
)
def test_far_away_the_point_is_off_the_map(wards, far):
    found = locate(far, on=JULY)

    assert (found.areas, found.beside) == ((), ())
    assert (found.reason, found.doubts) == ("off_the_map", ())


def test_a_territory_has_no_rank_and_comes_after_the_levels(ward, city):
    water = PlaceKindFactory.create(code="water", rank=None)
    for kind, code in [(water, "w"), (city, "c"), (ward, "a")]:
        published(kind, JUNE, **{code: A})

    found = locate((106.65, 10.625), on=JULY)

    assert codes(found.areas) == ["a", "c", "w"]
    assert found.reason == "inside"


def test_a_territory_alone_is_no_map(ward):
    water = PlaceKindFactory.create(code="water", rank=None)
    published(water, JUNE, w=A)

    assert locate((106.65, 10.625), on=JULY).reason == "off_the_map"


def test_each_day_has_the_map_that_was_in_force(ward):
    district = PlaceKindFactory.create(code="district", rank=2)
    last = date(2025, 6, 30)
    publish(sheet(d=A), kind=district, on=MAY, until=last, at=NOON)
    publish(sheet(a=A), kind=ward, on=JULY, at=NOON)

    in_june, in_july = (
        locate((106.65, 10.625), on=day) for day in (last, last + timedelta(days=1))
    )

    assert (codes(in_june.areas), in_june.reason) == (["d"], "inside")
    assert (codes(in_july.areas), in_july.reason) == (["a"], "inside")


def test_what_was_known_then_is_found_then(ward):
    published(ward, MAY, a=A)
    published(ward, JUNE, b=A)

    known_in_may = datetime(2025, 5, 20, tzinfo=UTC)
    as_known = locate((106.65, 10.625), on=JULY, known_at=known_in_may)
    today = locate((106.65, 10.625), on=JULY)

    assert (codes(as_known.areas), codes(today.areas)) == (["a"], ["b"])


def test_a_draft_is_not_on_the_map(wards):
    held = Boundary.objects.defer(None).get(place__code="a")

    Boundary.objects.create(
        place=held.place, edition=held.edition, shape=B, validity=held.validity
    )

    assert codes(locate((106.8, 10.625), on=JULY).areas) == ["b"]


def test_a_sketch_says_that_it_is_one(ward, city):
    published(city, JUNE, c=CITY)
    publish(sheet(is_approximate=True, a=A), kind=ward, on=JULY, at=NOON)

    assert locate((106.65, 10.625), on=JULY).approximate
    assert not locate((106.65, 10.625), on=JUNE).approximate


def test_metres_are_metres_in_the_other_hemisphere_too(ward):
    published(ward, JUNE, s=square(-72.0, -53.0, 1.0))
    a_degree_east = 67_909  # at 52.5° south, on the ellipsoid

    found = locate((-72.0 - 50 / a_degree_east, -52.5), on=JULY)

    assert (codes(found.areas), found.reason) == (["s"], "nearest")
    assert found.areas[0].distance_m == pytest.approx(50, rel=0.005)


def test_the_nearest_border_is_measured_in_metres(wards):
    found = nearest_border_m((106.75 - 0.01, 10.625), on=JULY)

    assert found == pytest.approx(1094, rel=0.001)


def test_the_cuts_between_pieces_are_no_border(ward):
    ring = [(106.5 + i / 100, 10.5) for i in range(100)]
    ring += [(107.5, 10.5), (107.5, 11.5), (106.5, 11.5), (106.5, 10.5)]
    shape = MultiPolygon(Polygon(ring), srid=4326)
    published(ward, JUNE, a=shape)

    found = nearest_border_m((107.0, 11.0), on=JULY)

    assert found == pytest.approx(0.5 * 109_300, rel=0.01)


def test_where_no_map_is_in_force_there_is_no_border(wards):
    assert nearest_border_m((106.65, 10.625), on=MAY) is None


def test_locating_is_one_statement(wards, django_assert_num_queries):
    with django_assert_num_queries(1):
        locate(HERE, on=JULY, accuracy=30)
    with django_assert_num_queries(1):
        locate((106.65, 10.5 - 90 * METRE), on=JULY)
    with django_assert_num_queries(1):
        nearest_border_m(HERE, on=JULY)


NEAR = st.floats(min_value=-0.01, max_value=0.01)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    x=NEAR.map(lambda off: 106.75 + off) | st.floats(min_value=-180, max_value=180),
    y=NEAR.map(lambda off: 10.5 + off) | st.floats(min_value=-90, max_value=90),
    accuracy=st.floats(min_value=0, max_value=3000),
    on=st.sampled_from([MAY, JUNE, JULY]),
)
def test_any_point_has_exactly_one_reason_and_what_follows_from_it(
    wards, x, y, accuracy, on
):
    found = locate((x, y), on=on, accuracy=accuracy)

    assert found.reason in Found.values
    assert found == locate((x, y), on=on, accuracy=accuracy)
    assert bool(found.areas) == (found.reason != Found.OFF_THE_MAP)
    assert not set(codes(found.areas)) & set(codes(found.beside))
    assert all(0 <= area.share <= 1 for area in found.areas + found.beside)
    if found.reason in (Found.BORDER, Found.GAP, Found.NEAREST):
        assert "border" in found.doubts
    if found.reason == Found.INSIDE:
        assert found.areas[0].distance_m == 0
    if on == MAY:
        assert found.reason == Found.OFF_THE_MAP
