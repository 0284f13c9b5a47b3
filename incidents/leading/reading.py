"""Read: a period's figures, closed or as they are now, beside the periods before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Q, QuerySet

from gis_data.models import Place
from incidents.models import (
    Category,
    ClosedFigures,
    ClosedPeriod,
    Correction,
    Handling,
    Organisation,
)

from .closing import COLUMN, by_name
from .counting import count
from .figures import BACK, Axis, Figures, Window, conditions
from .periods import Period, back_from
from .running import Running, as_far_before, read_running

#: So many periods are shown side by side.
SIDE_BY_SIDE = 12
Named = Organisation | Place | Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The figures of one unit, ward or category; of none where nobody has it."""

    pk: int | None
    named: Named | None
    figures: Figures

    @property
    def label(self) -> str:
        return self.named.label if self.named else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that is told of a period: for the whole city, or for one unit."""

    period: Period
    window: Window
    total: Figures
    before: Figures
    parts: tuple[Part, ...]
    closed: ClosedPeriod | None
    correction: Correction | None  #: The last word on the closed figures, if any.
    #: The last periods that are known, the oldest first, this one with them.
    series: tuple[tuple[Period, Figures | None], ...]

    @property
    def corrected(self) -> Figures | None:
        """What the closed figures would be by what is known now."""
        if self.correction is None:
            return None
        return Figures.from_json(self.correction.figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    closed: Mapping[str, ClosedPeriod] = field(default_factory=dict)
    totals: Mapping[str, Figures] = field(default_factory=dict)


def read(
    period: Period, *, axis: Axis, at: datetime, unit: Organisation | None = None
) -> Reading:
    """Read a period by one axis, in at most eleven statements whatever its size."""
    window = Window.of(period, at=at)
    periods = list(back_from(period, count=SIDE_BY_SIDE))
    kept = _kept(periods, unit=unit)
    closed = kept.closed.get(period.code)
    running: Running | None = None
    if closed is not None:
        by = _parts(closed, axis, unit=unit)
        total = kept.totals.get(period.code, Figures())
    elif unit is None and (running := read_running(period, axis=axis, at=at)):
        window = Window.of(period, at=running.at)
        by, total = dict(running.by), running.total
    else:
        counted = count(window, sets=[(axis,)], unit=unit.pk if unit else None)
        by, total = counted.along(axis), counted.total
    before = running.before if running else _before(period, kept, unit=unit, at=at)
    return Reading(
        period=period,
        window=window,
        total=total,
        before=before,
        parts=_named(by, axis),
        closed=closed,
        correction=_last_correction(closed, unit=unit) if closed else None,
        series=tuple(
            (each, total if each == period else kept.totals.get(each.code))
            for each in reversed(periods)
        ),
    )


def listed(
    figure: str,
    window: Window,
    *,
    unit: int | None = None,
    part: tuple[Axis, int | None] | None = None,
) -> QuerySet[Handling]:
    """Return the handlings that a figure counts, the longest open first.

    Of a denunciation none is listed from the moment it is refused as one. A figure
    counts none from then on either, but one that was counted before says as of when.
    """
    asked = conditions(window)[figure] & Q(report__is_quarantined=False)
    is_back = figure == "returned"
    holder = f"{BACK}__sender" if is_back else "organisation"
    if unit is not None:
        asked &= Q(**{holder: unit})
    if part is not None:
        column = holder if part[0] == Axis.UNIT else part[0].value
        asked &= Q(**{column: part[1]})
    found = Handling.objects.filter(asked)
    if is_back:
        found = found.annotate(given_back_at=F(f"{BACK}__at"))
        return found.order_by("given_back_at", "pk")
    return found.order_by("opened_at", "pk")


def _kept(periods: Sequence[Period], *, unit: Organisation | None) -> _Kept:
    codes = [each.code for each in periods]
    closed = {each.code: each for each in ClosedPeriod.objects.filter(code__in=codes)}
    rows = ClosedFigures.objects.filter(
        period__in=[each.pk for each in closed.values()]
    )
    own = (
        rows.filter(by=by_name([Axis.UNIT]), unit=unit) if unit else rows.filter(by="")
    )
    names = {each.pk: code for code, each in closed.items()}
    totals = {names[row.period_id]: Figures.from_json(row.figures) for row in own}
    return _Kept(closed=closed, totals=totals)


def _before(
    period: Period, kept: _Kept, *, unit: Organisation | None, at: datetime
) -> Figures:
    """Return the period before; of one that still runs, what it was as far in."""
    before = period.before
    if not period.is_over(at=at):
        window = as_far_before(period, at=at)
    elif before.code in kept.closed:
        return kept.totals.get(before.code, Figures())
    else:
        window = Window.of(before, at=at)
    found = count(window, sets=[(Axis.UNIT,)], unit=unit.pk if unit else None)
    return found.total


def _parts(
    closed: ClosedPeriod, axis: Axis, *, unit: Organisation | None
) -> dict[int | None, Figures]:
    rows = ClosedFigures.objects.filter(period=closed)
    if unit is None:
        rows = rows.filter(by=by_name([axis]))
    elif axis == Axis.UNIT:
        rows = rows.filter(by=by_name([axis]), unit=unit)
    else:
        rows = rows.filter(by=by_name([axis, Axis.UNIT]), unit=unit)
    return {getattr(row, COLUMN[axis]): Figures.from_json(row.figures) for row in rows}


def _named(by: Mapping[int | None, Figures], axis: Axis) -> tuple[Part, ...]:
    """Name each part, in one statement; where most cases are late comes first."""
    known = [pk for pk in by if pk is not None]
    names: Mapping[int, Named]
    if axis == Axis.UNIT:
        names = Organisation.objects.in_bulk(known)
    elif axis == Axis.CATEGORY:
        names = Category.objects.in_bulk(known)
    else:
        names = Place.objects.in_bulk(known)
    parts = [
        Part(pk=pk, named=names.get(pk or 0), figures=figures)
        for pk, figures in by.items()
    ]
    parts.sort(
        key=lambda each: (
            each.pk is None,
            -each.figures["late"],
            -each.figures["in_hand"],
            -each.figures["received"],
            each.label,
        )
    )
    return tuple(parts)


def _last_correction(
    closed: ClosedPeriod, *, unit: Organisation | None
) -> Correction | None:
    by = by_name([Axis.UNIT]) if unit else ""
    found = Correction.objects.filter(period=closed, by=by, unit=unit)
    return found.order_by("-pk").first()
