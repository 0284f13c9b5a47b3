"""The figures of a period for who leads the city or a unit, each with its list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from gis_data.models import Place
from incidents.leading.figures import Axis, Figures, Window, conditions
from incidents.leading.outlines import outlines
from incidents.leading.periods import Period, back_from, named, period_of
from incidents.leading.reading import Part, Reading, listed, read
from incidents.leading.words import (
    axes,
    definitions,
    labels,
    nobody,
    percent,
    worked,
)
from incidents.models import Category, Organisation
from incidents.permissions import Actor
from incidents.spreadsheets import as_spreadsheet
from incidents.walls import may_hang

from .choices import WARD
from .doors import for_staff
from .leading_charts import ages, choropleth, quality, series, sums, times

#: So many cases stand on one page of a list, so many periods may be chosen.
LISTED, CHOSEN_FROM = 50, 36
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
    asked, units = _asked(request, actor)
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
def leading_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the cases that one figure counts: as many as it says."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    asked, _units = _asked(request, actor)
    figure = request.GET.get("of", "received")
    window = Window.of(asked.period, at=_as_of(request, asked.period))
    if figure not in conditions(window):
        raise Http404
    part = _part(request, asked)
    about: dict[str, Any] = {
        "unit": asked.unit.pk if asked.unit else None,
        "part": part,
    }
    cases = listed(figure, window, **about)
    is_too_few = figure == "satisfied" and (
        listed("rated", window, **about).count() < settings.CITY.rated_at_least
    )
    if is_too_few:  # Of one rating alone, the list would say who was satisfied.
        cases = cases.none()
    shown = cases.select_related(
        "report", "category", "current_place", "place", "organisation"
    )
    page = Paginator(shown, LISTED).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "figure": labels()[figure],
        "gives_back": figure == "returned",
        "part": _part_label(part),
        "count": page.paginator.count,
        "is_too_few": is_too_few,
        "page": page,
        "back": asked.address(),
        "pages": {
            turn: _page_address(request, number)
            for turn, number in _neighbours(page).items()
        },
        "is_over": asked.period.is_over(at=timezone.now()),
    }
    return render(request, "mapui/staff/leading_list.html", context)


@for_staff
@require_safe
def leading_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the table of a period as a file that spreadsheets open."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    asked, _units = _asked(request, actor)
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


def _asked(request: HttpRequest, actor: Actor) -> tuple[Asked, list[Organisation]]:
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


def _as_of(request: HttpRequest, period: Period) -> datetime:
    """Read as of which moment of a period a list is asked for; now if nobody said."""
    now = timezone.now()
    if "at" not in request.GET:
        return now
    try:
        at = parse_datetime(request.GET["at"])
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at) or not period.since <= at <= now:
        raise Http404
    return at


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


def _part(request: HttpRequest, asked: Asked) -> tuple[Axis, int | None] | None:
    said = request.GET.get("id", "")
    if not said:
        return None
    if said == "none":
        return asked.by, None
    if not said.isdecimal() or len(said) > 18:
        raise Http404
    return asked.by, int(said)


def _part_label(part: tuple[Axis, int | None] | None) -> str:
    """Name the ward, unit or category that a list is of."""
    if part is None:
        return ""
    axis, pk = part
    if pk is None:
        return nobody(axis)
    if axis == Axis.UNIT:
        return get_object_or_404(Organisation, pk=pk).label
    if axis == Axis.CATEGORY:
        return get_object_or_404(Category, pk=pk).label
    return get_object_or_404(Place, pk=pk).label


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


def _neighbours(page: Any) -> dict[str, int]:
    found = {}
    if page.has_previous():
        found["previous"] = page.previous_page_number()
    if page.has_next():
        found["next"] = page.next_page_number()
    return found


def _page_address(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
