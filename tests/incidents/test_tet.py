"""A test clock over Tết 2026: every reminder, flag and escalation on its minute."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.conf import settings

from incidents.city.loading import read_days
from incidents.clocks import must_commit
from incidents.history import broken_at
from incidents.models import DeadlineRule, Event, Urging
from incidents.watching import watch
from tests.factories import (
    LeafFactory,
    OrganisationFactory,
    ResponsibilityFactory,
    ReturnReasonFactory,
    TellingFactory,
    focal_point,
    operator,
    somebody,
)

from .test_clocks import TARGETS
from .tet import MINUTE, WORKED, Cast, Life, fresh, lives

pytestmark = pytest.mark.django_db

#: script/verify lives through two hundred.
CASES = int(os.environ.get("TET_CASES", "33"))


@pytest.fixture
def cast(wards):
    for _line, day in read_days(settings.CITY_DIR / "calendar.csv"):
        day.save()
    for (urgency, step), (amount, unit) in TARGETS.items():
        DeadlineRule.objects.create(
            starts_on=date(2000, 1, 1),
            legal_basis="An internal target",
            urgency=urgency,
            step=step,
            amount=amount,
            unit=unit,
            is_target=True,
        )
    committee = OrganisationFactory.create(code="ubnd-a")
    tellings = {}
    for urgency in ("urgent", "high", "normal", "complex"):
        leaf = LeafFactory.create(urgency=urgency)
        ResponsibilityFactory.create(
            category=leaf.branch, place=wards["a"], organisation=committee
        )
        tellings[urgency] = TellingFactory.create(category=leaf)
    other = OrganisationFactory.create()
    return Cast(
        telling=lambda urgency, waits: replace(tellings[urgency], by_hand=waits),
        desk=operator(),
        unit=focal_point(committee),
        leader=somebody("leader", committee),
        other=other,
        others=focal_point(other),
        reason=ReturnReasonFactory.create(),
    )


def live_through(all_lives: list[Life]) -> None:
    """Let the clock stand at every minute that matters, and at the one before it."""
    acts = defaultdict(list)
    for life in all_lives:
        for moment, act in life.acts:
            acts[moment].append((life, act))
    told = {moment for life in all_lives for _, _, moment in life.expected}
    minutes = told | {moment - MINUTE for moment in told} | set(acts)
    for now in sorted(minutes):
        for life, act in acts.get(now, ()):
            report = act(life.report and fresh(life.report))
            life.report = life.report or report
        watch(at=now)


def what_was_told(life: Life) -> set:
    rows = Urging.objects.filter(clock__report=life.report).select_related("clock")
    told = {(row.clock.step or row.clock.party, row.level, row.at) for row in rows}
    resumed = life.report.events.filter(code=Event.Code.RESUMED)
    return told | {("resumed", "", event.at) for event in resumed}


def test_over_tet_everything_comes_on_its_minute_and_once(cast):
    all_lives = lives(CASES, cast)

    live_through(all_lives)

    for life in all_lives:
        assert what_was_told(life) == life.expected, (life.kind, life.begins)
        assert broken_at(life.report) is None
    assert {life.kind for life in all_lives if life.expected} >= {
        "normal_late",
        "paused",
        "extended",
        "reopened",
    }


def test_a_case_is_flagged_from_the_second_after_its_date(cast):
    late = [life for life in lives(11, cast) if life.late_from is not None]
    for life in late:
        for moment, act in sorted(life.acts, key=lambda each: each[0]):
            if moment < life.late_from - timedelta(days=1):
                report = act(life.report and fresh(life.report))
                life.report = life.report or report

    for life in late:
        report = fresh(life.report)
        if report.committed_on:  # The complex one has promised a day already.
            continue
        assert not must_commit(report, at=life.late_from - timedelta(seconds=1))
        assert must_commit(report, at=life.late_from)


def test_the_table_of_days_is_that_of_the_shipped_calendar():
    """Else the minutes above would be counted from days that nobody works."""
    decided = {
        day.on: day.kind for _, day in read_days(settings.CITY_DIR / "calendar.csv")
    }

    assert not {on for on, kind in decided.items() if kind == "off"} & set(WORKED)
    assert all(on.weekday() < 5 for on in WORKED)
