"""Tried: claimed, handed over, written down; no transaction waits for a provider.

That a try begins is committed before anybody is spoken to. A worker that is killed
after that leaves a message that is being sent; another takes it up once it is stuck,
and marks it, for nobody can know whether it went out. So nothing is lost, and what may
be doubled is known. Every message of this site goes this way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2
from typing import Generic, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F
from procrastinate.contrib.django import app

from incidents.errors import NotSent
from incidents.letters import Letter, post
from incidents.models import Outgoing, OutgoingQuerySet, Outlet

from .asking import defer
from .gateway import Message, Outcome, hand_over

State, Channel = Outgoing.State, Outgoing.Channel
#: After so many failures in a row a provider is left alone for a while.
FAILURES_IN_A_ROW = 10
LONGEST_REST = timedelta(minutes=10)
#: So many are tried at a time where a provider may be back.
PROBES = 5
#: So many forgotten messages are asked for anew at a time.
AT_ONCE = 2000
#: A job that is in the queue has so long to be taken before it is looked for.
PATIENCE = timedelta(seconds=45)
#: One after the other, while the job runs that sends them all.
BY_NO_JOB = ("", "")

Row = TypeVar("Row", bound=Outgoing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What is about to go out: to whom, and what it says."""

    to: str
    letter: Letter | None = None
    text: str = ""


def by_email(_row: Outgoing) -> str:
    """Say the channel of what goes by e-mail alone."""
    return Channel.EMAIL


