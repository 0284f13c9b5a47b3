from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import F

from gis_data.fallbacks import Told, keep_told
from gis_data.geometry import metres_a_degree
from gis_data.models import DefaultPoint, Place
from incidents.intake import receive
from incidents.models import Channel, Report
from incidents.privacy import Reporter
from incidents.routing import route
from tests.factories import (
    HERE,
    JULY,
    DeadlineRuleFactory,
    LeafFactory,
    PlaceKindFactory,
    ReportFactory,
    ResponsibilityFactory,
    TellingFactory,
    published,
    square,
)

pytestmark = pytest.mark.django_db

SINCE = date(2025, 1, 1)
#: How many reports this transaction has read so far.
READ = """
SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'incidents_report'
"""
THERE = Point(106.7123456, 10.8123456, srid=4326)


@pytest.fixture
def pothole():
    """The ward answers for it; HERE lies well off the middle of that ward."""
    DeadlineRuleFactory.create()
    category = LeafFactory.create()
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, SINCE, a=square(106.65, 10.749))
    ResponsibilityFactory.create(category=category, place=Place.objects.get())
    return category


def off(point, *, metres):
    """A point so far north of another."""
    return Point(point.x, point.y + metres / metres_a_degree(point.y)[1], srid=4326)


@pytest.mark.parametrize(
    ("metres", "doubts"), [(0, ("fallback",)), (1.9, ("fallback",)), (2.1, ())]
)
def test_the_middle_of_a_ward_is_doubted_within_two_metres(pothole, metres, doubts):
    middle = Point(106.70, 10.799, srid=4326)

    decision = route(off(middle, metres=metres), pothole, JULY)

    assert decision.reason == "settled"
    assert decision.doubts == doubts
    assert decision.is_settled is (doubts == ())


@pytest.mark.parametrize(
    ("metres", "doubts"), [(0, ("fallback",)), (1.9, ("fallback",)), (2.1, ())]
)
def test_what_a_geocoder_answers_for_the_city_is_doubted(pothole, metres, doubts):
    told = Told(lon=THERE.x, lat=THERE.y, kind=DefaultPoint.Kind.GEOCODER)
    keep_told([told], source="a geocoder", at=JULY)

    decision = route(off(THERE, metres=metres), pothole, JULY)

    assert decision.doubts == doubts


def test_an_old_decision_does_not_know_what_we_learned_since(pothole):
    told = Told(lon=THERE.x, lat=THERE.y, kind=DefaultPoint.Kind.OFFICE)
    keep_told([told], source="the city", at=JULY)

    then = route(THERE, pothole, JULY, known_at=JULY - timedelta(days=1))

    assert not then.is_default_point
    assert route(THERE, pothole, JULY, known_at=JULY).is_default_point


def told_here(count, *, categories, people, at=JULY, point=THERE):
    """Reports at one point, in so many categories, by so many people."""
    leaves = [LeafFactory.create() for _ in range(categories)]
    for turn in range(count):
        telling = TellingFactory.create(
            category=leaves[turn % categories],
            point=point,
            reporter=Reporter(name="Lan", phone=f"+8490123{turn % people:04}"),
        )
        receive(telling, channel=Channel.PORTAL, at=at - timedelta(days=turn + 1))


@pytest.mark.parametrize(
    ("told", "is_repeated"),
    [
        ({"count": 8, "categories": 3, "people": 8}, True),
        ({"count": 7, "categories": 3, "people": 7}, False),
        ({"count": 20, "categories": 2, "people": 20}, False),
        ({"count": 20, "categories": 5, "people": 7}, False),
    ],
)
def test_a_point_that_many_told_of_different_things_at_is_doubted(
    pothole, told, is_repeated
):
    told_here(**told)

    decision = route(THERE, pothole, JULY)

    assert decision.is_repeated_point is is_repeated
    assert decision.doubts == (("repeated",) if is_repeated else ())


def test_a_decision_of_a_day_does_not_see_the_reports_of_later_ones(pothole):
    told_here(8, categories=3, people=8)

    before = route(THERE, pothole, JULY - timedelta(days=4))
    long_after = route(THERE, pothole, JULY + timedelta(days=100))

    assert not before.is_repeated_point
    assert not long_after.is_repeated_point


def test_a_point_a_hand_away_is_another_point(pothole):
    told_here(8, categories=3, people=8)

    decision = route(off(THERE, metres=0.2), pothole, JULY)

    assert not decision.is_repeated_point


def test_reports_without_a_contact_are_told_by_as_many(pothole):
    leaves = [LeafFactory.create() for _ in range(3)]
    for turn in range(8):
        ReportFactory.create(
            point=HERE,
            category=leaves[turn % 3],
            received_at=JULY - timedelta(days=turn + 1),
        )

    assert route(HERE, pothole, JULY).is_repeated_point


def test_a_doubted_point_waits_for_an_operator_and_says_so(wards, telling):
    middle = Point(106.70, 10.799, srid=4326)
    moved = TellingFactory.create(category=telling.category, point=middle)

    filing = receive(moved, channel=Channel.PORTAL, at=datetime(2025, 7, 9, tzinfo=UTC))

    assert filing.report.status == "received"
    assert filing.decision.doubts == ["fallback"]


def test_of_a_point_of_thousands_only_the_latest_are_read(pothole):
    ReportFactory.create_batch(300, point=THERE, received_at=JULY - timedelta(days=1))
    ReportFactory.create(point=THERE, received_at=JULY - timedelta(days=2))
    Report.objects.filter(received_at=JULY - timedelta(days=1), pk__gt=0).update(
        received_at=JULY - timedelta(days=1) + F("pk") * timedelta(milliseconds=1)
    )

    with connection.cursor() as cursor:
        # As of a large table, and not as an earlier test of this session left it.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute("DISCARD PLANS")
        cursor.execute(READ)
        ((before,),) = cursor.fetchall()
        route(THERE, pothole, JULY)
        cursor.execute(READ)
        ((after,),) = cursor.fetchall()

    assert 100 <= after - before <= 110
