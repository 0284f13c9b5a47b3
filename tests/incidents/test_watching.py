"""Who hears of a clock: once a level, whatever befalls the worker, and at what cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import handover, staff_notices, watching, work
from incidents.deadlines import calendar_of
from incidents.intake import receive
from incidents.models import (
    Category,
    Clock,
    Duty,
    Event,
    Joining,
    Report,
    StaffNotice,
    Urging,
)
from incidents.watching import passed_by, reminded_of, watch
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
)
from tests.factories.crowd import crowd

from .test_clocks import TET_NIGHT, local, minutes, targets  # noqa: F401

pytestmark = pytest.mark.django_db

MONDAY = local("2026-03-02T09:00")
#: Its fifth working day is Monday the 9th.
DUE = local("2026-03-09T23:59:59")
SECOND = timedelta(seconds=1)


@pytest.fixture
def case(telling):
    return receive(telling, channel="portal", at=MONDAY).report


@pytest.fixture
def people(case):
    """A leader in the unit, one above it, one of the city; and who works on it."""
    above = OrganisationFactory.create(type="department")
    unit = case.organisation
    unit.parent = above
    unit.save()
    roles = {
        "focal": ("focal_point", unit),
        "leader": ("leader", unit),
        "parent": ("leader", above),
        "city": ("city_leader", OrganisationFactory.create(type="city")),
    }
    return {
        name: MembershipFactory.create(
            role=role, organisation=held, user__email=f"{name}@unit.example"
        ).user
        for name, (role, held) in roles.items()
    }


def levels(report: Report) -> list[tuple[str, datetime]]:
    rows = Urging.objects.filter(clock__report=report).order_by("at", "level")
    return [(row.level, row.at) for row in rows]


def hearers(code: str) -> set[str]:
    """Who is owed a letter about the one event of this code."""
    event = Event.objects.get(code=code)
    staff_notices.tell_staff(event.pk, at=event.at)
    owed = StaffNotice.objects.filter(event=event)
    return {notice.user.email.partition("@")[0] for notice in owed}


def test_a_run_after_three_hours_of_standstill_sends_what_is_due_once(case):
    watch(at=local("2026-03-06T07:59"))
    assert levels(case) == []

    late = local("2026-03-06T11:00")
    watch(at=late)
    watch(at=late + minutes(1))

    assert levels(case) == [("before", late)]


def test_a_run_that_is_killed_half_way_is_made_up_for_by_the_next(case, monkeypatch):
    jobs = ProcrastinateJob.objects.count()

    def fail(_jobs):
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, "defer", fail)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        watch(at=DUE + SECOND)
    assert (levels(case), ProcrastinateJob.objects.count()) == ([], jobs)
    monkeypatch.undo()

    assert watch(at=DUE + minutes(5)).told == 1
    assert [level for level, _ in levels(case)] == ["due"]
    assert ProcrastinateJob.objects.count() == jobs + 1


def test_the_database_lets_nobody_be_told_twice(case):
    watch(at=DUE + SECOND)
    told = Urging.objects.get()
    event = case.events.earliest("sequence")

    with pytest.raises(IntegrityError), transaction.atomic():
        Urging.objects.create(
            clock=told.clock, level="due", due_at=told.due_at, event=event, at=DUE
        )


def test_a_reminder_that_nobody_sent_in_time_is_not_sent_after_the_date(case):
    watch(at=DUE + SECOND)

    assert [level for level, _ in levels(case)] == ["due"]


def test_each_level_hears_in_its_turn(case, people):
    for moment in (
        local("2026-03-06T08:00"),
        DUE + SECOND,
        local("2026-03-12T00:00"),
        local("2026-03-17T00:00"),
    ):
        watch(at=moment)

    assert [level for level, _ in levels(case)] == ["before", "due", "parent", "city"]
    assert hearers("due_soon") == {"focal"}
    assert hearers("overdue") == {"leader"}
    assert hearers("urged") == {"parent"}
    assert hearers("raised") == {"city"}


def test_its_letters_name_category_ward_and_date_and_nothing_of_a_reporter(
    case, people, telling
):
    watch(at=DUE + SECOND)
    hearers("overdue")

    staff_notices.send(StaffNotice.objects.get().pk, at=DUE + minutes(1))

    (letter,) = mail.outbox
    text = letter.subject + letter.body
    for said in (telling.category.label, "Ward a", "23:59, 09/03/2026"):
        assert said in text
    for hidden in (telling.description, "Lan", "901234567", case.code):
        assert hidden not in text


def test_a_date_at_the_desk_is_heard_of_by_who_leads_the_shift(telling):
    desk = operator()
    seat = desk.user.memberships.get().organisation
    lead = MembershipFactory.create(role="shift_lead", organisation=seat).user
    lead.email = "lead@desk.example"
    lead.save()
    telling = replace(telling, by_hand=True)
    report = receive(telling, channel="portal", at=MONDAY).report

    watch(at=DUE + SECOND)

    assert [level for level, _ in levels(report)] == ["due"]
    assert hearers("overdue") == {"lead"}


def test_a_missed_target_is_called_one_and_never_a_deadline(
    targets,  # noqa: F811
    telling,
    case,
    people,
):
    Category.objects.filter(pk=telling.category.pk).update(urgency="urgent")
    telling.category.refresh_from_db()
    report = receive(telling, channel="hotline", at=TET_NIGHT).report
    on_call = MembershipFactory.create(
        organisation=report.organisation,
        role="field_officer",
        user__email="call@unit.example",
    ).user
    night = DateTimeTZRange(TET_NIGHT, TET_NIGHT + minutes(600))
    Duty.objects.create(organisation=report.organisation, user=on_call, during=night)

    watch(at=TET_NIGHT + minutes(31))

    assert hearers("target_missed") == {"leader", "call"}
    event = Event.objects.get(code="target_missed")
    assert "chỉ tiêu" in event.label
    notice = StaffNotice.objects.filter(event=event).first()
    letter = staff_notices.compose(notice)
    assert "Chỉ tiêu nội bộ: đơn vị tiếp nhận" in letter.body
    assert "02:40, 17/02/2026" in letter.body


def test_after_days_of_standstill_every_level_hears_of_what_runs_by_the_minute(
    targets,  # noqa: F811
    telling,
):
    Category.objects.filter(pk=telling.category.pk).update(urgency="urgent")
    telling.category.refresh_from_db()
    receive(telling, channel="hotline", at=TET_NIGHT)

    watch(at=TET_NIGHT + timedelta(days=3))

    missed = Urging.objects.filter(clock__step="acknowledge")
    told = settings.CITY.clocks.minutes["acknowledge"]
    assert set(missed.values_list("level", flat=True)) == {*told, "due"} - {"before"}


def test_who_is_told_of_a_case_reads_of_it_among_staff_alone(case):
    watch(at=DUE + SECOND)

    assert Event.objects.get(code="overdue").visibility == Event.Visibility.STAFF


def test_a_pause_ends_by_itself_on_its_day(case):
    unit = focal_point(case.organisation)
    work.acknowledge(case, by=unit, at=MONDAY)
    work.pause(case, by=unit, at=MONDAY, until=date(2026, 3, 5), text="Rain")

    watch(at=local("2026-03-04T23:59"))
    case.refresh_from_db()
    assert case.status == "paused"
    ended = watch(at=local("2026-03-05T00:00"))

    case.refresh_from_db()
    assert (ended.resumed, case.status, case.paused_until) == (1, "in_progress", None)
    assert case.events.latest("sequence").code == "resumed"
    assert case.events.latest("sequence").by is None


def test_an_older_case_that_came_in_from_elsewhere_is_told_of_to_nobody(case):
    Clock.objects.update(started_at=MONDAY - timedelta(days=90), due_at=DUE)

    watch(at=DUE + timedelta(days=60))

    assert levels(case) == []


def test_a_returned_case_is_the_desks_to_be_late_with(case):
    back = local("2026-03-06T10:00")
    handover.send_back(
        case,
        by=focal_point(case.organisation),
        at=back,
        reason=ReturnReasonFactory.create(),
        text="Not ours",
    )

    watch(at=DUE + SECOND)

    (told,) = Urging.objects.all()
    assert (told.clock.party, told.level) == ("citizen", "due")


def test_of_many_reports_of_one_incident_the_one_that_leads_is_told_of(telling):
    head, other = (
        receive(telling, channel="portal", at=MONDAY).report for _turn in range(2)
    )
    Joining.objects.create(
        kind="incident", report=other, into=head, was=other.status, clocks=[], at=MONDAY
    )

    assert watch(at=DUE + SECOND).told == 1

    assert (len(levels(head)), len(levels(other))) == (1, 0)


@pytest.mark.parametrize(
    ("now", "date_"),
    [
        ("2026-02-13T07:59", "2026-02-13"),
        ("2026-02-13T08:00", "2026-02-23"),
        ("2026-02-20T12:00", "2026-02-23"),
        ("2026-02-23T08:00", "2026-02-24"),
    ],
)
def test_a_working_day_before_is_counted_over_tet(now, date_):
    found = reminded_of(local(now), calendar=calendar_of([]))

    assert found == local(f"{date_}T23:59:59")


@pytest.mark.parametrize(
    ("now", "days", "date_"),
    [
        ("2026-02-14T00:00", 1, "2026-02-12"),
        ("2026-02-23T23:59", 1, "2026-02-12"),
        ("2026-02-24T00:00", 1, "2026-02-22"),
        ("2026-02-24T00:00", 2, "2026-02-12"),
    ],
)
def test_days_after_a_date_are_counted_over_tet(now, days, date_):
    found = passed_by(local(now), days=days, calendar=calendar_of([]))

    assert found == local(f"{date_}T23:59:59")


def test_a_run_costs_the_same_however_many_cases_there_were(case):
    quiet = MONDAY + minutes(10)
    counts = []
    for reports in (0, 3000):
        if reports:
            crowd([case], to=reports)
            Report.objects.exclude(pk=case.pk).update(
                status="resolved", resolved_at=MONDAY
            )
            Clock.objects.exclude(report=case).update(stopped_at=MONDAY)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE incidents_clock, incidents_report")
        with CaptureQueriesContext(connection) as ran:
            watch(at=quiet)
        counts.append(len(ran))
    owed = next(each["sql"] for each in ran if "incidents_urging g" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {owed}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert counts[0] == counts[1] <= 8
    assert "clock_running_by_moment_due" in plan
    assert "Seq Scan on incidents_clock c" not in plan


def test_what_is_told_costs_the_same_for_one_and_for_many(telling):
    costs = []
    for count in (1, 20):
        for _turn in range(count):
            receive(telling, channel="portal", at=MONDAY)
        Clock.objects.filter(urgings__isnull=True).update(due_at=DUE)
        with CaptureQueriesContext(connection) as ran:
            told = watch(at=DUE + SECOND * (1 + count)).told
        assert told == count
        costs.append(len(ran))

    assert costs[0] == costs[1]
