"""The page of a case, and every step that is taken from it."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from incidents.contacting import ask_for_contact, open_reporter, reachable
from incidents.errors import IncidentError
from incidents.models import Attachment, ContactRequest, RefusalReason, Report
from incidents.permissions import Actor, visible_to
from incidents.privacy import Reporter
from incidents.publishing import approve_photo
from incidents.sendings import Done
from mapui.templatetags.staff import person

from . import keys
from .action import Action
from .agreement import agreement_of
from .asking import Asked, ContactForm, guidance
from .beside_case import mark_seen_before, offered_to
from .casework import gather
from .choices import organisations
from .city_map import first_view, map_words
from .desk import holds
from .doors import find_case, for_staff
from .panel import Failure, Panel, panel_of
from .picking import with_words
from .sent import (
    OUTBOX,
    answer_done,
    answer_refused,
    answered_before,
    carry_out,
    read_sent,
    sender_of,
    sent_by,
    wants_data,
)
from .steps import ACTIONS, perform

CONTACT = "contact"


@for_staff
@require_safe
def case(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Show everything about one case, and what this person may do with it now."""
    return _show(request, actor, find_case(actor, public_id))


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def act(
    request: HttpRequest, actor: Actor, public_id: str, action: str
) -> HttpResponse:
    """Take one step on the case as it was seen; say what comes next, or what failed."""
    chosen = ACTIONS.get(action)
    if chosen is None:
        raise Http404
    sent = read_sent(request, sender=sender_of(actor), step=f"{public_id} {action}")
    if known := answered_before(sent):
        return _done(request, actor, known[0], chosen, known[1])
    report = find_case(actor, public_id)
    if request.method != "POST":
        return redirect("mapui:staff-case", public_id=public_id)
    if "pick" in request.POST and chosen.words is not None:
        picked = with_words(
            request, chosen.form, report, chosen.words, name=chosen.name
        )
        failure = Failure(name=chosen.name, form=picked)
        return _show(request, actor, report, failure=failure)
    form = _form(request, chosen.form, report, name=chosen.name)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            done = carry_out(
                sent,
                lambda: perform(
                    chosen,
                    report,
                    by=actor,
                    at=timezone.now(),
                    version=read_number(request, "version"),
                    said=form.cleaned_data,
                ),
                report=report,
                said=lambda _: str(chosen.done),
            )
        except IncidentError as error:
            status = HTTPStatus(error.status)
            blame(form, error)
        else:
            return _done(request, actor, report, chosen, done)
    failure = Failure(name=chosen.name, form=form, had_files=bool(request.FILES))
    report = find_case(actor, public_id)
    if wants_data(request):
        return answer_refused(request, form, report=report, status=status)
    return _show(request, actor, report, failure=failure, status=status)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Show who reported to someone who says why, or ask the desk to let a unit see it.

    It is shown once and never kept.
    """
    report = find_case(actor, public_id)
    if request.method != "POST":
        return redirect("mapui:staff-case", public_id=public_id)
    form = _form(request, ContactForm, report, name=CONTACT)
    status, reporter = HTTPStatus.UNPROCESSABLE_ENTITY, None
    if form.is_valid():
        why, now = form.cleaned_data["why"], timezone.now()
        try:
            if request.POST.get("do") == "ask":
                asked = ask_for_contact(report, by=actor, at=now, why=why)
                messages.success(request, _asked_for(asked))
                return redirect("mapui:staff-case", public_id=public_id)
            reporter = open_reporter(report, by=actor, at=now, why=why)
            status = HTTPStatus.OK
        except IncidentError as error:
            status = HTTPStatus(error.status)
            blame(form, error)
    if reporter is None and wants_data(request):
        return answer_refused(request, form, report=report, status=status)
    failure = None if reporter else Failure(name=CONTACT, form=form)
    return _show(
        request, actor, report, failure=failure, reporter=reporter, status=status
    )


@for_staff
@require_POST
def show_photo(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Let strangers see a photo that its reporter sent."""
    cases = Report.objects.filter(visible_to(actor))
    photo = get_object_or_404(
        Attachment.objects.select_related("report"),
        public_id=public_id,
        report__in=cases.values("pk"),
    )
    try:
        approve_photo(photo, by=actor, at=timezone.now())
    except IncidentError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Anyone may see this photo now."))
    return redirect("mapui:staff-case", public_id=photo.report.public_id)


