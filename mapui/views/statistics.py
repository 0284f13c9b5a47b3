"""Figures by ward: what came in a time and what became of it, as a table or a file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from incidents.models import Report
from incidents.permissions import Actor, visible_to
from incidents.spreadsheets import as_spreadsheet
from incidents.statistics import (
    Boundaries,
    Counts,
    Statistics,
    WardCounts,
    count_by_ward,
)

from .doors import for_staff

#: So many days are shown where nobody says which.
DAYS = 30
WARD = "ward"
COLUMNS = tuple(each.name for each in fields(Counts))
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which days, by whose boundaries, in what order; `last` is counted in."""

    first: date
    last: date
    by: Boundaries
    sort: str
    is_down: bool

    def address(self, **other: str) -> str:
        """Return the query of the same page with something else asked for."""
        said = {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "by": self.by.value,
            "sort": f"-{self.sort}" if self.is_down else self.sort,
        }
        return urlencode(said | other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column's name, how it is sorted now, and the address that sorts by it."""

    name: str
    label: str
    order: str  #: As `aria-sort` says it; empty where it is sorted by another.
    address: str


@for_staff
@require_safe
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the counts by ward of what a person may see."""
    if not actor.is_staff:
        return redirect("mapui:workbench")
    asked, mistake = _asked(request)
    found = _count(actor, asked)
    context: dict[str, Any] = {
        "asked": asked,
        "mistake": mistake,
        "found": found,
        "rows": _sorted(found, asked),
        "headings": [_heading(name, asked) for name in (WARD, *COLUMNS)],
        "maps": [
            (each, label, asked.address(by=each.value))
            for each, label in _maps().items()
        ],
        "file": asked.address(),
        "sees_all": actor.is_desk or actor.sees_all,
        "sees_transfers": actor.sees_every_transfer or bool(actor.answers_for),
        "leads_shift": actor.leads_shift,
        "sees_suggestions": actor.leads_shift or actor.keeps_map,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    return render(request, "mapui/staff/statistics.html", context, status=status)


@for_staff
@require_safe
def statistics_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the same table as a file that spreadsheets open, letters and all."""
    if not actor.is_staff:
        return redirect("mapui:workbench")
    asked, mistake = _asked(request)
    if mistake:
        said = f"{mistake}\n"
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    found = _count(actor, asked)
    labels = _labels()
    rows: list[list[str | float]] = [
        [_("Code"), labels[WARD], *(labels[each] for each in COLUMNS)]
    ]
    rows.extend(
        [row.place.code, row.place.label, *_numbers(row.counts)]
        for row in _sorted(found, asked)
    )
    rows.append(["", _("No ward"), *_numbers(found.placeless)])
    rows.append(["", _("All"), *_numbers(found.total)])
    answer = HttpResponse(as_spreadsheet(rows), content_type="text/csv; charset=utf-8")
    name = f"{asked.first}-{asked.last}-{asked.by}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _count(actor: Actor, asked: Asked) -> Statistics:
    return count_by_ward(
        Report.objects.filter(visible_to(actor)),
        since=asked.first,
        until=asked.last + ONE_DAY,
        by=asked.by,
        at=timezone.now(),
    )


def _asked(request: HttpRequest) -> tuple[Asked, str]:
    """Read what is asked for; where it makes no sense, say so and show a month."""
    today = localdate()
    first, last, mistake = today - timedelta(days=DAYS - 1), today, ""
    try:
        given = [
            date.fromisoformat(said) if (said := request.GET.get(name, "")) else usual
            for name, usual in (("from", first), ("to", last))
        ]
        if not date(2000, 1, 1) <= given[0] <= given[1] <= date(2200, 1, 1):
            raise ValueError
        first, last = given
    except ValueError:
        mistake = _("Give two days, the first one first.")
    sort = request.GET.get("sort", WARD)
    by = request.GET.get("by", Boundaries.NOW)
    name = sort.removeprefix("-")
    return (
        Asked(
            first=first,
            last=last,
            by=Boundaries(by) if by in set(Boundaries) else Boundaries.NOW,
            sort=name if name in (WARD, *COLUMNS) else WARD,
            is_down=sort.startswith("-"),
        ),
        mistake,
    )


def _sorted(found: Statistics, asked: Asked) -> list[WardCounts]:
    """Order wards as asked; those alike stay in the order of their names."""
    if asked.sort == WARD:
        return list(reversed(found.wards)) if asked.is_down else list(found.wards)
    return sorted(
        found.wards,
        key=lambda each: getattr(each.counts, asked.sort),
        reverse=asked.is_down,
    )


def _heading(name: str, asked: Asked) -> Heading:
    """Sort names from the first, numbers from the most, and again the other way."""
    is_chosen = asked.sort == name
    goes_down = not asked.is_down if is_chosen else name != WARD
    order = ("descending" if asked.is_down else "ascending") if is_chosen else ""
    return Heading(
        name=name,
        label=_labels()[name],
        order=order,
        address=asked.address(sort=f"-{name}" if goes_down else name),
    )


def _labels() -> dict[str, str]:
    return {
        WARD: _("Ward"),
        "received": pgettext("reports", "Received"),
        "open": pgettext("reports", "Open"),
        "late": _("Overdue"),
        "done": _("Done"),
        "refused": _("Not accepted"),
    }


def _maps() -> dict[Boundaries, str]:
    return {
        Boundaries.NOW: _("By today's boundaries"),
        Boundaries.THEN: _("By the boundaries of the day it came"),
    }


def _numbers(counts: Counts) -> list[int]:
    return [getattr(counts, name) for name in COLUMNS]
