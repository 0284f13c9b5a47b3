"""A unit's round: what one has to go to, in order, from the office or where one is."""

from __future__ import annotations

from datetime import date, timedelta

import gpxpy
import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from gis_data.models import DefaultPoint, Place
from incidents.models import Clock, Membership, Organisation, Report, Status
from tests.factories import (
    HERE,
    CaseFactory,
    CategoryFactory,
    MembershipFactory,
    PlaceKindFactory,
    UserFactory,
    north_of,
    published,
    square,
)

pytestmark = pytest.mark.django_db

ROUND, FILE = "/lam-viec/don-vi/lo-trinh", "/staff/round.gpx"


def held(unit, *, metres, status=Status.TRANSFERRED, **given):
    """A case of the unit so far north of here."""
    there = north_of(HERE, metres=metres) if metres else HERE
    return CaseFactory.create(
        status=status,
        organisation=unit,
        point=there,
        address=f"{metres} Hẻm 5",
        **given,
    )


def due(report, *, days):
    at = timezone.now() + timedelta(days=days)
    start = at - timedelta(days=30)
    Clock.objects.filter(report=report).update(started_at=start, due_at=at)
    return report


def stops(answer):
    assert answer.status_code == 200
    return [turn.report.public_id for turn in answer.context["turns"]]


def ids(*cases):
    return [each.public_id for each in cases]


def test_a_round_goes_from_near_to_far_from_where_one_is(client, unit):
    far, near, middle = (held(unit, metres=metres) for metres in (3000, 100, 900))

    answer = client.post(ROUND, {"of": "all", "lat": str(HERE.y), "lon": str(HERE.x)})

    assert stops(answer) == ids(near, middle, far)
    first, second, _ = answer.context["turns"]
    assert first.metres == pytest.approx(100, abs=2)
    assert second.metres == pytest.approx(800, abs=4)
    said = answer.content.decode()
    assert "Nơi bạn đang đứng" in said
    assert not {"lat", "lon"} & set(client.session.keys())


def test_what_is_urgent_is_gone_to_first(client, unit):
    urgent = CategoryFactory.create(urgency="urgent")
    near = held(unit, metres=100)
    far = held(unit, metres=5000, category=urgent)

    answer = client.post(ROUND, {"of": "all", "lat": str(HERE.y), "lon": str(HERE.x)})

    assert stops(answer) == ids(far, near)


def test_it_begins_at_the_office_or_in_the_middle_of_the_ward(client, unit):
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, date(2025, 1, 1), a=square(106.65, 10.749))
    place = Place.objects.get(code="a")
    Organisation.objects.filter(pk=unit.pk).update(place=place)
    held(unit, metres=100)

    assert client.get(f"{ROUND}?of=all").context["start"].label == "Giữa phường của bạn"

    office = north_of(HERE, metres=50)
    outside = Point(HERE.x + 1, HERE.y, srid=4326)
    for point in (outside, office):
        DefaultPoint.objects.create(
            point=point, kind="office", source="test", recorded_at=timezone.now()
        )
    start = client.get(f"{ROUND}?of=all").context["start"]
    assert start.label == "Trụ sở đơn vị của bạn"
    assert (start.lon, start.lat) == pytest.approx(office.coords)


def test_only_what_has_to_be_gone_to_is_in_it(client, unit):
    going = held(unit, metres=100)
    held(unit, metres=200, status=Status.AWAITING)
    paused = held(unit, metres=300, status=Status.PAUSED)
    tomorrow = timezone.localdate() + timedelta(days=1)
    Report.objects.filter(pk=paused.pk).update(paused_until=tomorrow)
    placeless = CaseFactory.create(
        status=Status.TRANSFERRED, organisation=unit, point=None
    )
    CaseFactory.create(status=Status.TRANSFERRED)

    answer = client.get(f"{ROUND}?of=all")

    assert stops(answer) == ids(going)
    assert answer.context["placeless"] == [placeless]
    Report.objects.filter(pk=paused.pk).update(paused_until=timezone.localdate())
    assert set(stops(client.get(f"{ROUND}?of=all"))) == set(ids(going, paused))


def test_one_goes_to_what_was_given_to_one_or_is_due_or_was_chosen(client, unit):
    mine, late, calm = (held(unit, metres=metres) for metres in (100, 200, 300))
    user = Membership.objects.get(organisation=unit).user
    Report.objects.filter(pk=mine.pk).update(assignee=user)
    for case, days in ((mine, 9), (late, -1), (calm, 9)):
        due(case, days=days)

    assert stops(client.get(ROUND)) == ids(mine)
    assert stops(client.get(f"{ROUND}?of=today")) == ids(late)
    assert len(stops(client.get(f"{ROUND}?of=all"))) == 3
    chosen = {"chosen": [f"{each.public_id}:1" for each in (calm, late)]}
    assert set(stops(client.post(ROUND, chosen))) == set(ids(calm, late))


def test_nobody_puts_another_unit_s_case_on_a_round(client, unit):
    other = CaseFactory.create(status=Status.TRANSFERRED)

    assert stops(client.post(ROUND, {"chosen": [f"{other.public_id}:1"]})) == []
    answer = client.post(FILE, {"chosen": [other.public_id]})
    assert gpxpy.parse(answer.content.decode()).routes[0].points == []


def test_a_round_is_a_file_for_a_navigator_in_its_order(client, unit):
    far, near = held(unit, metres=900), held(unit, metres=100)
    chosen = ids(near, far)

    answer = client.post(FILE, {"chosen": chosen})

    assert answer["Content-Type"] == "application/gpx+xml"
    assert "no-store" in answer["Cache-Control"]
    file = gpxpy.parse(answer.content.decode())
    names = [point.name for point in file.routes[0].points]
    assert names == [f"1. {near.category.label}", f"2. {far.category.label}"]
    assert file.waypoints[0].latitude == pytest.approx(near.point.y, abs=1e-6)
    assert near.public_id in file.waypoints[0].link
    for word in ("Lan", "0901", near.code, near.description):
        assert word not in answer.content.decode()


def test_the_sheet_of_a_job_shows_no_code_and_no_reporter(client, unit):
    case = held(unit, metres=100)

    said = client.get(f"{ROUND}?of=all").content.decode()

    assert said.count("job-sheet-title") == 1
    assert case.code not in said
    assert "lan@example.org" not in said


def test_who_works_for_no_unit_has_no_round(client):
    user = MembershipFactory.create(user=UserFactory.create(), role="auditor").user
    client.force_login(user)

    assert client.get(ROUND).status_code == 302
