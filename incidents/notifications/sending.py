"""Sent: claimed, handed over, written down; no transaction waits for a provider.

That a try begins is committed before anybody is spoken to. A worker that is killed
after that leaves a notice that is being sent; another takes it up once it is stuck, and
marks it, for nobody can know whether it went out. So nothing is lost, and what may be
doubled is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from django.conf import settings
from django.db import transaction
from django.db.models import F
from phonenumbers import PhoneNumberType, number_type
from phonenumbers import parse as parse_number
from procrastinate.contrib.django import app

from incidents.errors import NotSent
from incidents.letters import Letter, post
from incidents.models import CallBack, Notice, Outlet, Status
from incidents.models.notice import SENDING
from incidents.privacy import Reporter, open_contact

from .asking import defer
from .calling import call_instead, put_on_the_list
from .gateway import Message, Outcome, hand_over
from .wording import letter_of, message_of, own_report

State, Channel = Notice.State, Notice.Channel
#: After so many failures in a row a provider is left alone for a while.
FAILURES_IN_A_ROW = 10
LONGEST_REST = timedelta(minutes=10)
#: So many are tried at a time where a provider may be back.
PROBES = 5
#: So many forgotten notices are asked for anew at a time.
AT_ONCE = 2000
#: A job that is in the queue has so long to be taken before it is looked for.
PATIENCE = timedelta(seconds=45)
TAKES_TEXTS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A notice that is about to go out: to whom, and what it says."""

    notice: Notice
    to: str
    letter: Letter | None = None
    text: str = ""


def send(notice_id: int, *, at: datetime) -> None:
    """Send what is owed, if it still is. Only the worker may call it.

    Of two that try at once one finds it taken. That a contact was opened stays on
    record also where sending fails.
    """
    try:
        with transaction.atomic():
            ready = _make_ready(notice_id, at=at)
    except Exception:
        # What cannot even be written must not be tried again at once, for ever.
        _postpone(notice_id, failure="unwritten", at=at)
        raise
    if ready is not None:
        _write_down(ready.notice, _hand_over(ready), at=at)


def ask_for_forgotten(*, at: datetime) -> int:
    """Ask anew for what is due and in no queue; return how much that is.

    It is what waits for another try, what a killed worker had begun, and what was put
    off while its provider was down; of that at first a few only.
    """
    asked = 0
    outlets = {each.channel: each for each in Outlet.objects.all()}
    for channel in Channel.values:
        outlet, most = outlets.get(channel), AT_ONCE
        if outlet is not None and outlet.failures >= FAILURES_IN_A_ROW:
            if outlet.rests_until and outlet.rests_until > at:
                continue
            most = PROBES
        due = Notice.objects.filter(channel=channel).due(at=at - PATIENCE).unasked()
        ids = due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:most]
        jobs = [(SENDING, {"notice_id": each}) for each in ids]
        defer(jobs)
        asked += len(jobs)
    return asked


def _make_ready(notice_id: int, *, at: datetime) -> Ready | None:
    """Claim a notice, write it and note that it is about to go out."""
    notice = (
        Notice.objects.unsettled()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related(
            "event__report__category",
            "event__report__organisation",
            "event__report__place",
            "event__report__current_place",
            "event__report__refusal_reason",
            "contact__following__report__category",
            "contact__following__report__place",
            "contact__following__report__current_place",
            "contact__report",
        )
        .filter(pk=notice_id)
        .first()
    )
    # What was never tried or put off is due, whenever its job runs.
    if notice is None or notice.next_try_at > max(at, notice.asked_at):
        return None
    if _is_unwanted(notice):
        _drop(notice)
        return None
    if notice.channel == Channel.CALL:
        put_on_the_list(notice, CallBack.Reason.NO_MESSAGE, at=at)
        return None
    if _rests(notice, at=at):
        return None
    person = open_contact(notice.contact, by="worker", why="notice", at=at)
    to = person.email if notice.channel == Channel.EMAIL else _number_for_texts(person)
    if not to:
        _without_address(notice, person, at=at)
        return None
    if notice.state == State.SENDING or notice.may_have_gone:
        notice.may_be_doubled = True
    notice.state, notice.tried_at = State.SENDING, at
    notice.attempts += 1
    notice.next_try_at = at + timedelta(seconds=settings.NOTICE_STUCK_SECONDS)
    notice.save(
        update_fields=["may_be_doubled", "state", "tried_at", "attempts", "next_try_at"]
    )
    if notice.channel == Channel.EMAIL:
        return Ready(notice=notice, to=to, letter=letter_of(notice))
    return Ready(notice=notice, to=to, text=message_of(notice))


def _hand_over(ready: Ready) -> Outcome:
    """Talk to the provider; this takes as long as it takes."""
    notice = ready.notice
    if ready.letter is None:
        message = Message(to=ready.to, text=ready.text, key=str(notice.key))
        return hand_over(message)
    try:
        post(ready.letter, to=[ready.to], about=f"Notice {notice.pk}", key=notice.key)
    except NotSent as error:
        return Outcome(
            failure=error.failure,
            is_final=error.is_final,
            may_have_gone=error.may_have_gone,
        )
    return Outcome(accepted=True)


