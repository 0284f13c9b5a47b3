"""The operator's page for a call: one screen, from the ring to the unit."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from gis_data.geocoding import geocoder_of_city
from incidents import calls
from incidents.errors import IncidentError
from incidents.models import (
    Article,
    Channel,
    Clock,
    Event,
    Following,
    Report,
    Status,
    Storm,
)
from incidents.permissions import Actor, visible_to
from incidents.privacy import number_as_said, number_of
from mapui.templatetags.city import emergency_numbers

from . import keys
from .call_beside import beside_of, earlier_of
from .call_form import CallForm
from .choices import branches, organisations, wards
from .city_map import first_view, map_words
from .doors import for_staff

LONGEST_ID = 64
#: The number that is being called needs no putting through to.
OURS = settings.CODE_PREFIX

#: What a session holds of the call that rang last: which, and when.
RINGING = "ringing"

View = Callable[..., HttpResponse]


def for_the_desk(view: View) -> Callable[..., HttpResponseBase]:
    """Let operators in; a call has a name that its draft and its report can bear."""

    def guarded(request: HttpRequest, actor: Actor, /, **named: str) -> HttpResponse:
        if not actor.is_desk:
            return redirect("mapui:workbench")
        if len(named.get("client_id", "")) > LONGEST_ID:
            raise Http404
        return view(request, actor, **named)

    return for_staff(guarded)


@for_the_desk
@require_safe
def ring(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open a call for the number that rings, or the one it left unfinished.

    The number goes into a sealed draft and not into the address of the page.
    """
    typed = request.GET.get("phone", "").strip()[:32]
    number = number_of(typed)
    found = calls.draft_of_number(number, by=actor) if number else None
    client_id = found.client_id if found else secrets.token_urlsafe(18)
    now = timezone.now()
    if not found:  # Nothing may be typed for a while, and the time runs.
        request.session[RINGING] = {"call": client_id, "at": now.isoformat()}
    if typed and not found:
        said = {"phone": number_as_said(number) if number else typed}
        calls.keep_draft(client_id=client_id, said=said, by=actor, at=now)
    return redirect("mapui:call-page", client_id=client_id)


@for_the_desk
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: HttpRequest, actor: Actor, client_id: str) -> HttpResponse:
    """Show a call as far as it is typed; file it, add it to a case, or drop it."""
    if request.method != "POST":
        if Report.objects.sent_as(client_id, channel=Channel.HOTLINE).exists():
            return redirect("mapui:call-done", client_id=client_id)
        draft = calls.find_draft(client_id, by=actor)
        form = CallForm(typed=draft.said if draft else {})
        started_at = draft.started_at if draft else None
        return _show(request, actor, form, client_id=client_id, started_at=started_at)
    if request.POST.get("do") == "discard":
        calls.discard_draft(client_id=client_id, by=actor)
        messages.success(request, _("The call was dropped; nothing of it is kept."))
        return redirect("mapui:queue")
    form, now = CallForm.of(request.POST), timezone.now()
    if used := request.POST.get("use"):
        article = Article.objects.told(on=localdate(now)).filter(code=used).first()
        form = form.begun_from(article) if article else form
    _keep(request, actor, form, client_id=client_id, at=now)
    if request.POST.get("do") == "dropped":
        if calls.drop_line(client_id=client_id, by=actor, at=now):
            messages.success(request, _("The number is on the call-back list."))
            return redirect("mapui:queue")
        form.refuse("phone", _("Type the number, so that somebody can call back."))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(request, actor, form, client_id=client_id, status=status)
    if used or request.POST.get("do") == "look":
        return redirect("mapui:call-page", client_id=client_id)
    done = _join if request.POST.get("join") else WAYS[_pressed(request)]
    if done(request, actor, form, client_id=client_id, at=now):
        return redirect("mapui:call-done", client_id=client_id)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, actor, form, client_id=client_id, status=status)


