"""A case looked up by its code: who has it, what comes next, and by when."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.api.fields import Reads
from incidents.api.cases import Looked, gather
from incidents.models import Attachment
from incidents.models.lookup_code import read_code
from incidents.privacy import without_contacts

from .limits import is_allowed, wait_a_minute
from .proving import proven_index
from .situation import situation_of, timeline_of

#: The stations of a case that a citizen sees, in their order.
TRACK = ("waiting", "in_progress", "done")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
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
    known = _read_typed(typed)
    if known and gather(known, at=timezone.now()):
        return redirect("mapui:case", code=known)
    return unknown(request, typed)


def _read_typed(typed: str) -> str | None:
    """Read a code, or the whole address of a case as a QR code holds it."""
    parts = reversed(urlsplit(typed).path.split("/"))
    return next(filter(None, map(read_code, parts)), None)


@never_cache
@require_safe
def case(request: HttpRequest, code: str) -> HttpResponse:
    """Show the case to whoever has its code; unknown and mistyped answer alike."""
    if not is_allowed(request, Reads):
        return too_often(request)
    known, now = read_code(code), timezone.now()
    proven = proven_index(request, at=now)
    found = known and gather(known, at=now, proven=proven)
    if not found:
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
        photos = photos.filter(approved_at__isnull=False)
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
    context = {"mistake": _("Too many tries from your network. Wait a minute.")}
    status = HTTPStatus.TOO_MANY_REQUESTS
    page = render(request, "mapui/lookup.html", context, status=status)
    return wait_a_minute(page)
