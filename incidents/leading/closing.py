"""Closed: a period's figures kept as they are when it ends, corrected beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Min, Q

from incidents.deadlines import read_calendar
from incidents.models import (
    ClosedFigures,
    ClosedPeriod,
    Correction,
    Handling,
    PublishedRanking,
    RankingObjection,
)

from .counting import ALL, Counted, Of, count
from .figures import Axis, Figures, Window
from .measuring import hold_measured, measure
from .periods import EARLIEST, Period, named, period_of

#: By which figures are kept when a period closes.
KEPT: tuple[tuple[Axis, ...], ...] = (
    (Axis.UNIT,),
    (Axis.WARD,),
    (Axis.WARD_THEN,),
    (Axis.CATEGORY,),
    (Axis.WARD, Axis.UNIT),
    (Axis.UNIT, Axis.WARD_THEN),
    (Axis.CATEGORY, Axis.UNIT),
)
#: What is corrected later: the city's figures and each unit's.
CORRECTED: tuple[tuple[Axis, ...], ...] = ((Axis.UNIT,),)
#: By what the figures go that units are ranked by.
RANKED = "ranking"
#: So many periods back is looked for what has come to be known since.
LOOKED_BACK = 12
#: Any number will do that nothing else on this database locks.
LOCK = 730_1225
COLUMN = {
    Axis.UNIT: "unit_id",
    Axis.WARD: "place_id",
    Axis.WARD_THEN: "place_id",
    Axis.CATEGORY: "category_id",
}


def close_due(*, at: datetime) -> list[ClosedPeriod]:
    """Close every period that is over and still open, the oldest first."""
    measure(at=at)
    closed = []
    while (period := _next_to_close(at=at)) is not None:
        made = close(period, at=at)
        if made is None:  # Another worker was faster.
            break
        closed.append(made)
    return closed


@transaction.atomic
def close(period: Period, *, at: datetime) -> ClosedPeriod | None:
    """Keep all figures of one period as they are now; none where it was closed."""
    _take_turns()
    if ClosedPeriod.objects.filter(code=period.code).exists():
        return None
    closed = ClosedPeriod.objects.create(
        code=period.code,
        since=period.since,
        until=period.until,
        closed_at=at,
        calendar_version=read_calendar().version,
    )
    found = count(Window.of(period, at=at), sets=KEPT)
    ClosedFigures.objects.bulk_create(
        ClosedFigures(period=closed, figures=figures.as_json(), **_named(of))
        for of, figures in found.by.items()
    )
    _keep_for_ranking(closed, Window.of(period, at=at))
    return closed


def _keep_for_ranking(closed: ClosedPeriod, window: Window) -> None:
    """Keep what units are ranked by in public: of cases that anyone may know of."""
    shown = count(window, sets=[(Axis.UNIT,)], only=Q(report__is_public=True))
    ClosedFigures.objects.bulk_create(
        ClosedFigures(period=closed, by=RANKED, unit_id=unit, figures=figures.as_json())
        for unit, figures in shown.along(Axis.UNIT).items()
        if unit is not None
    )


def open_again(*, since: datetime) -> int:
    """Take away what closed after a moment, to be closed anew; return how much it was.

    For who clears the demo away, and says so to the database: what counted invented
    cases was never true of the city.
    """
    _take_turns()
    closed = ClosedPeriod.objects.filter(until__gt=since)
    for model in (RankingObjection, PublishedRanking, Correction, ClosedFigures):
        model._default_manager.filter(period__in=closed).delete()
    gone, _by_model = closed.delete()
    return gone


def note_corrections(*, at: datetime) -> int:
    """Note what closed figures would be by what is known now, where that changed."""
    measure(at=at)
    closed = ClosedPeriod.objects.order_by("-until")[:LOOKED_BACK]
    return sum(_correct(each, at=at) for each in closed)


@transaction.atomic
def _correct(closed: ClosedPeriod, *, at: datetime) -> int:
    _take_turns()
    period = named(closed.code)
    if period is None:
        raise RuntimeError(f"{closed.code} is no period; it was closed as one.")
    known = {_of(row): row.figures for row in _kept(ClosedFigures, closed)}
    known |= {_of(row): row.figures for row in _kept(Correction, closed)}
    found: Counted = count(Window.of(period, at=at), sets=CORRECTED)
    now = {of: figures.as_json() for of, figures in found.by.items()}
    nothing = Figures().as_json()
    changed = [
        of for of in {*known, *now} if known.get(of, nothing) != now.get(of, nothing)
    ]
    made = Correction.objects.bulk_create(
        Correction(
            period=closed, figures=now.get(of, nothing), noted_at=at, **_named(of)
        )
        for of in changed
    )
    return len(made)


def _take_turns() -> None:
    """Let one close at a time, and all its statements count the same cases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    hold_measured()


def _kept(
    model: type[ClosedFigures] | type[Correction], closed: ClosedPeriod
) -> Iterable[ClosedFigures | Correction]:
    """Return what is corrected of a period, each figure's last word last."""
    corrected = [by_name(each) for each in [(), *CORRECTED]]
    return model._default_manager.filter(period=closed, by__in=corrected).order_by("pk")


def _next_to_close(*, at: datetime) -> Period | None:
    """Find the oldest period that is open and over, since the first case there is."""
    first = Handling.objects.aggregate(first=Min("opened_at"))["first"]
    if first is None:
        return None
    closed = set(ClosedPeriod.objects.values_list("code", flat=True))
    period = max(period_of(first), Period(year=EARLIEST.year, month=EARLIEST.month))
    while period.code in closed:
        period = period.after
    return period if period.is_over(at=at) else None


def by_name(axes: Sequence[Axis]) -> str:
    """Name what figures are told by, as it is kept."""
    return "+".join(sorted(axes))


def _named(of: Of) -> dict[str, str | int | None]:
    named_by: dict[str, str | int | None] = {"by": by_name([axis for axis, _id in of])}
    return named_by | {COLUMN[axis]: each for axis, each in of}


def _of(row: ClosedFigures | Correction) -> Of:
    if not row.by:
        return ALL
    axes = [Axis(name) for name in row.by.split("+")]
    return tuple((axis, getattr(row, COLUMN[axis])) for axis in axes)
