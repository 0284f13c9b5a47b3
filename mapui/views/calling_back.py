"""Whom the operators call back, since no message reaches them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents import calling_back, calls
from incidents.calling_back import Ending
from incidents.errors import IncidentError
from incidents.models import CallBack, Notice
from incidents.notifications import compose
from incidents.permissions import Actor
from incidents.privacy import Reporter

from . import keys
from .doors import for_staff
from .listing import listed

#: So much is said at one call, the newest first; the rest waits for another one.
SAID_AT_MOST = 3
#: No number of a row is longer.
DIGITS = 19
ENDINGS = {
    "da-bao": Ending.TOLD,
    "khong-nghe": Ending.NOBODY,
    "sai-so": Ending.WRONG,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A call that waits, and whether one may take it on."""

    call: CallBack
    is_mine: bool
    is_held: bool  #: By somebody else.

    @property
    def about(self) -> list[Notice]:
        """What there is to tell, the newest first."""
        return list(self.call.notices.all())[::-1]


@for_staff
@require_safe
def call_backs(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List whom to call, the longest waiting first."""
    if not actor.is_desk:
        raise Http404
    now = timezone.now()
    waiting = calling_back.listed(by=actor, at=now)
    page = listed(waiting, page=request.GET.get("page"))
    context = {
        "dropped": calls.dropped_lines(by=actor),
        "rows": [_row(each, actor, at=now) for each in page.rows],
        "page": page,
        "later": 0 if page.rows else _later(now),
        "keys": keys.CALL_BACKS,
        "now": now,
    }
    return render(request, "mapui/staff/call_backs.html", context)


@for_staff
@require_safe
def call_back(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show one call: what to say, and how it went."""
    return _show(request, actor, _find(actor, number))


@for_staff
@require_POST
def act(request: HttpRequest, actor: Actor, number: int, action: str) -> HttpResponse:
    """Take a call on, show the number, or write down how it went."""
    call, now = _find(actor, number), timezone.now()
    try:
        if action == "so":
            person = calling_back.reveal(call, by=actor, at=now)
            return _show(request, actor, _find(actor, number), person=person)
        if action in ENDINGS:
            how, told = ENDINGS[action], _shown(request)
            ended = calling_back.end(call, by=actor, at=now, as_=how, told=told)
            messages.success(request, _told(ended))
            return redirect("mapui:call-backs")
        step = STEPS.get(action)
        if step is None:
            raise Http404
        step(call, by=actor, at=now)
    except IncidentError as error:
        found = _find(actor, number)
        said, status = str(error), HTTPStatus(error.status)
        return _show(request, actor, found, mistake=said, status=status)
    if action == "nhan":
        return redirect("mapui:call-back", number=number)
    return redirect("mapui:call-backs")


STEPS: dict[str, Callable[..., CallBack]] = {
    "nhan": calling_back.claim,
    "tra": calling_back.release,
}


def _show(
    request: HttpRequest,
    actor: Actor,
    call: CallBack,
    *,
    person: Reporter | None = None,
    mistake: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    row = _row(call, actor, at=now)
    context = {
        "row": row,
        "call": call,
        "report": call.contact.report,
        "language": call.contact.language,
        "told": row.about[:SAID_AT_MOST],
        "said": [compose(each)[1].strip() for each in row.about[:SAID_AT_MOST]],
        "person": person,
        "mistake": mistake,
        "is_over": call.ended_at is not None,
        "keys": keys.CALL_BACK,
        "now": now,
    }
    return render(request, "mapui/staff/call_back.html", context, status=status)


def _shown(request: HttpRequest) -> list[int]:
    """Return which notices stood before who called."""
    said = [each for each in request.POST.getlist("told") if each.isdecimal()]
    return [int(each) for each in said if len(each) < DIGITS]


def _find(actor: Actor, number: int) -> CallBack:
    if not actor.is_desk:
        raise Http404
    found = calling_back.readable(by=actor).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _row(call: CallBack, actor: Actor, *, at: datetime) -> Row:
    is_held = calling_back.is_held(call, at=at)
    is_mine = call.claimed_by_id == actor.user.pk
    return Row(call=call, is_mine=is_mine, is_held=is_held and not is_mine)


def _later(now: datetime) -> int:
    return CallBack.objects.unsettled().filter(call_from__gt=now).count()


def _told(call: CallBack) -> str:
    if call.state == CallBack.State.DONE:
        return _("Written down: told.")
    if call.state == CallBack.State.UNREACHABLE:
        return _("Written down: not reached. The case page still shows everything.")
    return _("Written down: nobody answered. The call comes back into the list later.")