@for_staff
@require_POST
def again(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Take up a call that broke off, to call its number back."""
    if not actor.is_desk:
        return redirect("mapui:workbench")
    client_id = calls.call_again(number, by=actor, at=timezone.now())
    if client_id is None:
        messages.warning(request, _("Somebody else has taken this call up."))
        return redirect("mapui:call-backs")
    return redirect("mapui:call-page", client_id=client_id)


@for_the_desk
@require_POST
def look(request: HttpRequest, actor: Actor, client_id: str) -> HttpResponse:
    """Keep what is typed so far; tell who would get it, and what is alike nearby."""
    form, now = CallForm.of(request.POST), timezone.now()
    _keep(request, actor, form, client_id=client_id, at=now)
    context = {"actor": actor, "beside": beside_of(form, actor, at=now), "now": now}
    return render(request, "mapui/staff/_call_beside.html", context)


@for_the_desk
@require_POST
def caller(request: HttpRequest, actor: Actor, client_id: str) -> HttpResponse:
    """Tell what this number or e-mail reported before; that one looked is kept."""
    now = timezone.now()
    earlier = earlier_of(CallForm.of(request.POST).typed, actor, at=now)
    context = {"earlier": earlier, "now": now}
    return render(request, "mapui/staff/_call_earlier.html", context)


@for_the_desk
@require_safe
def done(request: HttpRequest, actor: Actor, client_id: str) -> HttpResponse:
    """Tell what to say to the caller: the code, who has it, by when they hear."""
    filed = Report.objects.sent_as(client_id, channel=Channel.HOTLINE)
    report = filed.with_its_ward().first()
    following = None
    if report is None:
        followed = Following.objects.select_related("report__category")
        following = followed.filter(client_id=client_id, ended_at=None).first()
        if following is None:
            return redirect("mapui:call-page", client_id=client_id)
        report = following.report
    context = {
        "report": report,
        "following": following,
        "clock": report.clocks.get(party=Clock.Party.CITIZEN),
        "transfer": report.transfers.order_by("pk").first(),
        "spoken": spelled(report.code),
        "answer": _answer_of(report) if report.status == Status.ANSWERED else "",
        "asks_location": report.location_links.filter(used_at=None).exists(),
        "keys": keys.DONE,
        "actor": actor,
    }
    return render(request, "mapui/staff/call_done.html", context)


def _answer_of(report: Report) -> str:
    """Return what a question was answered, to be read to who asked."""
    answered = report.events.filter(code=Event.Code.ANSWERED)
    return answered.values_list("note__text", flat=True).last() or ""


def spelled(code: str) -> list[str]:
    """Return a code in groups of at most four signs, to be read aloud one by one."""
    groups = []
    for part in code.split("-"):
        size = 2 if len(part) == 6 and part.isdigit() else 3 if len(part) == 6 else 4
        groups += [part[at : at + size] for at in range(0, len(part), size)]
    return groups


def _keep(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    client_id: str,
    at: datetime,
) -> None:
    """Keep what is typed so far, with when it rang."""
    calls.keep_draft(
        client_id=client_id,
        said=form.worth_keeping,
        by=actor,
        at=at,
        started_at=_rang_at(request, client_id),
    )


def _rang_at(request: HttpRequest, client_id: str) -> datetime | None:
    """Return when a call rang of which nothing was typed yet."""
    rang = request.session.get(RINGING, {})
    if rang.get("call") != client_id:
        return None
    return datetime.fromisoformat(rang["at"])


@contextmanager
def refused_on(form: CallForm) -> Iterator[None]:
    """Say on the form why a step was refused, beside the field that it is about."""
    try:
        yield
    except IncidentError as error:
        form.refuse(error.field or "form", str(error))


def _file(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    client_id: str,
    at: datetime,
) -> bool:
    """File what was told, and send it onward where that was pressed."""
    unit = form.other_unit()
    telling = form.telling(client_id=client_id)
    if telling is None or form.errors:
        return False
    onward = request.POST.get("do") != "keep"
    with refused_on(form):
        calls.take_call(
            telling,
            by=actor,
            at=at,
            onward=onward,
            to=unit if onward else None,
            reason=form.reason,
        )
    return not form.errors


def _end(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    client_id: str,
    at: datetime,
) -> bool:
    """File what was told and end it: answered, thanked, or put through."""
    how = calls.Ending(_pressed(request))
    telling = form.telling(client_id=client_id, later=True)
    if telling is None:
        return False
    with refused_on(form):
        calls.end_call(
            telling,
            how=how,
            by=actor,
            at=at,
            answer=form.answer,
            article=form.article(),
        )
    return not form.errors


def _ask(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    client_id: str,
    at: datetime,
) -> bool:
    """File what was told, and have the caller show the place by a link."""
    telling = form.telling(client_id=client_id, later=True)
    if telling is None:
        return False
    with refused_on(form):
        calls.take_and_ask(telling, by=actor, at=at)
    return not form.errors


#: What each button of the page does with the call; any other sends it onward.
WAYS = {"": _file, "location": _ask} | {ending.value: _end for ending in calls.Ending}


def _pressed(request: HttpRequest) -> str:
    pressed = request.POST.get("do", "")
    return pressed if pressed in WAYS else ""


def _join(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    client_id: str,
    at: datetime,
) -> bool:
    """Add the caller to a case that is under way, in place of a new one."""
    cases = Report.objects.filter(visible_to(actor))
    case = cases.filter(public_id=request.POST.get("join", "")).first()
    reporter = form.reporter()
    if case is None or reporter is None:
        if case is None:
            form.refuse("form", _("This case is no longer there. Look again."))
        return False
    try:
        calls.add_caller(
            case,
            client_id=client_id,
            reporter=reporter,
            language=form.language,
            by=actor,
            at=at,
        )
    except IncidentError as error:
        form.refuse("form", str(error))
        return False
    return True


def _show(
    request: HttpRequest,
    actor: Actor,
    form: CallForm,
    *,
    client_id: str,
    status: int = HTTPStatus.OK,
    started_at: datetime | None = None,
) -> HttpResponse:
    now, today = timezone.now(), localdate()
    if started_at is None and status != HTTPStatus.OK:
        draft = calls.find_draft(client_id, by=actor)
        started_at = draft.started_at if draft else None
    context = {
        "started_at": started_at or _rang_at(request, client_id) or now,
        "form": form,
        "client_id": client_id,
        "branches": [each for each in branches(on=today) if each.leaves],
        "wards": wards(on=today),
        "units": organisations(on=today),
        "kinds": Report.Kind.choices,
        "languages": settings.LANGUAGES,
        "hidden": ("lat", "lon", "article"),
        "emergency": [n for n in emergency_numbers() if n["number"] != OURS],
        "starts_at_answer": bool(form.answer) and not form.errors,
        "starts_at_name": bool(form.typed.get("phone"))
        and not (form.answer or form.errors),
        "keys": keys.TAKING,
        "storm": Storm.objects.blowing(at=now).first(),
        "view": first_view(),
        "map_words": map_words(),
        "outside": geocoder_of_city().service,
        "beside": beside_of(form, actor, at=now),
        "earlier": earlier_of(form.typed, actor, at=now),
        "now": now,
        "actor": actor,
    }
    return render(request, "mapui/staff/call.html", context, status=status)