def _done(
    request: HttpRequest, actor: Actor, report: Report, action: Action, done: Done
) -> HttpResponse:
    """Say what comes next: in the queue where it was done there, else on the case.

    Who sees the case no more is led to where they work.
    """
    if sent_by(request) != OUTBOX:
        messages.success(request, str(action.done))
    way = reverse("mapui:staff-case", args=[report.public_id])
    if tab := request.POST.get("back"):
        way = f"{reverse('mapui:queue')}?{urlencode({'tab': tab})}"
    elif not Report.objects.filter(visible_to(actor), pk=report.pk).exists():
        way = reverse("mapui:workbench")
    return answer_done(done, way=way) if sent_by(request) else redirect(way)


def _form(
    request: HttpRequest, kind: type[Asked], report: Report, *, name: str
) -> Asked:
    return kind(request.POST, request.FILES, report=report, auto_id=f"{name}-%s")


def read_number(request: HttpRequest, name: str) -> int:
    """Return a number that the page was drawn with; one that was not said is none."""
    seen = request.POST.get(name, "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else -1


def blame(form: Asked, error: IncidentError) -> None:
    """Put what was refused beside the field it belongs to, if it belongs to one."""
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _show(
    request: HttpRequest,
    actor: Actor,
    report: Report,
    *,
    failure: Failure | None = None,
    reporter: Reporter | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    gathered = gather(report, actor, at=now)
    mark_seen_before(gathered.attachments, actor)
    panel = panel_of(gathered, actor, at=now, failure=failure)
    point = report.point
    context: dict[str, Any] = {
        "case": gathered,
        "agreed": agreement_of(report, actor, at=now),
        "report": report,
        "panel": panel,
        "actor": actor,
        "now": now,
        "failure": failure,
        "holder": _holder(report, actor, at=now),
        "keys": keys.CASE,
        "changes": gathered.changes_since(read_number(request, "seen"))
        if failure
        else [],
        "lat": f"{point.y:.6f}" if point else "",
        "lon": f"{point.x:.6f}" if point else "",
        "map_words": map_words(),
        "view": first_view(),
        "incidents": offered_to(report, actor, at=now),
        "has_contact": hasattr(report, "contact"),
        "reachable": reachable(report, by=actor, at=now),
        "contact_form": _contact_form(report, failure),
        "reporter": reporter,
    }
    return render(
        request,
        "mapui/staff/case.html",
        context | _lists(panel, report),
        status=status,
    )


def _asked_for(asked: ContactRequest) -> str:
    """Say what came of asking for a contact."""
    if asked.answer:
        return _(
            "Granted at once by the city's rule. Open the contact when you need it."
        )
    return _("Asked. The operators answer; you find the answer on this page.")


def _holder(report: Report, actor: Actor, *, at: datetime) -> str:
    """Name the operator who has the case on the screen, to those at the desk."""
    if not actor.is_desk or not holds(report, at=at) or report.claimed_by is None:
        return ""
    if report.claimed_by == actor.user:
        return _("You have it")
    return person(report.claimed_by)


def _contact_form(report: Report, failure: Failure | None) -> Asked:
    if failure is not None and failure.name == CONTACT:
        return failure.form
    return ContactForm(report=report, auto_id=f"{CONTACT}-%s")


def _lists(panel: Panel, report: Report) -> dict[str, Any]:
    """Read what the forms on offer choose from, and only that."""
    offered = {each.action.name for each in panel.offers}
    lists: dict[str, Any] = {}
    if panel.transfer is not None or "arbitrate" in offered:
        lists["units"] = organisations(on=localdate())
    if "refuse" in offered:
        reasons = RefusalReason.objects.filter(is_active=True)
        lists["guides"] = {each.code: guidance(each, report) for each in reasons}
    return lists
