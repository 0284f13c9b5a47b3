"""The access log: how personal data were used, for auditors and administrators."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents.accesses import OPENED, Asked, Kind, access_log, lines, take_log
from incidents.errors import Missing
from incidents.permissions import Actor
from incidents.spreadsheets import as_spreadsheet

from .carrying import refused
from .doors import for_staff

#: So many days are shown where nobody says which, and so many lines on a page.
DAYS, ON_A_PAGE = 30, 50


@for_staff
@require_safe
def log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show who looked at whose data, when and why."""
    _only_readers(actor)
    asked, mistake = _asked(request)
    page = _page(request)
    start = (page - 1) * ON_A_PAGE
    rows = list(access_log(asked, by=actor)[start : start + ON_A_PAGE + 1])
    shown = list(lines(rows[:ON_A_PAGE]))
    context: dict[str, Any] = {
        "asked": asked,
        "mistake": mistake,
        "lines": shown,
        "kinds": [(OPENED, _("Contact opened")), *Kind.choices],
        "number": page,
        "has_next": len(rows) > ON_A_PAGE,
        "kept": _kept(asked),
        "actor": actor,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if mistake else HTTPStatus.OK
    return render(request, "mapui/staff/access_log.html", context, status=status)


@for_staff
@require_POST
def log_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the log as a file; that it was taken stands in it from then on."""
    _only_readers(actor)
    asked, mistake = _asked(request)
    if mistake:
        return refused(mistake)
    try:
        found = take_log(asked, by=actor, at=timezone.now())
    except Missing as error:
        return refused(str(error))
    rows: list[list[str | float]] = [
        [_("When"), _("By whom"), _("What"), _("Case"), _("Why"), _("Cases")]
    ]
    rows.extend(
        [
            date_format(localtime(each.at), "SHORT_DATETIME_FORMAT"),
            each.who,
            each.label,
            each.case,
            each.reason,
            each.count,
        ]
        for each in found
    )
    answer = HttpResponse(as_spreadsheet(rows), content_type="text/csv; charset=utf-8")
    name = f"access-{asked.first}-{asked.last}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _only_readers(actor: Actor) -> None:
    if not actor.reads_access_log:
        raise PermissionDenied


def _page(request: HttpRequest) -> int:
    said = request.GET.get("page", "")
    return max(1, int(said)) if said.isdecimal() and len(said) < 6 else 1


def _asked(request: HttpRequest) -> tuple[Asked, str]:
    """Read which part of the log; where the days make no sense, say so."""
    said = request.POST if request.method == "POST" else request.GET
    today = localdate()
    first, last, mistake = today - timedelta(days=DAYS - 1), today, ""
    try:
        given = [
            date.fromisoformat(typed) if (typed := said.get(name, "")) else usual
            for name, usual in (("from", first), ("to", last))
        ]
        if not date(2000, 1, 1) <= given[0] <= given[1] <= date(2200, 1, 1):
            raise ValueError
        first, last = given
    except ValueError:
        mistake = _("Give two days, the first one first.")
    kind = said.get("kind", "")
    asked = Asked(
        first=first,
        last=last,
        kind=kind if kind in {OPENED, *Kind.values} else "",
        who=said.get("who", "").strip()[:150],
        case=said.get("case", "").strip()[:22],
        with_worker=bool(said.get("worker")),
    )
    return asked, mistake


def _kept(asked: Asked) -> str:
    """Return the query of the same part of the log."""
    said = {
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "kind": asked.kind,
        "who": asked.who,
        "case": asked.case,
        "worker": "1" if asked.with_worker else "",
    }
    return urlencode({name: value for name, value in said.items() if value})
