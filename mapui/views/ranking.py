"""The ranking of units: for everybody at one address a period, and for units before."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from incidents.errors import IncidentError
from incidents.leading.figures import Share
from incidents.leading.objecting import answer, may_answer, object_to
from incidents.leading.periods import named
from incidents.leading.ranking import TOLD, cases_of, draft, publish_at
from incidents.leading.words import labels, percent
from incidents.models import (
    ClosedPeriod,
    Organisation,
    PublishedRanking,
    RankingObjection,
    Report,
)
from incidents.permissions import Actor
from incidents.spreadsheets import as_spreadsheet

from .doors import for_staff

#: How long the file of a ranking may be kept by anybody. The page may not: who is
#: signed in is named on it.
KEPT = 60 * 60
#: So many periods are offered beside the one shown.
OFFERED = 24


@require_safe
def rankings(request: HttpRequest) -> HttpResponse:
    """Lead to the latest ranking; where there is none yet, say so."""
    latest = PublishedRanking.objects.order_by("-period__until").first()
    if latest is None:
        return render(request, "mapui/ranking.html", {"found": None})
    return redirect("mapui:ranking", latest.period.code)


@require_safe
def ranking(request: HttpRequest, code: str) -> HttpResponse:
    """Show a published ranking with its rule, its counts and what they are made of."""
    found = _published(code)
    others = PublishedRanking.objects.select_related("period")
    context = {
        "found": found,
        "period": found.period,
        "groups": _groups(found),
        "others": others.order_by("-period__until")[:OFFERED],
    }
    return render(request, "mapui/ranking.html", context)


@require_safe
@cache_control(public=True, max_age=KEPT)
def ranking_file(request: HttpRequest, code: str) -> HttpResponse:
    """Send a published ranking with everything it is computed from."""
    found = _published(code)
    rule = [each if each == "at_least" else f"weight_{each}" for each in found.rule]
    rows: list[list[str | float]] = [
        ["type", "code", "name", *TOLD, "taken_out", *rule, "score", "rank"]
    ]
    for each in found.rows:
        counts = [each["counts"][key] for key in TOLD]
        rows.append(
            [
                each["type"],
                each["code"],
                each["name"],
                *counts,
                each["taken_out"],
                *found.rule.values(),
                "" if each["score"] is None else each["score"],
                each["rank"] or "",
            ]
        )
    sent = HttpResponse(as_spreadsheet(rows), content_type="text/csv; charset=utf-8")
    sent["Content-Disposition"] = f'attachment; filename="{found.period.code}.csv"'
    return sent


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def ranking_at_work(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show units how they will be ranked, with the cases that count against them."""
    whole = actor.units - actor.confined.keys()
    if not (whole or actor.reads_city_figures):
        return redirect("mapui:workbench")
    closed = ClosedPeriod.objects.order_by("-until").first()
    if request.method == "POST":
        return _said(request, actor, closed)
    units = list(Organisation.objects.filter(pk__in=whole).order_by("name", "pk"))
    code = request.GET.get("unit", "")
    unit = next((each for each in units if each.code == code), None)
    if code and unit is None:
        raise Http404
    if unit is None and units:
        unit = units[0]
    found = draft(closed) if closed else None
    told = [
        each
        for each in (found.objections if found else ())
        if actor.reads_city_figures or each.organisation_id in whole
    ]
    objected = {(each.organisation_id, each.report_id) for each in told}
    context: dict[str, Any] = {
        "closed": closed,
        "found": found,
        "is_open": found.is_open if found else False,
        "publish_at": publish_at(closed) if closed else None,
        "units": units,
        "unit": unit,
        "row": _row_of(found, unit),
        "against": [
            (labels().get(key, _("Handled late")), key, cases)
            for key, cases in (
                cases_of(closed, unit) if closed and unit else {}
            ).items()
            if cases
        ],
        "objected": {report for of, report in objected if unit and of == unit.pk},
        "objections": told,
        "answers": may_answer(actor),
        "by_rank": found.rows if found and actor.reads_city_figures else (),
    }
    return render(request, "mapui/staff/ranking.html", context)


def _said(
    request: HttpRequest, actor: Actor, closed: ClosedPeriod | None
) -> HttpResponse:
    """Keep an objection, or the answer to one."""
    now, back = timezone.now(), reverse("mapui:ranking-at-work")
    try:
        if "objection" in request.POST:
            number = request.POST["objection"]
            if not number.isdecimal() or len(number) > 18:
                raise Http404
            answer(
                get_object_or_404(RankingObjection, pk=int(number)),
                by=actor,
                at=now,
                upheld=request.POST.get("upheld") == "yes",
                text=request.POST.get("answer", ""),
            )
            messages.success(request, _("The unit reads your answer here."))
            return redirect(back)
        unit = get_object_or_404(Organisation, code=request.POST.get("unit", ""))
        report = get_object_or_404(Report, public_id=request.POST.get("case", ""))
        back = f"{back}?unit={unit.code}"
        if closed is None:
            raise Http404
        object_to(
            report,
            closed=closed,
            unit=unit,
            by=actor,
            at=now,
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, _("The city reads your objection and answers it."))
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect(back)


def _published(code: str) -> PublishedRanking:
    if named(code) is None:
        raise Http404
    rows = PublishedRanking.objects.select_related("period")
    return get_object_or_404(rows, period__code=code)


def _groups(found: PublishedRanking) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return units by their kind, the ranked first, each with its shares in words."""
    kinds = dict(Organisation.Type.choices)
    return [
        (str(kinds.get(kind, kind)), [_told(each) for each in rows])
        for kind, rows in groupby(found.rows, key=lambda each: each["type"])
    ]


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = row["counts"]
    english = row["name_en"] and get_language() == "en"
    shares = {
        "on_time": Share(part=counts["on_time"], whole=counts["dated"]),
        "came_back": Share(part=counts["reopened"], whole=counts["results"]),
        "unproven": Share(part=counts["unproven"], whole=counts["shown"]),
        "left": Share(
            part=counts["left"] + counts["refused"],
            whole=counts["handled"] + counts["refused"],
        ),
    }
    return {
        "name": row["name_en"] if english else row["name"],
        "rank": row["rank"],
        "score": row["score"],
        "handled": counts["handled"],
        "taken_out": row["taken_out"],
        **{key: percent(share.value) for key, share in shares.items()},
    }


def _row_of(found: Any, unit: Organisation | None) -> dict[str, Any] | None:
    if found is None or unit is None:
        return None
    row = next((each for each in found.rows if each.unit.pk == unit.pk), None)
    return _told(row.as_json()) if row else None
