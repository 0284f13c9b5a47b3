"""Watched: who is reminded before a date, and who hears after it, once each.

What is owed is read from the clocks themselves, by a job that runs each minute: one
that was killed is begun again, and a run after hours of standstill sends what is due
once. Only running clocks are looked at, and of those what came due not long ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from django.conf import settings
from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.timezone import get_default_timezone, localdate, localtime

from .deadlines import ONE_DAY, Calendar, end_of, read_calendar
from .errors import NotNow
from .history import Happening, naming, record_all
from .models import (
    DeadlineRule,
    Event,
    Organisation,
    Report,
    Status,
    Target,
    Urging,
)
from .models.status import ENDED, IN_HAND
from .notifications import defer
from .permissions import Side
from .staff_notices import staff_jobs
from .work import resume

#: So many cases at most are told of in one transaction.
BATCH = 200
#: What came due before is not news: it was told of then, or came in with old cases.
LOOK_BACK = timedelta(days=7)
Level: TypeAlias = Urging.Level
Code: TypeAlias = Event.Code
BY_DAYS, BY_CLOCK = DeadlineRule.Unit.WORKING_DAYS, DeadlineRule.Unit.MINUTES
ANY = "*"
#: What a level is told as: of a deadline, and of an internal target.
TOLD: dict[Level, tuple[Event.Code, Event.Code]] = {
    Level.BEFORE: (Code.DUE_SOON, Code.TARGET_SOON),
    Level.DUE: (Code.OVERDUE, Code.TARGET_MISSED),
    Level.PARENT: (Code.URGED, Code.TARGET_URGED),
    Level.CITY: (Code.RAISED, Code.TARGET_RAISED),
    Level.LAPSED: (Code.LAPSED, Code.LAPSED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which dates are told of now, at one level: after one moment, up to another."""

    level: Level
    unit: str
    step: str  #: Of which target; any where it says so.
    after: datetime
    upto: datetime


@dataclass(frozen=True, slots=True)
class Owed:
    """One clock that somebody must hear of, at one level."""

    clock: int
    report: int
    level: Level
    due_at: datetime
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What one run did."""

    resumed: int
    told: int


def watch(*, at: datetime, batch: int = BATCH) -> Watched:
    """End the pauses whose day has come, then tell of all that is owed by now."""
    resumed = end_pauses(at=at)
    windows = windows_at(at, calendar=read_calendar())
    told = 0
    while found := _tell(windows, at=at, batch=batch):
        told += found
    return Watched(resumed=resumed, told=told)


def end_pauses(*, at: datetime) -> int:
    """Let work go on where the day of its pause has come; return how many cases."""
    paused = Report.objects.filter(status=Status.PAUSED)
    resumed = 0
    for report in paused.filter(paused_until__lte=localdate(at)).order_by("pk"):
        try:
            resume(report, by=Side.SYSTEM, at=at)
        except NotNow:  # Somebody was quicker.
            continue
        resumed += 1
    return resumed


def windows_at(at: datetime, *, calendar: Calendar) -> list[Window]:
    """Return which dates are told of at a moment, at every level."""
    times = settings.CITY.clocks
    began = at - LOOK_BACK
    windows = [
        Window(
            level=Level.BEFORE,
            unit=BY_DAYS,
            step=ANY,
            after=at,
            upto=reminded_of(at, calendar=calendar),
        ),
        Window(level=Level.DUE, unit=BY_DAYS, step=ANY, after=began, upto=_before(at)),
        Window(level=Level.DUE, unit=BY_CLOCK, step=ANY, after=began, upto=_before(at)),
    ]
    for level, days in (
        (Level.PARENT, times.parent_days),
        (Level.CITY, times.city_days),
    ):
        windows.append(
            Window(
                level=level,
                unit=BY_DAYS,
                step=ANY,
                after=passed_by(began, days=days, calendar=calendar),
                upto=passed_by(at, days=days, calendar=calendar),
            )
        )
    return windows + list(_by_the_clock(at))


def reminded_of(at: datetime, *, calendar: Calendar) -> datetime:
    """Return the last date that a unit has been reminded of by now.

    The reminder comes at a set hour, so many working days before the date.
    """
    times, here = settings.CITY.clocks, localtime(at, get_default_timezone())
    on = here.date() if here.time() >= times.remind_at else here.date() - ONE_DAY
    for _day in range(times.remind_days):
        on = _next(on, ONE_DAY, calendar)
    return end_of(on)


def passed_by(at: datetime, *, days: int, calendar: Calendar) -> datetime:
    """Return the last date after which so many working days have ended by now."""
    on = localdate(at)
    for _day in range(days):
        on = _next(on, -ONE_DAY, calendar)
    return end_of(on - ONE_DAY)


def _by_the_clock(at: datetime) -> Iterator[Window]:
    """Return the windows of the targets that are counted in minutes."""
    for step, levels in settings.CITY.clocks.minutes.items():
        for level, minutes in levels.items():
            far = timedelta(minutes=minutes)
            if level == Level.BEFORE:
                after, upto = at, at + far
            else:
                after, upto = at - far - LOOK_BACK, at - far
            yield Window(
                level=Level(level), unit=BY_CLOCK, step=step, after=after, upto=upto
            )


def _before(at: datetime) -> datetime:
    """Return the last moment that has passed: what is due now is not late yet."""
    return at - timedelta(microseconds=1)


def _next(on: date, step: timedelta, calendar: Calendar) -> date:
    on += step
    while not calendar.is_worked(on):
        on += step
    return on


@transaction.atomic
def _tell(windows: Sequence[Window], *, at: datetime, batch: int) -> int:
    """Tell of one batch, whole or not at all; return how many were owed."""
    owed = _owed(windows, at=at, batch=batch)
    if not owed:
        return 0
    reports = Report.objects.select_related("organisation").in_bulk(
        {each.report for each in owed}
    )
    desk = Organisation.objects.filter(type=Organisation.Type.OPERATOR)
    at_desk = desk.in_being(on=localdate(at)).order_by("pk").first()
    cases = [(reports[each.report], each) for each in owed]
    events = record_all(
        (
            (case, [_happening(each, case.organisation or at_desk)])
            for case, each in cases
        ),
        at=at,
    )
    Urging.objects.bulk_create(
        Urging(
            clock_id=each.clock,
            level=each.level,
            due_at=each.due_at,
            event=event,
            at=at,
        )
        for each, event in zip(owed, events, strict=True)
    )
    defer(job for event in events for job in staff_jobs(event))
    return len(owed)


def _owed(windows: Sequence[Window], *, at: datetime, batch: int) -> list[Owed]:
    """Read what nobody was told of yet, and hold its cases; the oldest date first."""
    given: dict[str, Any] = {
        "levels": [str(each.level) for each in windows],
        "units": [str(each.unit) for each in windows],
        "steps": [each.step for each in windows],
        "after": [each.after for each in windows],
        "upto": [each.upto for each in windows],
        "ended": sorted(ENDED),
        "batch": batch,
    }
    found = _read(OWED, given)
    if found:
        return found
    today = localdate(at)
    began = today - LOOK_BACK
    promised = {"today": today, "began": began, "batch": batch}
    zone = {"zone": settings.TIME_ZONE, "held": sorted(IN_HAND)}
    return _read(LAPSED, promised | zone)


def _read(statement: str, given: dict[str, Any]) -> list[Owed]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [
            Owed(clock, report, Level(level), due_at, step)
            for clock, report, level, due_at, step in cursor.fetchall()
        ]


def _happening(owed: Owed, unit: Organisation | None) -> Happening:
    """Write down who is told of what; only staff read of it."""
    deadline, target = TOLD[owed.level]
    due_at = localtime(owed.due_at, get_default_timezone())
    said = naming(unit) | {"due": date_format(due_at, "H:i, d/m/Y")}
    if owed.step:
        said["target"] = str(Target(owed.step).value)
    return Happening(
        code=target if owed.step else deadline,
        arguments=said,
        visibility=Event.Visibility.STAFF,
    )


#: A citizen's date that its unit's clock speaks for is not told of twice: the unit is
#: due no later, or began only after it (the case was reopened). Of many reports of one
#: incident the one that leads them is told of.
OWED = """
SELECT c.id, c.report_id, w.level, c.due_at, c.step
FROM unnest(%(levels)s::text[], %(units)s::text[], %(steps)s::text[],
    %(after)s::timestamptz[], %(upto)s::timestamptz[])
  AS w(level, unit, step, after, upto)