def _nothing(_row: Outgoing, _at: datetime) -> None:
    """Leave it at that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing(Generic[Row]):
    """One kind of message: where it is owed, and what is its own in sending it."""

    name: str  #: What a log calls one of them.
    rows: Callable[[], OutgoingQuerySet[Row]]  #: With all that writing it reads.
    #: Write it; or settle it without a word, and return nothing.
    write: Callable[[Row, datetime], Ready | None]
    #: Until when it is tried.
    ends_at: Callable[[Row], datetime]
    #: The task that sends one, and what it calls the id.
    job: tuple[str, str] = BY_NO_JOB
    channel: Callable[[Row], str] = by_email
    #: What to do once its state is a last one.
    ended: Callable[[Row, datetime], None] = _nothing
    #: Somebody waits for it, and no provider is left alone meanwhile.
    is_pressing: bool = False


def attempt(mailing: Mailing[Row], pk: int, *, at: datetime) -> Outcome | None:
    """Try once to send what is owed, if it still is; the worker alone may call it.

    Of two that try at once one finds it taken. It refuses to run in a transaction.
    """
    try:
        with transaction.atomic(durable=True):
            claimed = _claim(mailing, pk, at=at)
    except Exception:
        # What cannot even be written must not be tried again at once, for ever.
        _postpone(mailing, pk, failure="unwritten", at=at)
        raise
    if claimed is None:
        return None
    row, ready = claimed
    outcome = _talk(ready, about=f"{mailing.name} {pk}", row=row)
    _write_down(mailing, row, outcome, at=at)
    return outcome


def ask_again(mailing: Mailing[Row], *, at: datetime, channel: str = "") -> int:
    """Ask anew for what is due and in no queue; return how much that is.

    It is what waits for another try, what a killed worker had begun, and what was put
    off while its provider was down; of that at first a few only.
    """
    task, argument = mailing.job
    outlet = Outlet.objects.filter(channel=channel or Channel.EMAIL).first()
    most = AT_ONCE
    if not mailing.is_pressing and outlet and outlet.failures >= FAILURES_IN_A_ROW:
        if outlet.rests_until and outlet.rests_until > at:
            return 0
        most = PROBES
    due = mailing.rows().due(at=at - PATIENCE).unasked(task, argument=argument)
    if channel:
        due = due.filter(channel=channel)
    ids = due.order_by("next_try_at", "pk").values_list("pk", flat=True)[:most]
    jobs = [(task, {argument: each}) for each in ids]
    defer(jobs)
    return len(jobs)


def drop(row: Outgoing) -> None:
    """Write down that a message is not wanted any more."""
    row.state = State.DROPPED
    row.save(update_fields=["state"])


def _claim(mailing: Mailing[Row], pk: int, *, at: datetime) -> tuple[Row, Ready] | None:
    """Claim a message, write it and note that it is about to go out."""
    held = mailing.rows().unsettled().filter(pk=pk)
    row = held.select_for_update(of=("self",), skip_locked=True).first()
    # What was never tried or put off is due, whenever its job runs.
    if row is None or row.next_try_at > max(at, row.asked_at):
        return None
    if not mailing.is_pressing and _rests(row, mailing.channel(row), at=at):
        return None
    ready = mailing.write(row, at)
    if ready is None:
        return None
    if row.state == State.SENDING or row.may_have_gone:
        row.may_be_doubled = True
    row.state, row.tried_at = State.SENDING, at
    row.attempts += 1
    row.next_try_at = at + timedelta(seconds=settings.NOTICE_STUCK_SECONDS)
    row.save(
        update_fields=["may_be_doubled", "state", "tried_at", "attempts", "next_try_at"]
    )
    return row, ready


def _talk(ready: Ready, *, about: str, row: Outgoing) -> Outcome:
    """Talk to the provider; this takes as long as it takes."""
    if ready.letter is None:
        return hand_over(Message(to=ready.to, text=ready.text, key=str(row.key)))
    try:
        post(ready.letter, to=[ready.to], about=about, key=row.key)
    except NotSent as error:
        return Outcome(
            failure=error.failure,
            is_final=error.is_final,
            may_have_gone=error.may_have_gone,
        )
    return Outcome(accepted=True)


@transaction.atomic
def _write_down(
    mailing: Mailing[Row], tried: Row, outcome: Outcome, *, at: datetime
) -> None:
    """Keep what came of a try, unless another has taken the message up meanwhile."""
    held = mailing.rows().select_related(None).select_for_update().get(pk=tried.pk)
    channel = mailing.channel(held)
    if outcome.accepted:
        _fares_well(channel)
        # Also where somebody else is trying: who has an answer knows that it is sent.
        if held.sent_at is None:
            held.sent_at = at
            held.provider_id = outcome.id
            if held.state != State.DELIVERED:
                held.state = State.ACCEPTED
            held.failure = ""
            held.save(update_fields=["sent_at", "provider_id", "state", "failure"])
            mailing.ended(held, at)
        return
    if held.state != State.SENDING or held.attempts != tried.attempts:
        return
    _fares_badly(channel, outcome, at=at)
    held.failure = outcome.failure
    held.may_have_gone |= outcome.may_have_gone
    if outcome.is_final or at > mailing.ends_at(held):
        held.state = State.FAILED if outcome.is_final else State.GIVEN_UP
        held.save(update_fields=["failure", "may_have_gone", "state"])
        mailing.ended(held, at)
        return
    held.state = State.OWED
    wait = max(_wait(held.attempts), timedelta(seconds=outcome.wait))
    held.next_try_at = at + wait
    held.save(update_fields=["failure", "may_have_gone", "state", "next_try_at"])
    task, argument = mailing.job
    if task:
        again = app.configure_task(task, schedule_at=held.next_try_at)
        again.defer(**{argument: held.pk})


def _wait(attempts: int) -> timedelta:
    """Wait twice as long after each try, up to an hour."""
    seconds = settings.NOTICE_WAIT_SECONDS << min(attempts - 1, 12)
    return timedelta(seconds=min(seconds, settings.NOTICE_LONGEST_WAIT_SECONDS))


def _postpone(mailing: Mailing[Row], pk: int, *, failure: str, at: datetime) -> None:
    row = mailing.rows().select_related(None).filter(pk=pk).first()
    if row is None:
        return
    wait = _wait(row.attempts + 1)
    mailing.rows().select_related(None).unsettled().filter(pk=pk).update(
        attempts=F("attempts") + 1,
        tried_at=at,
        next_try_at=at + wait,
        failure=failure,
    )


def _rests(row: Outgoing, channel: str, *, at: datetime) -> bool:
    """Put a message off where its provider is left alone just now."""
    outlet = Outlet.objects.filter(channel=channel).first()
    if outlet is None or outlet.rests_until is None or outlet.rests_until <= at:
        return False
    row.next_try_at = outlet.rests_until
    row.save(update_fields=["next_try_at"])
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
