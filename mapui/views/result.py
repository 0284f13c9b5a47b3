"""What was done, told on one screen: outcome, photo, words, sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from incidents.deadlines import read_calendar
from incidents.errors import IncidentError
from incidents.media import look_into
from incidents.models import Approval, Attachment, ReplyTemplate, Report
from incidents.permissions import Actor, Side
from incidents.replies import words_for
from incidents.resolution import file_result
from incidents.sendings import Done
from incidents.workflow import open_steps

from .asking import Asked, ResultForm
from .case import blame, read_number
from .doors import find_case, for_staff
from .panel import FILED_FROM, Failure
from .picking import with_words
from .remaining import remaining
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

NAME = "result"


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def result(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Ask what was done; file it, whether or not the case was acknowledged before."""
    sent = read_sent(request, sender=sender_of(actor), step=f"{public_id} {NAME}")
    if known := answered_before(sent):
        return _done(request, actor, *known)
    report = find_case(actor, public_id)
    form: Asked
    if request.method != "POST":
        if not _may_file(report, actor):
            return redirect("mapui:staff-case", public_id=public_id)
        form = ResultForm(report=report, auto_id=f"{NAME}-%s")
        return _show(request, report, form)
    if "pick" in request.POST:
        purpose = ReplyTemplate.Purpose.RESULT
        form = with_words(request, ResultForm, report, purpose, name=NAME)
        return _show(request, report, form)
    form = ResultForm(request.POST, request.FILES, report=report, auto_id=f"{NAME}-%s")
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            done = carry_out(
                sent,
                lambda: _file(request, report, actor, form),
                report=report,
                said=_said,
            )
        except IncidentError as error:
            status = HTTPStatus(error.status)
            blame(form, error)
        else:
            return _done(request, actor, report, done)
    if wants_data(request):
        fresh = find_case(actor, public_id)
        return answer_refused(request, form, report=fresh, status=status)
    failure = Failure(name=NAME, form=form, had_files=bool(request.FILES))
    # What is refused for its version is shown anew: what was typed may be sent again.
    report = find_case(actor, public_id)
    return _show(request, report, form, failure=failure, status=status)


def _file(request: HttpRequest, report: Report, actor: Actor, form: Asked) -> Report:
    said: dict[str, Any] = dict(form.cleaned_data)
    return file_result(
        report,
        by=actor,
        at=timezone.now(),
        version=read_number(request, "version"),
        uploads=look_into(said.pop("attachments")),
        **said,
    )


def _done(
    request: HttpRequest, actor: Actor, report: Report, done: Done
) -> HttpResponse:
    """Lead back to the list; a script that followed would say unseen what was done."""
    if sent_by(request) != OUTBOX:
        messages.success(request, done.answer["said"])
    own = {report.organisation_id, report.subunit_id} & actor.units
    way = reverse("mapui:unit" if own else "mapui:workbench")
    return answer_done(done, way=way) if sent_by(request) else redirect(way)


def _may_file(report: Report, actor: Actor) -> bool:
    sides = actor.sides(report)
    return bool(sides & {Side.UNIT, Side.PART}) and bool(
        FILED_FROM & set(open_steps(report, sides))
    )


def _said(report: Report) -> str:
    if report.resolved_at is not None:
        return _("Result published. The reporter is told.")
    if report.approval == Approval.LEADER:
        return _("Result filed. The unit's leader approves it first.")
    return _("Result filed. An approver looks at it before the reporter is told.")


def _show(
    request: HttpRequest,
    report: Report,
    form: Asked,
    *,
    failure: Failure | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    clock = report.clocks.filter(stopped_at=None).order_by("-party").first()
    photos = report.attachments.told().filter(
        kind=Attachment.Kind.PHOTO,
        state=Attachment.State.READY,
    )
    bytes_at_most = settings.ATTACHMENT_BYTES_AT_MOST
    context: dict[str, Any] = {
        "report": report,
        "form": form,
        "failure": failure,
        "words": words_for(report, ReplyTemplate.Purpose.RESULT),
        "photo": photos.order_by("pk").first(),
        "clock": clock and remaining(clock.due_at, at=now, calendar=read_calendar()),
        "files_at_most": settings.ATTACHMENTS_AT_MOST,
        "bytes_at_most": bytes_at_most,
        "megabytes_at_most": bytes_at_most // 2**20,
    }
    return render(request, "mapui/staff/result.html", context, status=status)
