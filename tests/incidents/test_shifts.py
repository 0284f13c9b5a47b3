"""The shift lead: who waits and has what, storms, notes, a second look by lot."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from incidents import handover, shifts
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.models import Membership, SampledCase, ShiftNoteReading, Status, Storm
from tests.factories import (
    JULY,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    somebody,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HCM = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def centre():
    return OrganisationFactory.create(type="operator")


@pytest.fixture
def lead(centre):
    return somebody(Membership.Role.SHIFT_LEAD, centre)


@pytest.fixture
def clerk(centre):
    return somebody(Membership.Role.OPERATOR, centre)


def waiting(*, minutes, **given):
    received = JULY - minutes * MINUTE
    return CaseFactory.create(status=Status.RECEIVED, received_at=received, **given)


@pytest.mark.parametrize(
    ("hour", "began", "ends"),
    [(5, (8, 22), (9, 6)), (6, (9, 6), (9, 14)), (23, (9, 22), (10, 6))],
)
def test_a_shift_is_told_by_the_hours_of_the_city(hour, began, ends):
    during = shifts.shift_at(datetime(2025, 7, 9, hour, tzinfo=HCM))

    assert during.began_at == datetime(2025, 7, *began, tzinfo=HCM)
    assert during.ends_at == datetime(2025, 7, *ends, tzinfo=HCM)


def test_what_waits_is_counted_by_how_long_it_has(lead):
    for minutes in (1, 4, 6, 31, 300):
        waiting(minutes=minutes)

    ages = shifts.waiting_by_age(lead, at=JULY)
    late = shifts.late_to_receive(lead, at=JULY)

    assert ages == {"in_time": 2, "late": 1, "very_late": 1, "forgotten": 1}
    assert [JULY - each.received_at for each in late] == [
        300 * MINUTE,
        31 * MINUTE,
        6 * MINUTE,
    ]


def test_who_has_what_is_told_of_each_operator(lead, clerk):
    handover.claim(waiting(minutes=1), by=clerk, at=JULY)
    handover.thank(waiting(minutes=2), by=clerk, at=JULY)

    told = {each.pk: each for each in shifts.operators_on(at=JULY)}

    mine = told[clerk.user.pk]
    assert (mine.claims, mine.calls, mine.settled) == (1, 0, 1)
    assert told[lead.user.pk].settled == 0


def test_a_lead_gives_a_case_to_another_operator_whoever_has_it(lead, clerk, centre):
    other = MembershipFactory.create(
        organisation=centre, role=Membership.Role.OPERATOR
    ).user
    case = handover.claim(waiting(minutes=9), by=clerk, at=JULY)

    given = shifts.give_claim(case, to=other, by=lead, at=JULY, version=case.version)

    assert (given.claimed_by, given.claimed_at) == (other, JULY)
    event = given.events.latest("sequence")
    assert (event.code, event.visibility) == ("claim_given", "staff")
    with pytest.raises(NotAllowed):
        shifts.give_claim(given, to=clerk.user, by=clerk, at=JULY)
    with pytest.raises(Missing):
        stranger = MembershipFactory.create().user
        shifts.give_claim(given, to=stranger, by=lead, at=JULY)


def test_a_storm_has_a_reason_and_an_end_and_there_is_one(lead, clerk):
    for reason, until in (("", JULY + HOUR), ("Mưa", None), ("Mưa", JULY - HOUR)):
        with pytest.raises(Missing):
            shifts.begin_storm(reason=reason, until=until, by=lead, at=JULY)
    with pytest.raises(NotAllowed):
        shifts.begin_storm(reason="Mưa", until=JULY + HOUR, by=clerk, at=JULY)

    shifts.begin_storm(reason="Mưa lớn", until=JULY + HOUR, by=lead, at=JULY)

    with pytest.raises(NotNow):
        shifts.begin_storm(reason="Mưa", until=JULY + HOUR, by=lead, at=JULY)
    assert Storm.objects.blowing(at=JULY + 59 * MINUTE).exists()
    assert not Storm.objects.blowing(at=JULY + HOUR).exists()
    shifts.end_storm(by=lead, at=JULY + MINUTE)
    assert not Storm.objects.blowing(at=JULY + 2 * MINUTE).exists()
    assert Storm.objects.get().ended_by == lead.user


def test_a_note_is_kept_with_who_read_it_and_when_first(lead, clerk):
    note = shifts.leave_note(text="Ngập ở Thảo Điền.", by=lead, at=JULY)

    shifts.read_note(note, by=clerk, at=JULY + MINUTE)
    shifts.read_note(note, by=clerk, at=JULY + HOUR)

    read = dict(ShiftNoteReading.objects.values_list("by", "at"))
    assert read == {lead.user.pk: JULY, clerk.user.pk: JULY + MINUTE}
    with pytest.raises(NotAllowed):
        shifts.leave_note(text="?", by=clerk, at=JULY)
    with pytest.raises(Missing):
        shifts.leave_note(text=" ", by=lead, at=JULY)


def test_the_lot_is_fixed_by_shift_and_operator(lead, clerk):
    for _turn in range(6):
        handover.thank(waiting(minutes=1), by=clerk, at=JULY)

    first = shifts.draw_sample(by=lead, at=JULY + MINUTE)
    for _turn in range(20):
        handover.thank(waiting(minutes=1), by=clerk, at=JULY + MINUTE)
    again = shifts.draw_sample(by=lead, at=JULY + 2 * MINUTE)

    assert len(first) == 3
    assert {each.pk for each in first} == {each.pk for each in again}
    assert {each.operator_id for each in first} == {clerk.user.pk}


def test_a_drawn_case_is_scored_by_another_and_its_operator_reads_it(lead, clerk):
    handover.thank(waiting(minutes=1), by=clerk, at=JULY)
    handover.thank(waiting(minutes=1), by=lead, at=JULY)
    shifts.draw_sample(by=lead, at=JULY + MINUTE)
    mine = SampledCase.objects.get(operator=lead.user)
    theirs = SampledCase.objects.get(operator=clerk.user)

    with pytest.raises(NotAllowed):
        shifts.score_sample(mine, score=5, note="", by=lead, at=JULY + HOUR)
    for score in (None, 0, 6):
        with pytest.raises(Missing):
            shifts.score_sample(theirs, score=score, note="", by=lead, at=JULY + HOUR)
    shifts.score_sample(theirs, score=4, note="Hỏi rõ hơn.", by=lead, at=JULY + HOUR)

    told = shifts.samples_of(clerk.user).get()
    assert (told.score, told.note, told.scored_by) == (4, "Hỏi rõ hơn.", lead.user)