@transaction.atomic
def _write_down(tried: Notice, outcome: Outcome, *, at: datetime) -> None:
    """Keep what came of a try, unless another has taken the notice up meanwhile."""
    held = (
        Notice.objects.select_for_update(of=("self",))
        .select_related("contact", "event")
        .get(pk=tried.pk)
    )
    if outcome.accepted:
        _fares_well(held.channel)
        # Also where somebody else is trying: who has an answer knows that it is sent.
        if held.sent_at is None:
            held.sent_at = at
            held.provider_id = outcome.id
            if held.state != State.DELIVERED:
                held.state = State.ACCEPTED
            held.failure = ""
            held.save(update_fields=["sent_at", "provider_id", "state", "failure"])
        return
    if held.state != State.SENDING or held.attempts != tried.attempts:
        return
    _fares_badly(held.channel, outcome, at=at)
    held.failure = outcome.failure
    held.may_have_gone |= outcome.may_have_gone
    if outcome.is_final or _tried_for_long(held, at=at):
        held.state = State.FAILED if outcome.is_final else State.GIVEN_UP
        held.save(update_fields=["failure", "may_have_gone", "state"])
        failed = CallBack.Reason.UNDELIVERABLE
        reason = failed if outcome.is_final else CallBack.Reason.GIVEN_UP
        call_instead(held, reason, at=at)
        return
    held.state = State.OWED
    wait = max(_wait(held.attempts), timedelta(seconds=outcome.wait))
    held.next_try_at = at + wait
    held.save(update_fields=["failure", "may_have_gone", "state", "next_try_at"])
    again = app.configure_task(SENDING, schedule_at=held.next_try_at)
    again.defer(notice_id=held.pk)


def _wait(attempts: int) -> timedelta:
    """Wait twice as long after each try, up to an hour."""
    seconds = settings.NOTICE_WAIT_SECONDS << min(attempts - 1, 12)
    return timedelta(seconds=min(seconds, settings.NOTICE_LONGEST_WAIT_SECONDS))


def _tried_for_long(notice: Notice, *, at: datetime) -> bool:
    return at - notice.asked_at > timedelta(days=settings.CITY.notice_days)


def _is_unwanted(notice: Notice) -> bool:
    """Whether whom it is for takes no part in the case any more."""
    following = notice.contact.following
    if following is not None:
        return following.ended_at is not None
    return own_report(notice).status == Status.WITHDRAWN


def _drop(notice: Notice) -> None:
    notice.state = State.DROPPED
    notice.save(update_fields=["state"])


def _without_address(notice: Notice, person: Reporter, *, at: datetime) -> None:
    """Have somebody called whose telephone takes no texts; who is forgotten, nobody."""
    if not person.phone:
        _drop(notice)
        return
    notice.state, notice.failure = State.FAILED, "no_mobile"
    notice.save(update_fields=["state", "failure"])
    call_instead(notice, CallBack.Reason.NO_MESSAGE, at=at)


def _number_for_texts(person: Reporter) -> str:
    if not person.phone:
        return ""
    number = parse_number(person.phone)
    return person.phone if number_type(number) in TAKES_TEXTS else ""


def _postpone(notice_id: int, *, failure: str, at: datetime) -> None:
    notice = Notice.objects.filter(pk=notice_id).first()
    if notice is None:
        return
    wait = _wait(notice.attempts + 1)
    Notice.objects.unsettled().filter(pk=notice_id).update(
        attempts=F("attempts") + 1,
        tried_at=at,
        next_try_at=at + wait,
        failure=failure,
    )


def _rests(notice: Notice, *, at: datetime) -> bool:
    """Put a notice off where its provider is left alone just now."""
    outlet = Outlet.objects.filter(channel=notice.channel).first()
    if outlet is None or outlet.rests_until is None or outlet.rests_until <= at:
        return False
    notice.next_try_at = outlet.rests_until
    notice.save(update_fields=["next_try_at"])
    return True


def _fares_well(channel: str) -> None:
    fared = Outlet.objects.filter(channel=channel, failures__gt=0)
    fared.update(failures=0, since=None, rests_until=None, failure="")


def _fares_badly(channel: str, outcome: Outcome, *, at: datetime) -> None:
    """Count a failure; after several in a row leave the provider alone for a while.

    That one number cannot be reached says nothing about the provider.
    """
    if outcome.is_final:
        return
    Outlet.objects.get_or_create(channel=channel)
    outlet = Outlet.objects.select_for_update().get(channel=channel)
    outlet.failures += 1
    outlet.failure = outcome.failure
    outlet.since = outlet.since or at
    if outlet.failures >= FAILURES_IN_A_ROW:
        turns = min(int(log2(outlet.failures / FAILURES_IN_A_ROW)), 8)
        rest = timedelta(seconds=settings.NOTICE_WAIT_SECONDS) * (1 << turns)
        outlet.rests_until = at + min(rest, LONGEST_REST)
    outlet.save()
