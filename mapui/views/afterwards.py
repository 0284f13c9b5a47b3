"""Afterwards: a follower's one press, and what who leads a unit looks into."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from incidents.afterwards import (
    TEXT_AT_MOST,
    answer_concern,
    answer_question,
    concerns_of,
    may_answer,
)
from incidents.api.throttles import Reports
from incidents.errors import IncidentError
from incidents.following import unfollow
from incidents.models import AskedFollower, Concern, Report
from incidents.permissions import Actor
from incidents.privacy import without_contacts

from .doors import for_staff
from .limits import is_allowed, wait_a_minute

ON_A_PAGE = 50
#: What is said by who wants to be asked no more.
STOP = "stop"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def is_it_done(request: HttpRequest, token: str) -> HttpResponse:
    """Ask a follower whether it is done, and keep the answer of one press.

    Only a press answers: programs that look at links in letters do not.
    """
    held = AskedFollower.objects.select_related(
        "following__report__category",
        "following__report__place",
        "following__report__current_place",
    )
    asked = get_object_or_404(held, token=token)
    mistake, status = "", HTTPStatus.OK
    if request.method == "POST":
        if not is_allowed(request, Reports):
            return wait_a_minute(redirect("mapui:is-it-done", token=token))
        said = request.POST.get("answer", "")
        try:
            if said == STOP:
                unfollow(asked.following.token, at=timezone.now())
            else:
                answer_question(token, answer=said, at=timezone.now())
        except IncidentError as error:
            mistake, status = str(error), HTTPStatus(error.status)
        else:
            return redirect("mapui:is-it-done", token=token)
    report = asked.following.report
    context = {
        "asked": asked,
        "report": report,
        "mistake": mistake,
        "is_shown": Report.objects.public().filter(pk=report.pk).exists(),
        "may_answer": may_answer(asked, report),
        "answers": AskedFollower.Answer,
    }
    return render(request, "mapui/is_it_done.html", context, status=status)


@for_staff
@require_safe
def concerns(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List what gives this person reason to look at cases that have ended."""
    return _show(request, actor)


@for_staff
@require_POST
def see_to(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Take note of one concern with what was done about it."""
    concern = get_object_or_404(concerns_of(actor), pk=number)
    text = request.POST.get("answer", "")
    try:
        answer_concern(concern, by=actor, text=text, at=timezone.now())
    except IncidentError as error:
        return _show(request, actor, failed=number, text=text, mistake=error)
    messages.success(request, _("Kept, with the history of the case."))
    return redirect("mapui:concerns")


def _show(
    request: HttpRequest,
    actor: Actor,
    *,
    failed: int = 0,
    text: str = "",
    mistake: IncidentError | None = None,
) -> HttpResponse:
    if not (actor.leads or actor.leads_shift):
        raise Http404
    told = (
        concerns_of(actor)
        .with_what_was_said()
        .select_related(
            "report__category",
            "report__place",
            "report__current_place",
            "organisation",
            "answered_by",
        )
    )
    waiting = list(told.filter(answered_at=None).order_by("raised_at")[:ON_A_PAGE])
    seen_to = told.filter(answered_at__isnull=False).order_by("-answered_at")
    context = {
        "waiting": [_told(each) for each in waiting],
        "seen_to": [_told(each) for each in seen_to[:ON_A_PAGE]],
        "failed": failed,
        "typed": text,
        "mistake": str(mistake) if mistake else "",
        "text_at_most": TEXT_AT_MOST,
    }
    status = HTTPStatus(mistake.status) if mistake else HTTPStatus.OK
    return render(request, "mapui/staff/concerns.html", context, status=status)


def _told(concern: Concern) -> Concern:
    """Blot out who can be reached in what a reporter wrote with a rating."""
    said = vars(concern)
    said["comment"] = without_contacts(said["comment"] or "")
    return concern
