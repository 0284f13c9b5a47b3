"""A case on one screen: what was told, what was decided and why, what may be done."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents import publishing
from incidents.api.filing import said_of
from incidents.decisions import Doubt
from incidents.errors import ChangedMeanwhile, IncidentError
from incidents.models import (
    Attachment,
    Clock,
    DecisionRecord,
    RefusalReason,
    Report,
    Responsibility,
    Result,
)
from incidents.permissions import Actor, visible_to
from incidents.privacy import Reporter, open_contact
from incidents.workflow import open_steps

from .actions import ACTIONS, Action, Sent
from .choices import organisations
from .city_map import map_words
from .staff import for_staff


@require_safe
@for_staff
def case(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Show a case to who may see it, with what they may do now."""
    return _show(request, actor, _find(actor, public_id))


@require_POST
@for_staff
def act(
    request: HttpRequest, actor: Actor, public_id: str, action: str
) -> HttpResponse:
    """Do one thing to a case; refused, it shows the case with what was typed."""
    report = _find(actor, public_id)
    if action not in ACTIONS:
        raise Http404
    sent = Sent(
        fields=request.POST,
        files=request.FILES.getlist("attachments"),
        by=actor,
        at=timezone.now(),
    )
    try:
        with transaction.atomic():
            ACTIONS[action].run(report, sent)
    except IncidentError as error:
        tried = {"tried": action, "typed": request.POST, "refusal": str(error)}
        if isinstance(error, ChangedMeanwhile):
            tried["since"] = request.POST.get("version", "")
        now = _find(actor, public_id)
        return _show(request, actor, now, status=HTTPStatus(error.status), **tried)
    messages.success(request, ACTIONS[action].done)
    if Report.objects.filter(visible_to(actor), pk=report.pk).exists():
        return redirect("mapui:staff-case", public_id=public_id)
    return redirect("mapui:workbench")


@require_POST
@for_staff
def contact(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Open who told us, for a reason that is written down; for operators only."""
    report = _find(actor, public_id)
    why = request.POST.get("why", "").strip()
    if not actor.is_desk or not hasattr(report, "contact"):
        raise Http404
    if not why:
        said = _("Say why you need the contact.")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(request, actor, report, status=status, contact_mistake=said)
    opened = open_contact(
        report.contact, by=actor.user.username, why=why[:200], at=timezone.now()
    )
    return _show(request, actor, report, reporter=opened)


@require_POST
@for_staff
def approve_photo(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Let one photo of a case be seen by anybody."""
    attachment = get_object_or_404(
        Attachment.objects.select_related("report"), public_id=public_id
    )
    report = _find(actor, attachment.report.public_id)
    try:
        publishing.approve_photo(attachment, by=actor, at=timezone.now())
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect("mapui:staff-case", public_id=report.public_id)


def _find(actor: Actor, public_id: str) -> Report:
    seen = Report.objects.filter(visible_to(actor), public_id=public_id)
    report = seen.select_related(
        "category", "place", "organisation", "declared_ward", "contact", "claimed_by"
    ).first()
    if report is None:
        raise Http404
    return report


def _show(
    request: HttpRequest,
    actor: Actor,
    report: Report,
    *,
    status: int = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    decision = report.decisions.select_related("organisation").latest("pk")
    steps = open_steps(report, actor.sides(report))
    offered = {name: ACTIONS[name] for name in ACTIONS if name in steps}
    if "accept" in offered:
        offered = {"transfer": ACTIONS["transfer"], **offered}
    events = list(
        report.events.select_related("note", "by").order_by("sequence")
    )
    attachments = list(report.attachments.order_by("pk"))
    context = {
        "report": report,
        "decision": decision,
        "explanation": said_of(decision.reason, decision.arguments),
        "doubts": [Doubt(each).label for each in decision.doubts],
        "claims": _claims(decision),
        "clocks": report.clocks.select_related("organisation").order_by("party", "pk"),
        "events": events,
        "changes": _since(report, events, str(more.get("since", ""))),
        "told": [each for each in attachments if each.result_id is None],
        "results": _results(report, attachments),
        "is_desk": actor.is_desk,
        "now": timezone.now(),
        "citizen": Clock.Party.CITIZEN,
        "map_words": map_words(),
        "outcomes": Result.Outcome,
        "nothing": {},
        **_by_kind(offered),
        **_choices(offered),
        **more,
    }
    return render(request, "mapui/staff/case.html", context, status=status)


def _by_kind(offered: dict[str, Action]) -> dict[str, list[tuple[str, Action]]]:
    """Part what is done with one press from what has a form to fill in."""
    return {
        "buttons": [(n, a) for n, a in offered.items() if not a.form],
        "forms": [(n, a) for n, a in offered.items() if a.form],
    }


def _choices(offered: dict[str, Action]) -> dict[str, Any]:
    """Ask the database only for what the forms on the page offer."""
    choices: dict[str, Any] = {}
    if "transfer" in offered:
        choices["organisations"] = organisations(on=localdate())
    if "refuse" in offered:
        choices["refusals"] = RefusalReason.objects.filter(is_active=True)
    return choices


def _claims(decision: DecisionRecord) -> list[Responsibility]:
    """Return what was weighed, strongest first."""
    weighed = Responsibility.objects.filter(pk__in=decision.responsibilities)
    return list(
        weighed.select_related("organisation", "category").order_by("-precedence")
    )


def _results(
    report: Report, attachments: list[Attachment]
) -> list[tuple[Result, list[Attachment]]]:
    """Return each result with its photos, the latest first."""
    rounds = report.results.select_related("organisation").order_by("-pk")
    return [
        (result, [each for each in attachments if each.result_id == result.pk])
        for result in rounds
    ]


def _since(report: Report, events: list[Any], seen: str) -> list[Any]:
    """Return what happened after somebody read the case at that version."""
    if not seen.isdecimal() or len(seen) > 9:
        return []
    steps = report.version - int(seen)
    return events[-steps:] if steps > 0 else []
