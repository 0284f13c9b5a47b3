"""A crew's job: what and where, for who has the link; told back by the same link."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.api.fields import Reads
from incidents import crews
from incidents.api.media import own_photo
from incidents.deadlines import read_calendar
from incidents.errors import IncidentError, NoSuchLink
from incidents.media import look_into
from incidents.models import CrewLink, Report, Result
from incidents.sendings import Done, Sent

from .asking import LONG, Files, TextForm, Words
from .case import blame
from .city_map import map_words
from .limits import Proofs, is_allowed, wait_a_minute
from .remaining import remaining
from .sent import (
    OUTBOX,
    answer_done,
    answer_refused,
    answered_before,
    carry_out,
    read_sent,
    sent_by,
)

PROGRESS, DONE = "progress", "done"


class ProgressForm(TextForm):
    """How it goes."""

    text = Words(
        label=gettext_lazy("How does it go?"),
        help_text=gettext_lazy("The unit reads it."),
        rows=3,
        most=LONG,
    )


class DoneForm(TextForm):
    """What the crew did, and how one sees it."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[(each.value, each.label) for each in crews.OUTCOMES],
        required=False,
        widget=forms.RadioSelect,
    )
    attachments = Files(label=gettext_lazy("Photos of the work done"))
    no_photo_because = Words(label=gettext_lazy("No photo, because"))
    text = Words(
        label=gettext_lazy("What was done"),
        help_text=gettext_lazy("The unit checks it. Name nobody."),
        rows=4,
        most=LONG,
    )
    field_order = ("outcome", "attachments", "no_photo_because", "text")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: HttpRequest, token: str) -> HttpResponse:
    """Show the job of a link, and take what its crew tells of it."""
    if not is_allowed(request, Proofs):
        answer = HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS)
        return wait_a_minute(answer)
    link, now = _open(token), timezone.now()
    is_done = request.POST.get("step") == DONE
    step = DONE if is_done else PROGRESS
    sent = read_sent(request, sender=f"crew {link.pk}", step=step)
    if known := answered_before(sent):
        return _answer(request, token, known[1])
    if not crews.is_open(link, at=now):
        return render(request, "mapui/crew_over.html", {"link": link}, status=410)
    if request.method != "POST":
        return _show(request, token, link)
    kind = DoneForm if is_done else ProgressForm
    form = kind(request.POST, request.FILES, report=link.report, auto_id=f"{step}-%s")
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            done = _carry_out(sent, link, form, is_done=is_done)
        except IncidentError as error:
            status = error.status
            blame(form, error)
        else:
            return _answer(request, token, done)
    if sent_by(request) == OUTBOX:
        # What staff did meanwhile is not the crew's to read.
        return answer_refused(request, form, report=None, status=status)
    return _show(request, token, _open(token), failed=(step, form), status=status)


@never_cache
@require_safe
def me(request: HttpRequest, token: str) -> HttpResponse:
    """Tell by which name this link's outbox goes, and the token of its forms."""
    link = _open(token)
    return JsonResponse({"who": outbox_name(link), "token": get_token(request)})


@never_cache
@require_safe
def photo(request: HttpRequest, token: str, file_id: str) -> FileResponse:
    """Show a photo that the unit lets this crew see."""
    if not is_allowed(request, Reads):
        raise Http404
    link = _open(token)
    if not crews.is_open(link, at=timezone.now()):
        raise Http404
    shown = link.photos.filter(public_id=file_id).first()
    if shown is None:
        raise Http404
    return own_photo(shown)


def outbox_name(link: CrewLink) -> str:
    """Return what a crew's things go by on its device."""
    return f"crew-{bytes(link.token_digest).hex()[:16]}"


def _open(token: str) -> CrewLink:
    """Find a link by its secret; a wrong secret is any address that leads nowhere."""
    try:
        return crews.open_link(token, at=timezone.now())
    except NoSuchLink:
        raise Http404 from None


def _carry_out(sent: Sent | None, link: CrewLink, form: Any, *, is_done: bool) -> Done:
    said: dict[str, Any] = dict(form.cleaned_data)

    def report_it() -> Report:
        if not is_done:
            return crews.tell_progress(link, at=timezone.now(), **said)
        uploads = look_into(said.pop("attachments"))
        return crews.report_done(link, uploads=uploads, at=timezone.now(), **said)

    words = (
        _("Thank you. The unit looks at it; this link is used up.")
        if is_done
        else _("Thank you. The unit reads it.")
    )
    return carry_out(sent, report_it, report=link.report, said=lambda _: words)


def _answer(request: HttpRequest, token: str, done: Done) -> HttpResponse:
    if sent_by(request) != OUTBOX:
        messages.success(request, done.answer["said"])
    way = reverse("mapui:crew-job", args=[token])
    return answer_done(done, way=way) if sent_by(request) else redirect(way)


def _show(
    request: HttpRequest,
    token: str,
    link: CrewLink,
    *,
    failed: tuple[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    report, now = link.report, timezone.now()
    clock = report.clocks.filter(stopped_at=None).order_by("-party").first()
    forms_ = {
        PROGRESS: ProgressForm(report=report, auto_id=f"{PROGRESS}-%s"),
        DONE: DoneForm(report=report, auto_id=f"{DONE}-%s"),
    }
    if failed is not None:
        forms_[failed[0]] = failed[1]
    bytes_at_most = settings.ATTACHMENT_BYTES_AT_MOST
    point = report.point
    context: dict[str, Any] = {
        "link": link,
        "report": report,
        "token": token,
        "who": outbox_name(link),
        "failed": failed and failed[0],
        "progress": forms_[PROGRESS],
        "done": forms_[DONE],
        "is_done": hasattr(link, "result"),
        "photos": list(link.photos.order_by("pk")),
        "clock": clock and remaining(clock.due_at, at=now, calendar=read_calendar()),
        "lat": f"{point.y:.6f}" if point else "",
        "lon": f"{point.x:.6f}" if point else "",
        "map_words": map_words(),
        "files_at_most": settings.ATTACHMENTS_AT_MOST,
        "bytes_at_most": bytes_at_most,
        "megabytes_at_most": bytes_at_most // 2**20,
        "outcomes": Result.Outcome,
    }
    return render(request, "mapui/crew_job.html", context, status=status)
