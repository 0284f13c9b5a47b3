"""Incidents where staff work: what is open, what gathers, and each with its reports."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from incidents import announcing, grouping
from incidents.errors import IncidentError
from incidents.gathering import clusters, may_belong
from incidents.models import Incident, Report
from incidents.permissions import Actor, Side, visible_to

from .doors import find_case, for_staff
from .incident_forms import EndForm, OverForm

#: So many are listed at once, of incidents and of the reports in one.
LISTED, ON_A_PAGE, LIKELY = 100, 25, 20


@for_staff
@require_safe
def incidents(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the open incidents, and to the desk what gathers and waits for approval."""
    now = timezone.now()
    heads = Report.objects.filter(visible_to(actor)).values("pk")
    shown = Incident.objects.open().with_what_is_shown().defer("area")
    found = list(
        shown.filter(head__in=heads)
        .annotate(count=Count("reports"))
        .order_by(F("approved_at").asc(nulls_first=True), "-opened_at")[:LISTED]
    )
    context = {
        "waiting": [each for each in found if each.approved_at is None],
        "found": [each for each in found if each.approved_at is not None],
        "gathering": clusters(at=now) if actor.is_desk else [],
        "may_announce": actor.is_desk or bool(actor.units & actor.rosters),
        "actor": actor,
        "now": now,
    }
    return render(request, "mapui/staff/incidents.html", context)


@for_staff
@require_safe
def incident(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Show an incident with the reports in it, and those that may belong to it."""
    return _show(request, actor, _find(actor, public_id))


@for_staff
@require_POST
def act(
    request: HttpRequest, actor: Actor, public_id: str, action: str
) -> HttpResponse:
    """Add reports or take one out, approve, expect another end, or say it is over."""
    found, verb = _find(actor, public_id), VERBS.get(action)
    if verb is None:
        raise Http404
    try:
        said = verb(request, actor, found)
    except IncidentError as error:
        status = HTTPStatus(error.status)
        mistake = {"mistake": str(error), "failed": action}
        return _show(request, actor, found, status=status, **mistake)
    messages.success(request, said)
    if request.POST.get("back") == "case" and (case := request.POST.get("report")):
        return redirect("mapui:staff-case", public_id=case)
    return redirect("mapui:incident-at-work", public_id=public_id)


def _add(request: HttpRequest, actor: Actor, incident: Incident) -> str:
    now = timezone.now()
    if one := request.POST.get("report"):
        wanted = Report.objects.filter(pk=find_case(actor, one).pk)
    else:
        wanted = may_belong(incident, at=now).order_by("pk")[: grouping.AT_MOST]
    added = grouping.add(incident, wanted, by=actor, at=now)
    said = ngettext(
        "%(count)s report is part of it now.",
        "%(count)s reports are part of it now.",
        added.count,
    ) % {"count": added.count}
    if added.left_out:
        said += " " + ngettext(
            "%(count)s could not be added: it ended, or somebody has it open.",
            "%(count)s could not be added: they ended, or somebody has them open.",
            added.left_out,
        ) % {"count": added.left_out}
    return said


def _take_out(request: HttpRequest, actor: Actor, incident: Incident) -> str:
    report = find_case(actor, request.POST.get("report", ""))
    if report.incident_id != incident.pk:
        raise Http404
    grouping.take_out(report, by=actor, at=timezone.now())
    return _("Taken out. The report stays with its unit, by its own dates.")


def _approve(request: HttpRequest, actor: Actor, incident: Incident) -> str:
    announcing.approve(incident, by=actor, at=timezone.now())
    return _("Approved. Anyone reads it now, and who is about to report sees it.")


def _change_end(request: HttpRequest, actor: Actor, incident: Incident) -> str:
    form = EndForm(request.POST)
    form.is_valid()
    said = form.cleaned_data
    announcing.change_end(
        incident,
        until=said.get("until"),
        text=said.get("text", ""),
        by=actor,
        at=timezone.now(),
    )
    return _("Noted. Who follows it and who reported is told.")


def _end(request: HttpRequest, actor: Actor, incident: Incident) -> str:
    form = OverForm(request.POST)
    form.is_valid()
    text = form.cleaned_data.get("text", "")
    announcing.end(incident, by=actor, at=timezone.now(), text=text)
    return _("It is over. Who follows it and who reported is told.")


VERBS = {
    "them": _add,
    "bo": _take_out,
    "duyet": _approve,
    "doi-gio": _change_end,
    "ket-thuc": _end,
}


def _find(actor: Actor, public_id: str) -> Incident:
    """Find an incident among those whose head this person may see."""
    heads = Report.objects.filter(visible_to(actor)).values("pk")
    shown = Incident.objects.with_what_is_shown().select_related("opened_by")
    counted = shown.annotate(count=Count("reports"))
    found = counted.filter(head__in=heads, head__public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def _show(
    request: HttpRequest,
    actor: Actor,
    incident: Incident,
    *,
    status: int = HTTPStatus.OK,
    mistake: str = "",
    failed: str = "",
) -> HttpResponse:
    now = timezone.now()
    seen = Report.objects.filter(visible_to(actor))
    members = seen.filter(incident=incident).with_its_ward()
    listed = members.defer("answers", "boundary").order_by("-received_at", "-pk")
    pages = Paginator(listed, ON_A_PAGE)
    likely = may_belong(incident, at=now) if actor.is_desk else Report.objects.none()
    is_open = not incident.is_over
    count = likely.count() if actor.is_desk and is_open else 0
    beside = likely.with_its_ward().defer("answers", "boundary")
    typed = request.POST if failed else None
    forms_: dict[str, forms.Form] = {
        "end_form": EndForm(typed if failed == "doi-gio" else None),
        "over_form": OverForm(typed if failed == "ket-thuc" else None),
    }
    sides = actor.sides(incident.head)
    context: dict[str, Any] = {
        "incident": incident,
        "page": pages.get_page(request.GET.get("page")),
        "likely": list(beside.order_by("-received_at")[:LIKELY]) if count else [],
        "likely_count": count,
        "is_open": is_open,
        "may_move": bool(sides & {Side.UNIT, Side.DESK}),
        "may_end": Side.UNIT in sides and incident.kind == Incident.Kind.PLANNED,
        "mistake": mistake,
        "actor": actor,
        "now": now,
    }
    return render(request, "mapui/staff/incident.html", context | forms_, status=status)
