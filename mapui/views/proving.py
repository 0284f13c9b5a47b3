"""Who has proven a contact by a one-time code, and the two pages on which one does."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from incidents import proof
from incidents.errors import AskedTooOften, IncidentError

from .limits import Proofs, is_allowed, wait_a_minute

#: How long a proof lasts; then the code is asked for again.
LASTS = timedelta(minutes=30)
#: What a session holds: the proof, the code that is awaited, where to go then.
PROVEN, ASKED, THEN = "proven", "proof_asked", "proof_then"


def proven_index(request: HttpRequest, *, at: datetime) -> str:
    """Return the blind index of the contact this browser has proven, or nothing."""
    held = request.session.get(PROVEN)
    if not held or at >= datetime.fromisoformat(held["until"]):
        return ""
    return str(held["index"])


def ask_to_prove(request: HttpRequest, *, then: str) -> HttpResponse:
    """Have a contact proven first, and come back to `then`."""
    request.session[THEN] = then
    _end_soon(request)
    return redirect("mapui:prove")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for the contact, and have six digits sent to it if that can be done.

    The answer is the same whether we know the contact or not.
    """
    if request.method != "POST":
        return _show_contact(request)
    typed = request.POST.get("contact", "")[:254]
    if not is_allowed(request, Proofs):
        return wait_a_minute(
            _show_contact(
                request,
                typed=typed,
                mistake=_("Too many tries from your network. Wait a minute."),
                status=HTTPStatus.TOO_MANY_REQUESTS,
            )
        )
    try:
        way = proof.read_way(typed)
    except IncidentError as error:
        return _show_contact(
            request, typed=typed, mistake=str(error), status=error.status
        )
    if not way.can_be_sent_to:
        return _show_contact(request, typed=typed, is_phone=True)
    return _send(request, way, typed=typed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove_code(request: HttpRequest) -> HttpResponse:
    """Take the six digits; whoever types them right is who the contact belongs to."""
    now = timezone.now()
    asked = int(request.session.get(ASKED, 0))  # No row has this number.
    awaited = proof.awaited(asked, at=now)
    if request.method != "POST":
        return _show_code(request, awaited) if awaited else redirect("mapui:prove")
    if not is_allowed(request, Proofs):
        said = _("Too many tries from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        page = _show_code(request, awaited, mistake=said, status=status)
        return wait_a_minute(page)
    if "again" in request.POST and awaited:
        return _send(request, awaited.way, typed=awaited.way.contact)
    try:
        index = proof.prove(asked, request.POST.get("digits", ""), at=now)
    except IncidentError as error:
        awaited = proof.awaited(asked, at=now)
        return _show_code(request, awaited, mistake=str(error), status=error.status)
    # Whoever knew the session's name before must not come along.
    request.session.cycle_key()
    request.session.pop(ASKED, None)
    request.session[PROVEN] = {"index": index, "until": (now + LASTS).isoformat()}
    _end_soon(request)
    return redirect(request.session.pop(THEN, None) or "mapui:mine")


@never_cache
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """End the proof on this device, before its time is over."""
    for name in (PROVEN, ASKED, THEN):
        request.session.pop(name, None)
    return redirect("mapui:lookup")


def _send(request: HttpRequest, way: proof.Way, *, typed: str) -> HttpResponse:
    """Ask for a code, remember which one, and go where it is typed in."""
    now = timezone.now()
    try:
        language = get_language() or settings.LANGUAGE_CODE
        code = proof.ask(way, language=language, at=now)
    except AskedTooOften as error:
        again_at = date_format(localtime(error.again_at), "H:i")
        said = _("%(why)s You can ask for the next one at %(time)s.")
        mistake = said % {"why": error, "time": again_at}
        page = _show_contact(request, typed=typed, mistake=mistake, status=error.status)
        page["Retry-After"] = str(ceil((error.again_at - now).total_seconds()))
        return page
    request.session[ASKED] = code.pk
    _end_soon(request)
    return redirect("mapui:prove-code")


def _end_soon(request: HttpRequest) -> None:
    """Let the session of who has no account end with the proof it is there for."""
    if not request.user.is_authenticated:
        request.session.set_expiry(LASTS)


def _show_contact(
    request: HttpRequest,
    *,
    typed: str = "",
    mistake: str = "",
    is_phone: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "typed": typed,
        "mistake": mistake,
        "is_phone": is_phone,
        "sends_texts": settings.SMS.is_on,
        "is_for_case": request.session.get(THEN, "").startswith("/tra-cuu/"),
        "is_of_another": bool(proven_index(request, at=timezone.now())),
    }
    return render(request, "mapui/prove.html", context, status=status)


def _show_code(
    request: HttpRequest,
    awaited: proof.Awaited | None,
    *,
    mistake: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "awaited": awaited,
        "mistake": mistake,
        "minutes": proof.LIVES // timedelta(minutes=1),
        "digits": proof.DIGITS,
    }
    return render(request, "mapui/prove_code.html", context, status=status)
