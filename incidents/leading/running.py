"""Running: the city's figures of the period that runs, counted where that takes long.

Among millions of cases a month's figures take seconds. Who counts then is the worker,
no more than a small part of its time, and who reads them is told as of when they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.db import transaction

from incidents.models import RunningFigures

from .counting import count
from .figures import Axis, Figures, Window
from .measuring import hold_measured
from .periods import Period, period_of

#: What is counted faster than this is counted for each who asks.
WORTH_KEEPING = timedelta(milliseconds=100)
#: Of so many minutes, one at most is spent on counting.
ONE_MINUTE_IN = 20
#: What is older, and older than two rounds of counting, is not told: nobody counts.
GOOD_FOR = timedelta(minutes=10)
IN_ALL, BEFORE = "all", "before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What the worker counted last: in all, by one axis, and the period before."""

    at: datetime
    total: Figures
    by: Mapping[int | None, Figures]
    before: Figures


def keep_running(*, at: datetime) -> bool:
    """Count the period that runs, unless that would take more than its share of time.

    Who reads meanwhile reads the last count, whole.
    """
    last = RunningFigures.objects.filter(by="").first()
    if last is not None and at < last.counted_at + ONE_MINUTE_IN * timedelta(
        milliseconds=last.took_ms
    ):
        return False
    _keep(period_of(at), at=at)
    return True


def read_running(period: Period, *, axis: Axis, at: datetime) -> Running | None:
    """Read the last count of a period that runs; none where each who asks counts."""
    rows = {
        row.by: row
        for row in RunningFigures.objects.filter(
            by__in=["", axis],
            period=period.code,
            counted_at__lte=at,
            took_ms__gte=WORTH_KEEPING / timedelta(milliseconds=1),
        )
    }
    if len(rows) < 2 or period.is_over(at=at):
        return None
    took = timedelta(milliseconds=rows[""].took_ms)
    if rows[""].counted_at < at - max(GOOD_FOR, 2 * ONE_MINUTE_IN * took):
        return None
    said = rows[""].figures
    return Running(
        at=rows[""].counted_at,
        total=Figures.from_json(said[IN_ALL]),
        before=Figures.from_json(said[BEFORE]),
        by={
            int(key) if key else None: Figures.from_json(figures)
            for key, figures in rows[axis].figures.items()
        },
    )


def as_far_before(period: Period, *, at: datetime) -> Window:
    """Return the period before one that runs, as far in as that has come."""
    before = period.before
    as_far = min(before.until, before.since + (at - period.since))
    return Window(since=before.since, at=as_far)


@transaction.atomic
def _keep(period: Period, *, at: datetime) -> None:
    hold_measured()
    began = perf_counter()
    counted = count(Window.of(period, at=at), sets=[(axis,) for axis in Axis])
    before = count(as_far_before(period, at=at), sets=[(Axis.UNIT,)])
    took = timedelta(seconds=perf_counter() - began)
    said: dict[str, dict[str, Any]] = {
        "": {IN_ALL: counted.total.as_json(), BEFORE: before.total.as_json()}
    }
    for axis in Axis:
        said[axis] = {
            "" if key is None else str(key): figures.as_json()
            for key, figures in counted.along(axis).items()
        }
    RunningFigures.objects.bulk_create(
        [
            RunningFigures(
                by=by,
                period=period.code,
                counted_at=at,
                took_ms=round(took / timedelta(milliseconds=1)),
                figures=figures,
            )
            for by, figures in said.items()
        ],
        update_conflicts=True,
        unique_fields=["by"],
        update_fields=["period", "counted_at", "took_ms", "figures"],
    )
