"""Owed: who hears of what, and the jobs that will send it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from procrastinate.contrib.django import app
from procrastinate.jobs import DEFAULT_PRIORITY, Job

from incidents.models import Contact, Event, Incident, Notice, Report
from incidents.models.insertion import insert
from incidents.models.notice import SENDING
from incidents.models.status import ENDED

from .wording import FOLLOWED

#: What the reporter hears of. Everything else stands in the timeline only.
TOLD = frozenset(
    {
        Event.Code.RECEIVED,
        Event.Code.INFO_REQUESTED,
        Event.Code.REFUSED,
        Event.Code.ANSWERED,
        Event.Code.THANKED,
        Event.Code.EMERGENCY,
        Event.Code.TRANSFERRED,
        Event.Code.HANDED_OVER,
        Event.Code.RESOLVED,
        Event.Code.NOT_TRUE,
        Event.Code.NOT_FOUND,
        Event.Code.REOPENED,
        Event.Code.COMMITTED,
        Event.Code.MESSAGE,
        Event.Code.LOCATION_ASKED,
        Event.Code.INFO_REMINDED,
        Event.Code.MERGED,
        Event.Code.UNMERGED,
        Event.Code.END_CHANGED,
    }
)
#: What those hear of too whose reports go along with the case.
SHARED = frozenset(
    {
        Event.Code.RESOLVED,
        Event.Code.NOT_TRUE,
        Event.Code.NOT_FOUND,
        Event.Code.ANSWERED,
        Event.Code.REFUSED,
        Event.Code.REOPENED,
        Event.Code.COMMITTED,
        Event.Code.END_CHANGED,
    }
)
JobAsked = tuple[str, dict[str, int]]
#: Run before all that waits: who must act, or sits before a screen, does not wait for
#: what a flood has to be told to thousands.
FIRST = 10
RUN_FIRST = frozenset(
    {
        "incidents.tell_staff",
        "incidents.send_staff_notice",
        "incidents.send_one_time_code",
    }
)


def ask_for_notices(
    event: Event, contact: Contact | None, *, at: datetime
) -> list[JobAsked]:
    """Owe this contact a message about `event` over each channel there is.

    Returns the jobs that will send them; the caller defers them, all at once, in the
    same transaction. A case filed without a contact owes nobody anything.
    """
    if contact is None or event.code not in TOLD:
        return []
    notices = [_owed(event, contact, channel, at=at) for channel in _channels(contact)]
    if notices:
        insert(*notices)
    return [(SENDING, {"notice_id": each.pk}) for each in notices]


def tell(event: Event, *, at: datetime) -> None:
    """Owe a message about `event` to everybody who hears of it."""
    tell_all([event], at=at)


def tell_all(events: Sequence[Event], *, at: datetime) -> None:
    """Owe messages about events, each of another case, to everybody who hears of them.

    However many there are, and however many follow the cases, it is one statement each
    to find them, to note what they are owed, and to ask for its sending.
    """
    every = _with_who_goes_along(events)
    told = {case: each for case, each in every.items() if each.code in TOLD}
    followed = {case: each for case, each in every.items() if each.code in FOLLOWED}
    hears = Q()
    if told:
        hears |= Q(report__in=told)
    if followed:
        hears |= Q(following__report__in=followed, following__ended_at=None)
    found = Contact.objects.filter(hears).select_related("following").order_by("pk")
    notices = [
        _owed(event, contact, channel, at=at)
        for contact in (found if hears else ())
        for event in [_heard(contact, told, followed)]
        for channel in _channels(contact)
    ]
    Notice.objects.bulk_create(notices)  # Which asks nothing where there are none.
    defer((SENDING, {"notice_id": each.pk}) for each in notices)


def _with_who_goes_along(events: Sequence[Event]) -> dict[int, Event]:
    """Return by case what there is to tell: its own event, or that of who carries it.

    A case whose own event is among them hears of that alone.
    """
    every = {each.report_id: each for each in events}
    shared = [each.report_id for each in events if each.code in SHARED]
    if shared:
        joined = Report.objects.filter(master__in=shared).values_list("pk", "master")
        heads = Incident.objects.filter(head__in=shared)
        going_on = Report.objects.exclude(status__in=ENDED)
        members = going_on.filter(incident__in=heads).values_list(
            "pk", "incident__head"
        )
        for case, carrier in joined.union(members):
            every.setdefault(case, every[carrier or 0])
    return every


def tell_followers(
    event: Event, followings: Iterable[int], *, at: datetime
) -> list[Notice]:
    """Owe a message about `event` to these followers alone, of all who follow."""
    found = Contact.objects.filter(
        following__in=list(followings), following__ended_at=None
    )
    notices = [
        _owed(event, contact, channel, at=at)
        for contact in found.select_related("following").order_by("pk")
        for channel in _channels(contact)
    ]
    Notice.objects.bulk_create(notices)
    defer((SENDING, {"notice_id": each.pk}) for each in notices)
    return notices


def defer(asked: Iterable[JobAsked]) -> None:
    """Put jobs in the queue in one statement, named and not imported, with ids alone.

    They stand or fall with the caller's transaction.
    """
    jobs = [
        Job(
            id=None,
            queue="default",
            priority=FIRST if name in RUN_FIRST else DEFAULT_PRIORITY,
            lock=None,
            queueing_lock=None,
            task_name=name,
            task_kwargs=dict(ids),
        )
        for name, ids in asked
    ]
    if jobs:
        app.job_manager.batch_defer_jobs(jobs=jobs)


def _heard(
    contact: Contact, told: Mapping[int, Event], followed: Mapping[int, Event]
) -> Event:
    """Return what somebody hears of: who told of a case, or who follows it."""
    if contact.following is not None:
        return followed[contact.following.report_id]
    return told[contact.report_id or 0]


def _channels(contact: Contact) -> list[Notice.Channel]:
    """Write to an address, send texts to a telephone; else somebody has to call.

    Who follows a case is never called. Whether a telephone can take a text is known
    once the contact is opened, by the worker.
    """
    channels = [Notice.Channel.EMAIL] if contact.email_index else []
    if contact.phone_index and settings.SMS.is_on:
        channels.append(Notice.Channel.SMS)
    if contact.phone_index and not channels and contact.report_id is not None:
        channels.append(Notice.Channel.CALL)
    return channels


def _owed(
    event: Event, contact: Contact, channel: Notice.Channel, *, at: datetime
) -> Notice:
    return Notice(
        event=event, contact=contact, channel=channel, asked_at=at, next_try_at=at
    )
