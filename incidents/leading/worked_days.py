"""Worked time: which minutes the offices work, where the database counts them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import connection
from django.utils.timezone import localdate

from incidents.deadlines import Calendar, read_calendar
from incidents.models import WorkedDay

#: So many years before this one are kept: of what began earlier no time is told.
YEARS = 12
ONE_DAY = timedelta(days=1)


def working_spans() -> list[tuple[int, int]]:
    """Return the office hours of a working day, as minutes after midnight."""
    spans = []
    for said in settings.CITY.working_hours:
        begins, ends = (_minute(each) for each in said.split("-"))
        spans.append((begins, ends))
    return spans


def keep_worked_days(*, at: datetime) -> None:
    """Keep the days of the calendar that is in force, where it changed or runs out.

    What was measured over a day that is counted otherwise now is marked, so that it is
    measured anew. Two statements where nothing changed.
    """
    calendar = read_calendar()
    today = localdate(at)
    version = _version(calendar, today.year)
    if WorkedDay.objects.filter(version=version).exists():
        return
    was = dict(WorkedDay.objects.values_list("on", "minutes"))
    days = list(_days(calendar, year=today.year, version=version))
    WorkedDay.objects.all().delete()
    WorkedDay.objects.bulk_create(days)
    changed = [day.on for day in days if was.get(day.on) != day.minutes]
    first = min((on for on in changed if on <= today), default=None)
    if was and first is not None:
        with connection.cursor() as cursor:
            cursor.execute(MARK_SINCE, {"on": first, "zone": settings.TIME_ZONE})


def worked_until(moment: str, day: str) -> str:
    """Write as SQL how many minutes were worked before a moment of a known day.

    `day` names the row of the worked day that the moment lies on.
    """
    local = f"(({moment}) AT TIME ZONE %(zone)s)::time"
    minute = f"(extract(epoch FROM {local}) / 60)"
    inside = " + ".join(
        f"least({ends - begins}, greatest(0, {minute} - {begins}))"
        for begins, ends in working_spans()
    )
    return f"({day}.before + CASE WHEN {day}.minutes > 0 THEN {inside} ELSE 0 END)"


def _days(calendar: Calendar, *, year: int, version: str) -> Iterator[WorkedDay]:
    worked = sum(ends - begins for begins, ends in working_spans())
    on, last, before = date(year - YEARS, 1, 1), date(year + 1, 12, 31), 0
    while on <= last:
        minutes = worked if calendar.is_worked(on) else 0
        yield WorkedDay(on=on, minutes=minutes, before=before, version=version)
        before += minutes
        on += ONE_DAY


def _version(calendar: Calendar, year: int) -> str:
    said = f"{calendar.version} {settings.CITY.working_hours} {year}"
    return sha256(said.encode()).hexdigest()[:16]


def _minute(said: str) -> int:
    hours, minutes = said.strip().split(":")
    return 60 * int(hours) + int(minutes)


MARK_SINCE = """
INSERT INTO incidents_casemark (report_id)
SELECT DISTINCT report_id FROM incidents_handling
WHERE coalesce(ended_at, 'infinity') >= %(on)s::date::timestamp AT TIME ZONE %(zone)s
"""
