"""The figures of a period for who leads the city or a unit; `leading_cases` lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from incidents.leading.figures import Axis, Figures, conditions
from incidents.leading.outlines import outlines
from incidents.leading.periods import Period, back_from, named, period_of
from incidents.leading.reading import Part, Reading, read
from incidents.leading.words import (
    axes,
    definitions,
    labels,
    nobody,
    percent,
    worked,
)
from incidents.models import Organisation
from incidents.permissions import Actor
from incidents.spreadsheets import as_spreadsheet
from incidents.walls import may_hang

from .choices import WARD
from .doors import for_staff
from .leading_charts import ages, choropleth, quality, series, sums, times

#: So many periods may be chosen.
CHOSEN_FROM = 36
#: The columns of the table, and of the file beside it.
COLUMNS = ("received", "handled", "in_hand", "late")
#: What is said of ratings only where enough people rated.
RATINGS = ("rated", "satisfied")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which period, of whom, by what; `unit` is none for the whole city."""

    period: Period
    unit: Organisation | None
    by: Axis
    at: datetime | None = None  #: As of when, where the period runs.

    def address(self, page: str = "leading", **other: str | int) -> str:
        """Return the address of a page about the same, with something else asked."""
        said: dict[str, str | int] = {"period": self.period.code, "by": _code(self.by)}
        if self.unit is not None:
            said["unit"] = self.unit.code
        kept = {key: each for key, each in (said | other).items() if each != ""}
        return f"{reverse(f'mapui:{page}')}?{urlencode(kept)}"

    def list_of(self, figure: str, part: Part | None = None) -> str:
        """Return the address of the cases that a figure counts."""
        about = "" if part is None else f"&id={part.pk or 'none'}"
        return f"{self._lists}&of={figure}{about}"

    @cached_property
    def _lists(self) -> str:
        """The address of any list: a page names a thousand of them."""
        as_of = {"at": self.at.isoformat()} if self.at else {}
        return self.address("leading-list", **as_of)


