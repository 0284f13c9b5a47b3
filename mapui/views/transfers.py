"""From whom to whom cases went, and how many came back, as a table or a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from incidents.movements import Movement, movements
from incidents.permissions import Actor
from incidents.spreadsheets import as_spreadsheet

from .doors import for_staff

#: So many days are shown where nobody says which.
DAYS = 30
#: So many ways are shown; the file has all of them.
SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Which days; `last` is counted in."""

    first: date
    last: date

    @property
    def address(self) -> str:
        """The query that asks for the same days."""
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat()})


@for_staff
@require_safe
def transfers(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show how cases went from hand to hand, to who answers for that."""
    days, mistake = _days(request)
    found = _found(actor, days)
    count = sum(each.count for each in found)
    context: dict[str, Any] = {
        "days": days,
        "mistake": mistake,
        "rows": found[:SHOWN],
        "more": len(found) > SHOWN,
        "count": count,
        "returned": sum(each.returned for each in found),
        "sees_all": actor.sees_every_transfer,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    return render(request, "mapui/staff/transfers.html", context, status=status)


@for_staff
@require_safe
def transfers_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the same table as a file that spreadsheets open, letters and all."""
    days, mistake = _days(request)
    found = _found(actor, days)
    if mistake:
        said = f"{mistake}\n"
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    rows: list[list[str | float]] = [
        [
            _("Code"),
            _("Who gave"),
            _("Code"),
            _("Who got"),
            _("Transfers"),
            _("Returned"),
            _("Share returned (%)"),
        ]
    ]
    for each in found:
        giver = each.giver
        rows.append(
            [
                giver.code if giver else "",
                giver.label if giver else _("Operators' desk"),
                each.taker.code,
                each.taker.label,
                each.count,
                each.returned,
                round(each.share, 1),
            ]
        )
    answer = HttpResponse(as_spreadsheet(rows), content_type="text/csv; charset=utf-8")
    name = f"{days.first}-{days.last}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _found(actor: Actor, days: Days) -> list[Movement]:
    """Count what this person may know of: all, or what their organisations had."""
    units = actor.answers_for
    if not (actor.sees_every_transfer or units):
        raise Http404
    return movements(
        since=_midnight(days.first),
        until=_midnight(days.last + timedelta(days=1)),
        units=None if actor.sees_every_transfer else units,
    )


def _midnight(on: date) -> datetime:
    return make_aware(datetime.combine(on, time.min))


def _days(request: HttpRequest) -> tuple[Days, str]:
    """Read which days are asked for; where they make no sense, say so, show a month."""
    today = localdate()
    usual = Days(first=today - timedelta(days=DAYS - 1), last=today)
    try:
        first, last = (
            date.fromisoformat(said) if (said := request.GET.get(name, "")) else other
            for name, other in (("from", usual.first), ("to", usual.last))
        )
        if not date(2000, 1, 1) <= first <= last <= date(2200, 1, 1):
            raise ValueError
    except ValueError:
        return usual, _("Give two days, the first one first.")
    return Days(first=first, last=last), ""
