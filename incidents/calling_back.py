"""Called back: whom no message reaches is told by an operator, on the telephone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.db.models.functions import Coalesce

from .errors import ClaimedByAnother, NotAllowed, NotNow
from .history import Happening, last_event, record
from .models import CallBack, Event, Notice, Report
from .models.call_back import CallBackQuerySet
from .permissions import Actor, visible_to
from .privacy import Reporter, open_contact
from .workflow import CLAIM_HOLDS

State = CallBack.State
#: What stands in the log of readings.
WHY = "call back"


class Ending(StrEnum):
    """How a call went."""

    TOLD = "told"
    NOBODY = "nobody"  #: Nobody answered, or it was a bad moment.
    WRONG = "wrong"  #: It is not their number, or none at all.


def listed(*, by: Actor, at: datetime) -> CallBackQuerySet:
    """Return whom one may call now, the longest waiting first."""
    return readable(by=by).callable(at=at)


def readable(*, by: Actor) -> CallBackQuerySet:
    """Return every call about a case this person may see, with what for."""
    told = Notice.objects.select_related(
        "event__report", "contact__report__category", "contact__following"
    )
    cases = Report.objects.filter(visible_to(by))
    return (
        CallBack.objects.filter(contact__report__in=cases)
        .select_related(
            "claimed_by",
            "contact__report__category",
            "contact__report__place",
            "contact__report__current_place",
        )
        .prefetch_related(Prefetch("notices", told.order_by("event__at", "pk")))
    )


def is_held(call_back: CallBack, *, at: datetime) -> bool:
    """Tell whether somebody's claim on a call still keeps others from it."""
    held_at = call_back.claimed_at
    is_claimed = call_back.state == State.CLAIMED
    return is_claimed and held_at is not None and at - held_at < CLAIM_HOLDS


@transaction.atomic
def claim(call_back: CallBack, *, by: Actor, at: datetime) -> CallBack:
    """Take a call on, so that no other operator calls the same person."""
    held = _held(call_back, by=by)
    if is_held(held, at=at) and held.claimed_by_id != by.user.pk:
        raise ClaimedByAnother
    held.state, held.claimed_by, held.claimed_at = State.CLAIMED, by.user, at
    held.save(update_fields=["state", "claimed_by", "claimed_at"])
    return held


@transaction.atomic
def release(call_back: CallBack, *, by: Actor, at: datetime) -> CallBack:
    """Leave a call to the others."""
    held = _mine(call_back, by=by, at=at)
    return _free(held)


@transaction.atomic
def reveal(call_back: CallBack, *, by: Actor, at: datetime) -> Reporter:
    """Show whom to call to who has taken the call on, and write down that it was."""
    held = _mine(call_back, by=by, at=at)
    contact = held.contact
    report = Report.objects.select_for_update(of=("self",)).get(contact=contact)
    if not by.opens_contacts:
        raise NotAllowed
    opened = Happening(
        code=Event.Code.CONTACT_OPENED, visibility=Event.Visibility.STAFF
    )
    record(report, [opened], at=at, by=by.user, after=last_event(report))
    return open_contact(contact, by=by.user.get_username(), why=WHY, at=at)


@transaction.atomic
def end(
    call_back: CallBack,
    *,
    by: Actor,
    at: datetime,
    as_: Ending,
    told: Iterable[int] = (),
) -> CallBack:
    """Write down how a call went; who did not answer is called again, a few times.

    Of the notices those were delivered that were `told`, by who had them before them;
    what came meanwhile, or had no room there, waits for another call.
    """
    held = _mine(call_back, by=by, at=at)
    held.tries += 1
    if as_ is Ending.NOBODY and held.tries < settings.CITY.call_tries:
        held.call_from = at + timedelta(hours=settings.CITY.call_hours)
        return _free(held)
    is_told = as_ is Ending.TOLD
    held.state = State.DONE if is_told else State.UNREACHABLE
    held.ended_by, held.ended_at = by.user, at
    held.save(update_fields=["tries", "state", "ended_by", "ended_at"])
    if is_told:
        held.notices.filter(pk__in=told).update(
            state=Notice.State.DELIVERED,
            sent_at=Coalesce("sent_at", at),
            delivered_at=at,
            failure="",
        )
        _call_once_more(held, at=at)
    else:
        held.notices.update(state=Notice.State.FAILED, failure="unreachable")
    return held


def _call_once_more(ended: CallBack, *, at: datetime) -> None:
    """Put on a call of its own what an ended one left untold."""
    untold = ended.notices.exclude(state=Notice.State.DELIVERED)
    if untold.exists():
        asked = {"asked_at": at, "call_from": at, "reason": ended.reason}
        again = CallBack.objects.create(contact=ended.contact, **asked)
        untold.update(call_back=again)


def _held(call_back: CallBack, *, by: Actor) -> CallBack:
    if not by.is_desk:
        raise NotAllowed
    rows = CallBack.objects.select_for_update(of=("self",)).select_related("contact")
    held = rows.get(pk=call_back.pk)
    if held.state not in {State.OPEN, State.CLAIMED}:
        raise NotNow
    return held


def _mine(call_back: CallBack, *, by: Actor, at: datetime) -> CallBack:
    """Hold a call that this person has taken on."""
    held = _held(call_back, by=by)
    if held.state != State.CLAIMED:
        raise NotNow
    if held.claimed_by_id != by.user.pk:
        raise ClaimedByAnother
    return held


def _free(held: CallBack) -> CallBack:
    held.state, held.claimed_by, held.claimed_at = State.OPEN, None, None
    held.save(update_fields=["tries", "call_from", "state", "claimed_by", "claimed_at"])
    return held