JOIN incidents_clock c ON c.stopped_at IS NULL
  AND c.due_at > w.after AND c.due_at <= w.upto AND w.step IN ('*', c.step)
JOIN incidents_deadlinerule u ON u.id = c.rule_id AND u.unit = w.unit
JOIN incidents_report r ON r.id = c.report_id AND r.status <> ALL(%(ended)s)
WHERE NOT EXISTS (
    SELECT FROM incidents_urging g
    WHERE g.clock_id = c.id AND g.level = w.level AND g.due_at = c.due_at)
  AND (c.party <> 'citizen' OR NOT EXISTS (
    SELECT FROM incidents_clock o
    WHERE o.report_id = c.report_id AND o.party = 'unit' AND o.stopped_at IS NULL
      AND (o.due_at <= c.due_at OR o.started_at >= c.due_at)))
  AND NOT EXISTS (
    SELECT FROM incidents_joining j
    WHERE j.report_id = c.report_id AND j.ended_at IS NULL)
ORDER BY c.due_at, c.id, w.level
LIMIT %(batch)s
FOR UPDATE OF r SKIP LOCKED
"""
#: A day that a unit committed to and did not keep.
LAPSED = """
SELECT c.id, r.id, 'lapsed', m.ended, ''
FROM incidents_report r
JOIN incidents_clock c ON c.report_id = r.id AND c.party = 'unit'
  AND c.stopped_at IS NULL
CROSS JOIN LATERAL (SELECT (r.committed_on + time '23:59:59')
  AT TIME ZONE %(zone)s AS ended) m
WHERE r.status = ANY(%(held)s)
  AND r.committed_on < %(today)s AND r.committed_on >= %(began)s
  AND NOT EXISTS (
    SELECT FROM incidents_urging g
    WHERE g.clock_id = c.id AND g.level = 'lapsed' AND g.due_at = m.ended)
ORDER BY r.committed_on, r.id
LIMIT %(batch)s
FOR UPDATE OF r SKIP LOCKED
"""
