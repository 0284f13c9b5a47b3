"""What a unit announced is due when it said it would end, and moves by its word."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from incidents import announcing, handover, recounting, work
from incidents.errors import Missing, NotNow
from incidents.history import broken_at
from incidents.models import (
    CalendarDay,
    Clock,
    DeadlineRule,
    Event,
    Incident,
    MovedDate,
    Report,
    Status,
)
from tests.factories import (
    JULY,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    focal_point,
    operator,
    somebody,
)

from .test_grouping import area

pytestmark = pytest.mark.django_db
ENDS, LATER = JULY + timedelta(hours=7), JULY + timedelta(hours=11)
MONDAY = date(2025, 7, 14)


@pytest.fixture
def leaf(wards):
    return LeafFactory.create()


def announced(category, *, ends_at=ENDS):
    company = OrganisationFactory.create(name="Cấp nước")
    return announcing.announce(
        company,
        category=category,
        area=area(),
        words=announcing.Words(title="Cúp nước đến 17:00"),
        starts_at=JULY,
        ends_at=ends_at,
        by=focal_point(company),
        at=JULY,
    )


def dues(incident):
    """The date of each clock that runs, by whose it is."""
    running = Clock.objects.running().filter(report=incident.head_id)
    return dict(running.values_list("party", "due_at"))


def unit_of(incident):
    return focal_point(Report.objects.get(pk=incident.head_id).organisation)


def test_both_dates_are_the_end_that_was_announced(leaf):
    incident = announced(leaf)

    assert dues(incident) == {"citizen": ENDS, "unit": ENDS}
    assert not incident.head.clocks.filter(is_firm=False, stopped_at=None).exists()


def test_what_is_urgent_can_be_announced_and_aims_at_nothing_else(leaf):
    DeadlineRule.objects.create(
        starts_on=date(2000, 1, 1),
        legal_basis="An internal target",
        urgency="urgent",
        step="safe",
        amount=240,
        unit="minutes",
        is_target=True,
    )
    leaf.urgency = "urgent"
    leaf.save()

    incident = announced(leaf)

    assert dues(incident) == {"citizen": ENDS, "unit": ENDS}


def test_the_dates_move_with_the_end_and_history_says_why(leaf):
    incident = announced(leaf)

    announcing.change_end(
        incident, until=LATER, by=unit_of(incident), at=JULY, text="Ống hư nặng hơn"
    )

    assert dues(incident) == {"citizen": LATER, "unit": LATER}
    head = Report.objects.get(pk=incident.head_id)
    event = head.events.latest("sequence")
    assert (event.code, event.note.text) == (
        Event.Code.END_CHANGED,
        "Ống hư nặng hơn",
    )
    assert event.arguments["was"] != event.arguments["until"]
    assert broken_at(head) is None


def test_no_end_moves_without_a_reason(leaf):
    incident = announced(leaf)

    with pytest.raises(Missing) as refused:
        announcing.change_end(incident, until=LATER, by=unit_of(incident), at=JULY)

    assert refused.value.field == "text"
    assert dues(incident) == {"citizen": ENDS, "unit": ENDS}
    assert Incident.objects.get().ends_at == ENDS


def test_a_calendar_that_changes_moves_other_cases_and_not_what_was_announced(leaf):
    ends_at = JULY + timedelta(days=20)
    incident = announced(leaf, ends_at=ends_at)
    case = CaseFactory.create(category=leaf, status=Status.IN_PROGRESS)
    day = CalendarDay(on=MONDAY, kind="off", name="Nghỉ thêm", legal_basis="QĐ 1")
    asked = recounting.keep_day(day, by=None, at=JULY)

    recounting.recount(asked.pk, at=JULY)

    assert dues(incident) == {"citizen": ends_at, "unit": ends_at}
    assert {row.clock.report_id for row in MovedDate.objects.all()} == {case.pk}


def test_another_unit_that_gets_it_is_due_at_the_same_end(leaf):
    incident = announced(leaf)
    head = Report.objects.get(pk=incident.head_id)
    desk, other = operator(), OrganisationFactory.create()
    Report.objects.filter(pk=head.pk).update(status=Status.TRANSFERRED)

    handover.transfer(head, to=other, by=desk, at=JULY, reason="Công ty khác")

    assert (dues(incident)["citizen"], dues(incident)["unit"]) == (ENDS, ENDS)
    clock = Clock.objects.running().get(report=head, party=Clock.Party.UNIT)
    assert clock.organisation == other


def test_a_pause_moves_no_end_and_nobody_extends_it_by_days(leaf):
    ends_at = JULY + timedelta(days=6)
    incident = announced(leaf, ends_at=ends_at)
    head, unit = Report.objects.get(pk=incident.head_id), unit_of(incident)
    leader = somebody("leader", head.organisation)

    with pytest.raises(NotNow):
        work.extend(head, by=leader, at=JULY, working_days=1, text="Thêm")
    head.refresh_from_db()
    until = localdate(JULY) + timedelta(days=2)
    work.pause(head, by=unit, at=JULY, until=until, text="Chờ vật tư")

    assert dues(incident)["unit"] == ends_at


def test_it_is_late_by_its_own_end_and_not_by_working_days(leaf):
    incident = announced(leaf)
    late = Clock.objects.legal().filter(report=incident.head_id)

    assert not late.late(at=ENDS - timedelta(minutes=1)).exists()
    assert late.late(at=ENDS + timedelta(minutes=1)).count() == 2


def test_once_it_is_over_no_clock_runs(leaf):
    incident = announced(leaf)

    announcing.end(incident, by=unit_of(incident), at=ENDS, text="Đã có nước.")

    assert dues(incident) == {}


def test_what_was_put_together_keeps_the_dates_that_were_promised(leaf):
    case = CaseFactory.create(category=leaf, status=Status.TRANSFERRED)
    incident, _added = announcing.group(
        Report.objects.filter(pk=case.pk),
        words=announcing.Words(title="Ngập"),
        category=leaf,
        to=OrganisationFactory.create(),
        by=operator(),
        at=JULY,
    )
    before = dues(incident)

    announcing.change_end(
        incident, until=LATER, by=unit_of(incident), at=JULY, text="Triều còn cao"
    )

    assert dues(incident) == before
