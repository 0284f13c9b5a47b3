"""What a page or its outbox sends: done once, and answered so that it can read it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from incidents.errors import SentOtherwise
from incidents.models import Report
from incidents.permissions import Actor
from incidents.sendings import Done, Sent, answer_to, checksums, do_once, is_drawn
from incidents.workflow import Change, changes_after

#: Sent from within its page, which shows what is wrong; or later, with nobody looking.
PAGE, OUTBOX = "kept-form", "outbox"
PROBLEM = "application/problem+json"
#: What a phone sends along that is no part of what somebody said.
ASIDE = frozenset({"csrfmiddlewaretoken", "client_id", "seen"})


def sent_by(request: HttpRequest) -> str:
    """Return who sends it: the page, its outbox, or the browser itself ("")."""
    said = request.headers.get("X-Sent-By", "")
    return said if said in {PAGE, OUTBOX} else ""


def wants_data(request: HttpRequest) -> bool:
    """Tell whether a refusal is to be read by a program: an outbox, or another one."""
    accepts = request.headers.get("Accept", "")
    return sent_by(request) == OUTBOX or accepts.startswith("application/json")


def read_sent(request: HttpRequest, *, sender: str, step: str) -> Sent | None:
    """Read what a phone sent under a name of its own; without one it is as any form."""
    client_id = request.POST.get("client_id", "")
    if request.method != "POST" or not is_drawn(client_id):
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ASIDE
        for value in values
    ]
    files = [
        (name, file) for name in request.FILES for file in request.FILES.getlist(name)
    ]
    return Sent(
        client_id=client_id,
        sender=sender,
        step=step,
        fields=tuple(fields),
        files=checksums(files),
    )


def answered_before(sent: Sent | None) -> tuple[Report, Done] | None:
    """Find the answer to what comes again, also where the case has gone out of sight.

    Another body under the same name is refused where it would be carried out.
    """
    try:
        return answer_to(sent) if sent else None
    except SentOtherwise:
        return None


def carry_out(
    sent: Sent | None,
    act: Callable[[], Report],
    *,
    report: Report,
    said: Callable[[Report], str],
) -> Done:
    """Act on what came; what came before under the same name is not done again.

    The answer tells the version that the case has now: what the same phone still holds
    of this case was written before that, and goes on from there.
    """

    def answered() -> dict[str, Any]:
        done = act()
        return {"said": said(done), "version": done.version}

    if sent is None:
        return Done(answer=answered(), is_new=True)
    return do_once(sent, answered, report=report, at=timezone.now())


def answer_done(done: Done, *, way: str) -> JsonResponse:
    """Tell the page or its outbox what was done, and where one goes on."""
    return JsonResponse(done.answer | {"next": way, "again": not done.is_new})


def answer_refused(
    request: HttpRequest, form: Form, *, report: Report | None, status: int
) -> HttpResponse:
    """Tell an outbox why something cannot be done, and what has changed meanwhile.

    Who may not read what staff did gets the reason alone.
    """
    fields = {name: list(map(str, said)) for name, said in form.errors.items()}
    seen = request.POST.get("seen", "")
    since = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
    changes = _changes(report, since) if report else {}
    if report:
        version = request.POST.get("version", "")
        read = int(version) if version.isdecimal() and len(version) < 10 else -1
        changes["changes"] = [_told(each) for each in changes_after(report, read)]
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": "conflict" if status == HTTPStatus.CONFLICT else "refused",
        "detail": " ".join(said for each in fields.values() for said in each),
        "fields": fields,
    }
    return JsonResponse(body | changes, status=status, content_type=PROBLEM)


def _told(change: Change) -> dict[str, Any]:
    """Write one step down as data."""
    return {
        "at": localtime(change.at).isoformat(),
        "code": change.code,
        "label": change.label,
        "by": change.by,
        "fields": list(change.fields),
    }


def sender_of(actor: Actor) -> str:
    """Return whose a sending is; two people may draw one name."""
    return f"user {actor.user.pk}"


def _changes(report: Report, seen: int) -> dict[str, Any]:
    events = list(report.events.order_by("sequence"))
    return {
        "version": report.version,
        "seen": events[-1].sequence if events else 0,
        "changed": [
            f"{date_format(localtime(event.at), 'H:i d/m')}: {event.label}"
            for event in events
            if 0 <= seen < event.sequence
        ],
    }
