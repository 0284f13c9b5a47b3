"""In charge of a shift: its page, its book, and what is done from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_default_timezone, is_naive, make_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from incidents import shifts
from incidents.errors import IncidentError
from incidents.gathering import clusters
from incidents.models import Report, SampledCase, ShiftNote, ShiftNoteReading, Storm
from incidents.permissions import Actor, visible_to

from .case import read_number
from .doors import for_staff

#: So many rows stand in each list of the page.
LATE, NOTES, MINE, GATHERING = 50, 20, 20, 8


@for_staff
@require_safe
def shift(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show who leads the shift what waits, who has what, and what is gathering."""
    if not actor.leads_shift:
        raise Http404
    return _show(request, actor)


@for_staff
@require_safe
def book(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what shifts left to one another, and what was said of one's own cases."""
    if not actor.is_desk:
        raise Http404
    readings = ShiftNoteReading.objects.select_related("by").order_by("at")
    notes = ShiftNote.objects.select_related("by").prefetch_related(
        Prefetch("readings", readings, to_attr="read_by")
    )
    shown = list(notes.order_by("-at", "-pk")[:NOTES])
    context = {
        "notes": [(note, _has_read(note, actor)) for note in shown],
        "samples": shifts.samples_of(actor.user)[:MINE],
        "actor": actor,
        "now": timezone.now(),
    }
    return render(request, "mapui/staff/shift_book.html", context)


@for_staff
@require_POST
def note(request: HttpRequest, actor: Actor, number: int = 0) -> HttpResponse:
    """Leave a note to the next shift, or say that one has read it."""
    now = timezone.now()
    try:
        if number:
            held = get_object_or_404(ShiftNote, pk=number)
            shifts.read_note(held, by=actor, at=now)
        else:
            text = request.POST.get("text", "")[:4000]
            shifts.leave_note(text=text, by=actor, at=now)
            messages.success(request, _("Left to the next shift."))
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect("mapui:shift-book")


@for_staff
@require_POST
def act(request: HttpRequest, actor: Actor, action: str) -> HttpResponse:
    """Do one of the things a shift lead does, and say what came of it."""
    does = DOES.get(action)
    if does is None or not actor.leads_shift:
        raise Http404
    try:
        messages.success(request, does(request, actor, timezone.now()))
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect("mapui:shift")


def _begin_storm(request: HttpRequest, actor: Actor, at: datetime) -> str:
    shifts.begin_storm(
        reason=request.POST.get("reason", "")[:300],
        until=_moment(request.POST.get("until", "")),
        by=actor,
        at=at,
    )
    return _("Storm mode is on. Every operator sees it on the queue and in a call.")


def _end_storm(request: HttpRequest, actor: Actor, at: datetime) -> str:
    shifts.end_storm(by=actor, at=at)
    return _("Storm mode is off.")


def _give(request: HttpRequest, actor: Actor, at: datetime) -> str:
    """Give a case to the operator that was chosen."""
    cases = Report.objects.filter(visible_to(actor))
    report = get_object_or_404(cases, public_id=request.POST.get("case", ""))
    to = request.POST.get("operator", "")
    known = to.isdecimal() and len(to) < 10
    people = shifts.operators_on(at=at)
    person = people.filter(pk=int(to)).first() if known else None
    if person is None:
        return _("Choose to whom the case goes.")
    version = read_number(request, "version")
    shifts.give_claim(report, to=person, by=actor, at=at, version=version)
    who = person.get_full_name() or person.get_username()
    return _("The case is on the screen of %(who)s.") % {"who": who}


def _draw(request: HttpRequest, actor: Actor, at: datetime) -> str:
    drawn = shifts.draw_sample(by=actor, at=at)
    return _("%(count)s cases are drawn of this shift.") % {"count": len(drawn)}


def _score(request: HttpRequest, actor: Actor, at: datetime) -> str:
    held = get_object_or_404(SampledCase, pk=max(0, read_number(request, "sample")))
    score = request.POST.get("score", "")
    shifts.score_sample(
        held,
        score=int(score) if score.isdecimal() and len(score) < 3 else None,
        note=request.POST.get("note", ""),
        by=actor,
        at=at,
    )
    return _("Kept. The operator reads it in the book of the shift.")


DOES: dict[str, Callable[[HttpRequest, Actor, datetime], str]] = {
    "bat-bao": _begin_storm,
    "tat-bao": _end_storm,
    "giao": _give,
    "boc-mau": _draw,
    "cham": _score,
}


def _show(
    request: HttpRequest, actor: Actor, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    now = timezone.now()
    during = shifts.shift_at(now)
    people = list(shifts.operators_on(at=now))
    context: dict[str, Any] = {
        "during": during,
        "ages": shifts.waiting_by_age(actor, at=now),
        "people": [(person, _is_late(person, at=now)) for person in people],
        "late": shifts.late_to_receive(actor, at=now)[:LATE],
        "storm": Storm.objects.blowing(at=now).select_related("begun_by").first(),
        "clusters": clusters(at=now)[:GATHERING],
        "samples": shifts.samples(began_at=during.began_at),
        "scores": range(1, 6),
        "actor": actor,
        "now": now,
    }
    return render(request, "mapui/staff/shift.html", context, status=status)


def _is_late(person: User, *, at: datetime) -> bool:
    """Tell whether one of an operator's calls takes longer than it should."""
    oldest: datetime | None = getattr(person, "oldest_call", None)
    most = timedelta(minutes=settings.CITY.call_minutes)
    return oldest is not None and at - oldest >= most


def _has_read(held: ShiftNote, actor: Actor) -> bool:
    readings: list[ShiftNoteReading] = getattr(held, "read_by", [])
    return any(each.by_id == actor.user.pk for each in readings)


def _moment(typed: str) -> datetime | None:
    """Read an hour as a browser sends it, in the city's own time."""
    try:
        said = parse_datetime(typed.strip())
    except ValueError:
        return None
    if said is not None and is_naive(said):
        return make_aware(said, get_default_timezone())
    return said
