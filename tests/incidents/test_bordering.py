from __future__ import annotations

from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis_data.geometry import metres_a_degree
from incidents.bordering import bordering, wards_of
from incidents.models import Organisation
from tests.factories import (
    CaseFactory,
    OrganisationFactory,
    focal_point,
    operator,
    published,
    square,
)

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 9)
LINE, NORTH = 106.75, 10.8
A_DEGREE = metres_a_degree(NORTH)[0]


@pytest.fixture
def committees(wards):
    """The committees of wards a and b, on either side of the line."""
    return {
        code: OrganisationFactory.create(
            code=f"ubnd-{code}", type=Organisation.Type.WARD, place=place
        )
        for code, place in wards.items()
    }


def case(wards, *, east, unit=None, status="transferred", **more):
    """An open case so many metres east of the line, in a unit's hands or nobody's."""
    point = Point(LINE + east / A_DEGREE, NORTH, srid=4326)
    place = wards["b"] if east > 0 else wards["a"]
    return CaseFactory.create(
        point=point,
        place=place,
        organisation=unit,
        status=status if unit else "returned",
        **more,
    )


def seen(actor, *, on=TODAY):
    return list(bordering(wards_of(actor), actor, on=on))


def test_both_wards_see_what_lies_within_thirty_metres_of_their_line(wards, committees):
    near = case(wards, east=29, unit=committees["b"])
    case(wards, east=31, unit=committees["b"])

    assert seen(focal_point(committees["a"])) == [near]
    assert seen(focal_point(committees["b"])) == []


def test_a_case_on_ones_own_side_is_seen_while_others_have_it(wards, committees):
    theirs = case(wards, east=-12, unit=committees["b"])
    nobodys = case(wards, east=-15)
    case(wards, east=-10, unit=committees["a"])

    found = seen(focal_point(committees["a"]))

    assert {each.pk for each in found} == {theirs.pk, nobodys.pk}
    ways = {each.pk: each.line_m for each in found}
    assert ways[theirs.pk] == pytest.approx(12, abs=0.1)


def test_what_is_sensitive_is_seen_by_nobody_on_the_other_side(wards, committees):
    case(wards, east=10, unit=committees["b"], category__is_public=False)

    assert seen(focal_point(committees["a"])) == []


@pytest.mark.parametrize(
    "told", [{"is_public": False}, {"status": "received", "accepted_at": None}]
)
def test_what_is_not_public_is_not_for_the_neighbour_either(wards, committees, told):
    case(wards, east=10, unit=committees["b"], **told)

    assert seen(focal_point(committees["a"])) == []


def test_a_case_that_has_ended_is_not_seen(wards, committees):
    case(wards, east=10, unit=committees["b"], status="closed")

    assert seen(focal_point(committees["a"])) == []


def test_the_line_to_nobody_is_no_border(wards, committees):
    edge = Point(106.65 + 10 / A_DEGREE, NORTH, srid=4326)
    CaseFactory.create(
        point=edge,
        place=wards["a"],
        organisation=committees["b"],
        status="transferred",
    )

    assert seen(focal_point(committees["a"])) == []


def test_the_line_of_today_counts_and_not_that_of_another_day(wards, committees):
    near = case(wards, east=10, unit=committees["b"])
    later = date(2026, 1, 1)
    west = square(106.65, 10.749, 0.09)
    published(wards["a"].kind, later, a=west, b=square(106.75, 10.75))

    assert seen(focal_point(committees["a"])) == [near]
    assert seen(focal_point(committees["a"]), on=later) == []


def test_who_works_for_no_ward_sees_nothing_along_any_line(wards, committees):
    case(wards, east=10, unit=committees["b"])
    company = OrganisationFactory.create(type=Organisation.Type.OWNER)

    for actor in (focal_point(company), operator()):
        assert wards_of(actor) == []
        assert seen(actor) == []


def test_it_takes_two_statements_however_many_there_are(wards, committees):
    actor = focal_point(committees["a"])
    counts = []
    for _ in range(2):
        for _ in range(5):
            case(wards, east=10, unit=committees["b"])
        with CaptureQueriesContext(
            connection,
        ) as said:
            seen(actor)
        counts.append(len(said))

    assert counts == [2, 2]