@for_staff
@require_safe
def leading(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show a period: its sums, times, backlog and quality, by ward, category, unit."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    now = timezone.now()
    asked, units = asked_of(request, actor)
    found = read(asked.period, axis=asked.by, at=now, unit=asked.unit)
    if found.window.at < asked.period.until:
        asked = replace(asked, at=found.window.at)
    is_by_ward = asked.by in (Axis.WARD, Axis.WARD_THEN)
    on = _boundaries_on(found, asked.by, now=now)
    sheet = outlines(kind=WARD, on=on) if is_by_ward else None
    context: dict[str, Any] = {
        "asked": asked,
        "found": found,
        "now": now,
        "units": units,
        "sees_city": actor.reads_city_figures,
        "leads": bool(actor.leads),
        "may_hang": may_hang(actor),
        "periods": list(back_from(period_of(now), count=CHOSEN_FROM)),
        "ways": _ways(asked, now_in=period_of(now)),
        "sums": sums(found, asked.list_of),
        "series": series(found),
        "times": times(found.total),
        "ages": ages(found.total, asked.list_of),
        "quality": quality(found.total, asked.list_of),
        "tabs": [
            (axis, label, asked.address(by=_code(axis)))
            for axis, label in axes().items()
            if axis != Axis.UNIT or asked.unit is None
        ],
        "rows": [_row(each, asked) for each in found.parts],
        "map": choropleth(sheet, found.parts) if sheet and sheet.near else None,
        "file": asked.address("leading-file"),
        "definitions": definitions(),
        "heads": labels(),
        "changes": _changes(found),
    }
    return render(request, "mapui/staff/leading.html", context)


@for_staff
@require_safe
def leading_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the table of a period as a file that spreadsheets open."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    asked, _units = asked_of(request, actor)
    found = read(asked.period, axis=asked.by, at=timezone.now(), unit=asked.unit)
    named_as, counted = labels(), [*conditions(found.window)]
    rows: list[list[str | float]] = [[axes()[asked.by], *map(named_as.get, counted)]]  # type: ignore[list-item]
    rows.extend(
        [part.label or nobody(asked.by), *_numbers(part.figures, counted)]
        for part in found.parts
    )
    rows.append(["", *_numbers(found.total, counted)])
    answer = HttpResponse(as_spreadsheet(rows), content_type="text/csv; charset=utf-8")
    name = f"{asked.period.code}-{_code(asked.by)}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _boundaries_on(found: Reading, axis: Axis, *, now: datetime) -> date:
    """Return the day whose wards the figures are told by."""
    if axis == Axis.WARD_THEN:
        return localdate(found.window.at - timedelta(microseconds=1))
    return localdate(found.closed.closed_at if found.closed else now)


def may_read(actor: Actor) -> bool:
    """Tell whether this person reads figures at all: of the city, or of a unit."""
    return actor.reads_city_figures or bool(whole_units(actor))


def whole_units(actor: Actor) -> frozenset[int]:
    """Return the units of which this person reads everything, and so the figures."""
    return actor.units - actor.confined.keys()


def asked_of(request: HttpRequest, actor: Actor) -> tuple[Asked, list[Organisation]]:
    """Read what is asked for; a period that never was or is not yet is none of ours."""
    running = period_of(timezone.now())
    period = named(request.GET["period"]) if "period" in request.GET else running
    if period is None or period > running:
        raise Http404
    unit, units = chosen_unit(request, actor)
    by = _axis(request.GET.get("by", ""))
    if unit is not None and by == Axis.UNIT:
        by = Axis.WARD
    return Asked(period=period, unit=unit, by=by), units


def chosen_unit(
    request: HttpRequest, actor: Actor
) -> tuple[Organisation | None, list[Organisation]]:
    """Find the unit that is asked for, none for the city, and all one may choose."""
    own = Organisation.objects.filter(pk__in=whole_units(actor)).order_by("name", "pk")
    units = list(own)
    code = request.GET.get("unit", "")
    unit = next((each for each in units if each.code == code), None)
    if unit is None and code and actor.reads_city_figures:
        unit = Organisation.objects.filter(code=code).first()
    if unit is None and (code or not actor.reads_city_figures):
        if code:
            raise Http404
        unit = units[0]
    return unit, units


def _axis(code: str) -> Axis:
    """Read by what figures are told; by what there is not, there is no page."""
    if not code:
        return Axis.WARD
    axis = next((each for each in Axis if _code(each) == code), None)
    if axis is None:
        raise Http404
    return axis


def _code(axis: Axis) -> str:
    return axis.name.lower()


def _ways(asked: Asked, *, now_in: Period) -> dict[str, str]:
    """Return where the periods before and after are, as far as there are any."""
    ways = {"before": asked.address(period=asked.period.before.code)}
    if asked.period < now_in:
        ways["after"] = asked.address(period=asked.period.after.code)
    return ways


def _row(part: Part, asked: Asked) -> dict[str, Any]:
    """Lay out one line of the table, every count with its list."""
    figures = part.figures
    name = part.label or nobody(asked.by)
    way = ""
    if asked.by == Axis.UNIT and isinstance(part.named, Organisation):
        way = asked.address(unit=part.named.code, by=_code(Axis.WARD))
    took = figures.times.get("ended")
    return {
        "name": name,
        "way": way,
        "cells": [(key, figures[key], asked.list_of(key, part)) for key in COLUMNS],
        "on_time": percent(figures.on_time.value),
        "of": figures["dated"],
        "median": worked(took.median if took else None),
        "again": (figures["received_again"], asked.list_of("received_again", part)),
    }


def _changes(found: Reading) -> list[tuple[str, int, int]]:
    """Return what a correction changes: how it closed, and what it would be now."""
    now = found.corrected
    if now is None:
        return []
    return [
        (label, found.total[key], now[key])
        for key, label in labels().items()
        if found.total[key] != now[key]
        and (key != "satisfied" or (found.total.satisfied and now.satisfied))
    ]


def _numbers(figures: Figures, counted: list[str]) -> list[int | str]:
    """Return the counts; none of ratings where too few rated to say."""
    withheld = () if figures.satisfied else RATINGS
    return ["" if key in withheld else figures[key] for key in counted]
