"""A changed calendar: running clocks follow it, and each date that moves is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import handover, recounting, work
from incidents.city.loading import load_city
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import CalendarDay, Clock, DeadlineRule, MovedDate, Recount
from incidents.recounting import drop_day, foresee, keep_day, keep_rule, recount
from tests.factories import UserFactory, focal_point, operator, somebody

from .test_clocks import local, minutes

pytestmark = pytest.mark.django_db

#: A week before Tết; the fifth working day is Wednesday the 25th.
BEFORE_TET = local("2026-02-11T10:00")
NOW = local("2026-02-12T09:00")
DUE, DAY_LATER = local("2026-02-25T23:59:59"), local("2026-02-26T23:59:59")
#: The Monday after Tết, which a city might give its offices as well.
MONDAY = date(2026, 2, 23)


@pytest.fixture
def case(telling):
    return receive(telling, channel="portal", at=BEFORE_TET).report


def day_off(on: date = MONDAY, kind: str = "off") -> CalendarDay:
    return CalendarDay(on=on, kind=kind, name="Nghỉ thêm", legal_basis="Quyết định 1")


def dues(report) -> dict[str, object]:
    return {clock.party: clock.due_at for clock in report.clocks.running()}


def followed(asked: Recount | None) -> Recount:
    assert asked is not None
    return recount(asked.pk, at=NOW + minutes(1))


def test_a_new_day_off_moves_every_running_date_and_says_so(case):
    assert dues(case) == {"citizen": DUE, "unit": DUE}

    done = followed(keep_day(day_off(), by=None, at=NOW))

    assert dues(case) == {"citizen": DAY_LATER, "unit": DAY_LATER}
    assert (done.counted, done.moved) == (2, 2)
    for moved in MovedDate.objects.all():
        assert (moved.was_due_at, moved.due_at) == (DUE, DAY_LATER)
        assert moved.was_version != moved.version == done.calendar_version
    event = case.events.latest("sequence")
    assert (event.code, event.visibility) == ("recounted", "reporter")
    assert event.label == "Hạn xử lý là 26/02/2026, không còn là 25/02/2026"
    assert broken_at(case) is None


def test_a_holiday_taken_back_brings_dates_back_and_sooner(case):
    followed(keep_day(day_off(), by=None, at=NOW))

    followed(drop_day(CalendarDay.objects.get(), by=None, at=NOW))

    assert set(dues(case).values()) == {DUE}
    assert MovedDate.objects.count() == 4


def test_the_recount_is_asked_for_with_the_change_or_not_at_all(case):
    jobs = ProcrastinateJob.objects.filter(task_name=recounting.TASK)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        keep_day(day_off(), by=None, at=NOW)
        raise KeyboardInterrupt
    assert not jobs.exists()
    assert not CalendarDay.objects.exists()

    asked = keep_day(day_off(), by=None, at=NOW)

    assert jobs.get().args == {"recount_id": asked.pk}
    assert jobs.get().lock == recounting.TASK


def test_a_change_that_counts_nothing_otherwise_asks_for_nothing(case):
    followed(keep_day(day_off(), by=None, at=NOW))
    day = CalendarDay.objects.get()
    day.name, day.is_confirmed = "Nghỉ bù", False

    assert keep_day(day, by=None, at=NOW) is None


def test_what_has_ended_keeps_its_dates(case):
    Clock.objects.update(stopped_at=NOW)

    done = followed(keep_day(day_off(), by=None, at=NOW))

    assert (done.counted, done.moved) == (0, 0)
    assert set(case.clocks.values_list("due_at", flat=True)) == {DUE}


def test_pauses_and_extensions_are_counted_in(case):
    unit, leader = focal_point(case.organisation), somebody("leader", case.organisation)
    work.acknowledge(case, by=unit, at=BEFORE_TET)
    work.extend(case, by=leader, at=BEFORE_TET, working_days=2, text="Chờ")
    # The 12th and 13th do not count: four working days later than the 25th.
    work.pause(case, by=unit, at=BEFORE_TET, until=date(2026, 2, 14), text="Mưa")
    assert dues(case)["unit"] == local("2026-03-03T23:59:59")

    followed(keep_day(day_off(), by=None, at=NOW))

    assert dues(case) == {
        "citizen": DAY_LATER,
        "unit": local("2026-03-04T23:59:59"),
    }


def test_a_date_that_is_counted_from_the_transfer_stays_so(telling):
    report = receive(
        replace(telling, by_hand=True), channel="portal", at=BEFORE_TET
    ).report
    given = local("2026-02-13T10:00")
    unit = report.decisions.get().organisation
    handover.accept_and_transfer(report, to=unit, by=operator(), at=given)

    followed(keep_day(day_off(), by=None, at=NOW))

    # Five after the 13th without the 23rd: 24, 25, 26, 27 and Monday the 2nd.
    assert set(dues(report).values()) == {local("2026-03-02T23:59:59")}


def test_a_deadline_that_changes_moves_what_runs_by_it(case):
    rule = DeadlineRule.objects.get()
    rule.amount = 3

    done = followed(keep_rule(rule, by=None, at=NOW))

    assert set(dues(case).values()) == {local("2026-02-23T23:59:59")}
    assert done.changes == [{"rule": "2000-01-01", "was": "5 days", "now": "3 days"}]


def test_a_younger_rule_moves_what_began_on_its_days_alone(case, telling):
    younger = DeadlineRule(
        amount=10, unit="days", starts_on=date(2026, 2, 12), legal_basis="QĐ 2"
    )
    later = receive(telling, channel="portal", at=NOW).report

    followed(keep_rule(younger, by=None, at=NOW))

    assert set(dues(case).values()) == {DUE}
    assert set(dues(later).values()) == {local("2026-03-05T23:59:59")}


def test_a_recount_that_was_killed_is_begun_anew_and_moves_nothing_twice(
    telling, monkeypatch
):
    cases = [receive(telling, channel="portal", at=BEFORE_TET).report for _ in range(4)]
    asked = keep_day(day_off(), by=None, at=NOW)
    write, turns = recounting._write, []

    def fail_at_the_second(*args, **kwargs):
        turns.append(1)
        if len(turns) == 2:
            raise KeyboardInterrupt
        write(*args, **kwargs)

    monkeypatch.setattr(recounting, "_write", fail_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        recount(asked.pk, at=NOW, batch=2)
    assert MovedDate.objects.count() == 4
    monkeypatch.undo()

    done = recount(asked.pk, at=NOW, batch=2)

    assert (done.counted, done.moved) == (8, 8)
    for report in cases:
        assert report.events.filter(code="recounted").count() == 1
        assert set(dues(report).values()) == {DAY_LATER}
    assert recount(asked.pk, at=NOW).moved == 8


def test_a_batch_costs_the_same_for_few_and_for_many(telling):
    costs = []
    for turn, count in enumerate((1, 12)):
        for _ in range(count):
            receive(telling, channel="portal", at=BEFORE_TET)
        asked = keep_day(day_off(MONDAY + timedelta(days=turn)), by=None, at=NOW)
        with CaptureQueriesContext(connection) as ran:
            recount(asked.pk, at=NOW)
        costs.append(len(ran))

    assert costs[0] == costs[1] <= 20


def test_what_a_change_would_move_is_told_before_it_is_made(case):
    seen = foresee(on=MONDAY, kind="off")

    assert (seen.counted, seen.moved, seen.sooner, seen.firm) == (2, 2, 0, 2)
    assert {move.due_at for move in seen.moves} == {DAY_LATER}
    assert set(dues(case).values()) == {DUE}
    assert not Recount.objects.exists()
    assert foresee(on=date(2026, 2, 18), kind="work").sooner == 2
    assert foresee(on=MONDAY, kind="").moved == 0


def test_an_administrator_changes_the_calendar_by_hand_and_takes_it_back(case):
    admin = UserFactory.create(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(admin)
    said = {"on": "2026-02-23", "kind": "off", "name": "Nghỉ", "legal_basis": "QĐ 1"}

    added = client.post("/admin/incidents/calendarday/add/", said)
    assert added.status_code == 302, added.context["errors"]
    recount(Recount.objects.get().pk, at=NOW)
    assert set(dues(case).values()) == {DAY_LATER}
    day = CalendarDay.objects.get()
    client.post(f"/admin/incidents/calendarday/{day.pk}/delete/", {"post": "yes"})
    recount(Recount.objects.latest("pk").pk, at=NOW)

    assert set(dues(case).values()) == {DUE}
    assert {each.by for each in Recount.objects.all()} == {admin}


def test_loading_the_city_again_recounts_only_where_its_days_have_changed(db):
    load_city(settings.CITY_DIR)
    assert not Recount.objects.exists()
    CalendarDay.objects.filter(on=date(2026, 1, 2)).update(kind="work")
    DeadlineRule.objects.filter(step="safe").update(amount=300)

    load_city(settings.CITY_DIR)
    load_city(settings.CITY_DIR)

    assert Recount.objects.get().changes == [
        {"on": "2026-01-02", "was": "work", "now": "off"},
        {
            "rule": "urgent safe 2020-01-01",
            "was": "300 minutes",
            "now": "240 minutes",
        },
    ]
