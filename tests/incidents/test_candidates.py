from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.timezone import localdate

from incidents.candidates import (
    accept_and_ask,
    ask_units,
    decline,
    possible_units,
    take_up,
)
from incidents.correcting import move
from incidents.errors import IncidentError, Missing, NotAllowed, NotNow
from incidents.handover import accept, transfer
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import (
    Candidate,
    Clock,
    Event,
    Notice,
    Organisation,
    OrganisationSuccession,
    Report,
    Responsibility,
)
from incidents.permissions import visible_to
from incidents.staff_notices import tell_staff
from incidents.worklist import asked_of, work_of
from tests.factories import (
    JULY,
    OrganisationFactory,
    ResponsibilityFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db
LATER = JULY + timedelta(hours=2)


@pytest.fixture
def desk(db):
    return operator()


@pytest.fixture
def contested(telling, wards, desk):
    """A cable that two owners may have hung here, accepted by an operator."""
    ResponsibilityFactory.create(
        category=telling.category,
        place=wards["a"],
        organisation__code="other-owner",
    )
    report = receive(telling, channel="portal", at=JULY).report
    return accept(report, by=desk, at=JULY)


@pytest.fixture
def owners(contested):
    first, second = possible_units(contested.decisions.get(), at=JULY)
    return focal_point(first), focal_point(second)


def unit_of(actor):
    (unit,) = actor.units
    return Organisation.objects.get(pk=unit)


def test_every_unit_with_an_equal_claim_is_asked(contested, owners, desk):
    ask_units(contested, by=desk, at=LATER)

    asked = Candidate.objects.filter(report=contested, answer="")
    assert {each.organisation for each in asked} == {unit_of(one) for one in owners}
    contested.refresh_from_db()
    assert (contested.status, contested.organisation) == ("accepted", None)
    assert contested.events.latest("sequence").code == Event.Code.UNITS_ASKED


def test_a_report_that_waits_is_accepted_and_asked_about_in_one(telling, wards, desk):
    ResponsibilityFactory.create(
        category=telling.category, place=wards["a"], organisation__code="other-owner"
    )
    report = receive(telling, channel="portal", at=JULY).report

    held = accept_and_ask(report, by=desk, at=LATER)

    assert (held.status, held.candidates.count()) == ("accepted", 2)
    assert broken_at(held) is None


def test_where_nobody_is_left_to_ask_it_is_not_accepted_either(telling, desk):
    Responsibility.objects.update(is_confirmed=False)
    report = receive(telling, channel="portal", at=JULY).report

    with pytest.raises(Missing):
        accept_and_ask(report, by=desk, at=LATER)

    report.refresh_from_db()
    assert report.status == "received"


def test_nobody_of_a_unit_sees_the_case_before_it_was_asked(contested, owners, desk):
    one, _other = owners
    before = Report.objects.filter(visible_to(one)).count()

    ask_units(contested, by=desk, at=LATER)

    assert before == 0
    assert Report.objects.filter(visible_to(one)).get() == contested
    assert asked_of(one).get() == contested
    assert not work_of(one, at=LATER).exists()


def test_the_first_to_take_it_up_has_it_and_its_clock_runs(contested, owners, desk):
    one, other = owners
    ask_units(contested, by=desk, at=LATER)

    held = take_up(contested, by=one, at=LATER)

    assert held.organisation == unit_of(one)
    assert held.status == "acknowledged"
    clock = held.clocks.get(party=Clock.Party.UNIT)
    assert clock.organisation == unit_of(one)
    assert held.clocks.get(party=Clock.Party.CITIZEN).is_firm
    moved = held.transfers.get()
    assert (moved.sender, moved.organisation) == (None, unit_of(one))
    assert not Report.objects.filter(visible_to(other)).exists()
    assert broken_at(held) is None


def test_the_reporter_is_told_once_of_the_unit_that_took_it_up(contested, owners, desk):
    ask_units(contested, by=desk, at=LATER)

    take_up(contested, by=owners[0], at=LATER)

    told = Notice.objects.filter(event__report=contested)
    assert [each.event.code for each in told.order_by("pk")] == [
        "received",
        "transferred",
    ]


def test_the_second_to_take_it_up_is_too_late(contested, owners, desk):
    one, other = owners
    ask_units(contested, by=desk, at=LATER)
    take_up(contested, by=one, at=LATER)

    with pytest.raises(NotNow):
        take_up(contested, by=other, at=LATER)

    contested.refresh_from_db()
    assert contested.organisation == unit_of(one)


def test_a_unit_that_was_not_asked_cannot_take_it(contested, owners, desk):
    ask_units(contested, by=desk, at=LATER)

    with pytest.raises(NotAllowed):
        take_up(contested, by=somebody("focal_point"), at=LATER)


def test_a_unit_that_says_no_says_why_and_sees_it_no_more(contested, owners, desk):
    one, other = owners
    ask_units(contested, by=desk, at=LATER)

    decline(contested, by=one, at=LATER, text="The cable is marked as another's")

    assert not asked_of(one).exists()
    assert asked_of(other).exists()
    event = contested.events.latest("sequence")
    assert (event.code, event.visibility) == (Event.Code.NOT_OURS, "staff")
    assert event.note.text == "The cable is marked as another's"


def test_saying_no_without_a_reason_is_refused(contested, owners, desk):
    ask_units(contested, by=desk, at=LATER)

    with pytest.raises(Missing):
        decline(contested, by=owners[0], at=LATER, text=" ")


def test_who_said_no_is_not_asked_again(contested, owners, desk):
    one, other = owners
    ask_units(contested, by=desk, at=LATER)
    decline(contested, by=one, at=LATER, text="No")
    decline(contested, by=other, at=LATER, text="No")

    with pytest.raises(Missing):
        ask_units(contested, by=desk, at=LATER)


def test_a_case_the_operator_gave_away_meanwhile_is_no_longer_asked(
    contested, owners, desk
):
    one, other = owners
    ask_units(contested, by=desk, at=LATER)

    transfer(contested, to=unit_of(one), by=desk, at=LATER, reason="They called")

    assert not asked_of(other).exists()
    assert not Report.objects.filter(visible_to(other)).exists()
    with pytest.raises(NotNow):
        take_up(contested, by=other, at=LATER)


def test_who_carries_on_for_a_unit_that_is_no_more_is_asked(contested, owners, desk):
    gone, other = (unit_of(each) for each in owners)
    Organisation.objects.filter(pk=gone.pk).update(
        validity=DateRange(None, localdate(LATER))
    )
    heir = OrganisationFactory.create(code="heir")
    OrganisationSuccession.objects.create(
        predecessor=gone, successor=heir, on=localdate(LATER)
    )

    ask_units(contested, by=desk, at=LATER)

    asked = Candidate.objects.filter(report=contested, answer="")
    assert {each.organisation for each in asked} == {heir, other}


def test_a_unit_that_has_ended_since_it_was_asked_takes_nothing_up(
    contested, owners, desk
):
    ask_units(contested, by=desk, at=LATER)
    Organisation.objects.filter(pk=unit_of(owners[0]).pk).update(
        validity=DateRange(None, localdate(LATER))
    )

    with pytest.raises(NotAllowed):
        take_up(contested, by=owners[0], at=LATER)


def test_what_is_corrected_is_asked_of_nobody_until_it_is_asked_anew(
    contested, owners, desk
):
    ask_units(contested, by=desk, at=LATER)
    decline(contested, by=owners[0], at=LATER, text="No")
    contested.refresh_from_db()
    near = Point(contested.point.x + 0.001, contested.point.y, srid=4326)
    later = LATER + timedelta(minutes=1)

    moved = move(contested, to=near, by=desk, at=later, reason="Across the street")

    for each in owners:
        assert not Report.objects.filter(visible_to(each)).exists()
        with pytest.raises(NotAllowed):
            take_up(moved, by=each, at=later)
    ask_units(moved, by=desk, at=later)
    assert asked_of(owners[0]).get() == asked_of(owners[1]).get() == contested


def test_a_settled_case_has_nobody_to_ask(telling, desk):
    telling.category.routes_itself_on = []
    telling.category.save()
    report = receive(telling, channel="portal", at=JULY).report
    report = accept(report, by=desk, at=JULY)

    with pytest.raises(Missing):
        ask_units(report, by=desk, at=LATER)


def test_the_focal_points_of_every_unit_asked_hear_of_it(contested, owners, desk):
    for each in owners:
        each.user.email = f"{each.user.username}@example.org"
        each.user.save()
    ask_units(contested, by=desk, at=LATER)
    event = contested.events.get(code=Event.Code.UNITS_ASKED)

    tell_staff(event.pk, at=LATER)

    told = {notice.user for notice in event.staff_notices.all()}
    assert told == {each.user for each in owners}


@pytest.mark.django_db(transaction=True)
def test_two_units_at_one_moment_are_one_unit_with_the_case(contested, owners, desk):
    ask_units(contested, by=desk, at=LATER)
    refused = []

    def say_so(actor):
        try:
            take_up(contested, by=actor, at=LATER)
        except IncidentError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=say_so, args=[each]) for each in owners]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(refused) == 1
    assert contested.transfers.count() == 1
