"""A case looked up by its code: who has it, what comes next, and by when."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from math import ceil
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.api.fields import Reads
from incidents.api.cases import Looked
from incidents.api.looking_up import TooManyGuesses, look_up
from incidents.models import Attachment
from incidents.models.lookup_code import read_code
from incidents.privacy import without_contacts

from .limits import is_allowed, wait_a_minute
from .proving import proven_index
from .situation import situation_of, timeline_of

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
#: The stations of a case that a citizen sees, in their order.
TRACK = ("waiting", "in_progress", "done")


def for_codes(view: Callable[P, R]) -> Callable[P, R | HttpResponse]:
    """Say to who tries one code after the other that it is enough for now."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | HttpResponse:
        try:
            return view(*args, **kwargs)
        except TooManyGuesses as error:
            request = args[0]
            if not isinstance(request, HttpRequest):
                raise
            page = _refused(request, str(error))
            page["Retry-After"] = str(
                max(1, ceil((error.again_at - timezone.now()).total_seconds()))
            )
            return page

    return guarded


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_codes
def lookup(request: HttpRequest) -> HttpResponse:
    """Ask for a code and lead to its case."""
    if request.method != "POST":
        return render(request, "mapui/lookup.html")
    typed = request.POST.get("code", "").strip()
    if not is_allowed(request, Reads):
        return too_often(request)
    if not typed:
        mistake = {"mistake": _("Type the code of your report.")}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "mapui/lookup.html", mistake, status=status)
    known = _read_typed(typed) or ""
    if look_up(request, known, at=timezone.now()):
        return redirect("mapui:case", code=known)
    return unknown(request, typed)


def _read_typed(typed: str) -> str | None:
    """Read a code, or the whole address of a case as a QR code holds it."""
    parts = reversed(urlsplit(typed).path.split("/"))
    return next(filter(None, map(read_code, parts)), None)


@never_cache
@require_safe
@for_codes
def case(request: HttpRequest, code: str) -> HttpResponse:
    """Show the case to whoever has its code; unknown and mistyped answer alike."""
    if not is_allowed(request, Reads):
        return too_often(request)
    now = timezone.now()
    proven = proven_index(request, at=now)
    found = look_up(request, code, at=now, proven=proven)
    if found is None:
        return unknown(request, code)
    situation = situation_of(found, at=now)
    context = {
        "case": found,
        "situation": situation,
        "timeline": timeline_of(found, situation.told),
        "track": _track(found),
        "before": photos_before(found),
        "refusal_text": without_contacts(found.worked.refusal_text),
    }
    return render(request, "mapui/case.html", context)


@never_cache
@require_safe
def short(request: HttpRequest, code: str) -> HttpResponse:
    """Lead on from the short address in a text message; nothing is looked up yet."""
    known = read_code(code)
    return redirect("mapui:case", code=known) if known else unknown(request, code)


def photos_before(found: Looked) -> list[Attachment]:
    """Return what the reporter sent: what strangers may see, or all if it is theirs."""
    photos = Attachment.objects.told().filter(
        report=found.report,
        kind=Attachment.Kind.PHOTO,
        state=Attachment.State.READY,
    )
    if not found.is_own:
        photos = photos.public()
    return list(photos.order_by("pk"))


def _track(found: Looked) -> list[tuple[str, str]]:
    """Return each station with whether it is past, now or still to come."""
    group = found.status_group
    if group not in TRACK:
        return [(TRACK[0], "past"), (group, "now")]
    here = TRACK.index(group)
    done = group == TRACK[-1]
    return [
        (name, "past" if turn < here or (done and turn == here) else "now")
        if turn <= here
        else (name, "")
        for turn, name in enumerate(TRACK)
    ]


def unknown(request: HttpRequest, typed: str) -> HttpResponse:
    """Say that no report has this code; mistyped and withdrawn ones read alike."""
    context = {
        "typed": typed,
        "mistake": _("We find no report with this code."),
        "advice": _(
            "Look at the message we sent you, or at the page you got when you sent "
            "the report. Letter case, spaces and hyphens do not matter."
        ),
    }
    return render(request, "mapui/lookup.html", context, status=HTTPStatus.NOT_FOUND)


def too_often(request: HttpRequest) -> HttpResponse:
    """Let nobody try codes until one fits."""
    said = _("Too many tries from your network. Wait a minute.")
    return wait_a_minute(_refused(request, said))


def _refused(request: HttpRequest, mistake: str) -> HttpResponse:
    status = HTTPStatus.TOO_MANY_REQUESTS
    return render(request, "mapui/lookup.html", {"mistake": mistake}, status=status)
