"""Sent: a notice to who told or follows, over its channel; else somebody calls."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from phonenumbers import PhoneNumberType, number_type
from phonenumbers import parse as parse_number

from incidents.models import CallBack, Notice, OutgoingQuerySet, Status
from incidents.models.notice import SENDING
from incidents.privacy import Reporter, open_contact

from .calling import call_instead, put_on_the_list
from .trying import Mailing, Ready, ask_again, attempt, drop
from .wording import letter_of, message_of, own_report

State, Channel = Notice.State, Notice.Channel
TAKES_TEXTS = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def send(notice_id: int, *, at: datetime) -> None:
    """Send what is owed, if it still is. Only the worker may call it.

    That a contact was opened stays on record also where sending fails.
    """
    attempt(NOTICES, notice_id, at=at)


def ask_for_forgotten(*, at: datetime) -> int:
    """Ask anew for what is due and in no queue; return how much that is."""
    return sum(ask_again(NOTICES, at=at, channel=each) for each in Channel.values)


def takes_texts(phone: str) -> bool:
    """Tell whether a number, in E.164, is of a telephone that shows texts."""
    return bool(phone) and number_type(parse_number(phone)) in TAKES_TEXTS


def _rows() -> OutgoingQuerySet[Notice]:
    return Notice.objects.select_related(
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


def _write(notice: Notice, at: datetime) -> Ready | None:
    if _is_unwanted(notice):
        drop(notice)
        return None
    if notice.channel == Channel.CALL:
        put_on_the_list(notice, CallBack.Reason.NO_MESSAGE, at=at)
        return None
    person = open_contact(notice.contact, by="worker", why="notice", at=at)
    if notice.channel == Channel.EMAIL and person.email:
        return Ready(to=person.email, letter=letter_of(notice))
    if notice.channel == Channel.SMS and takes_texts(person.phone):
        return Ready(to=person.phone, text=message_of(notice))
    _without_address(notice, person, at=at)
    return None


def _is_unwanted(notice: Notice) -> bool:
    """Whether whom it is for takes no part in the case any more."""
    following = notice.contact.following
    if following is not None:
        return following.ended_at is not None
    return own_report(notice).status == Status.WITHDRAWN


def _without_address(notice: Notice, person: Reporter, *, at: datetime) -> None:
    """Have somebody called whose telephone takes no texts; who is forgotten, nobody."""
    if not person.phone:
        drop(notice)
        return
    notice.state, notice.failure = State.FAILED, "no_mobile"
    notice.save(update_fields=["state", "failure"])
    call_instead(notice, CallBack.Reason.NO_MESSAGE, at=at)


def _ended(notice: Notice, at: datetime) -> None:
    """Have somebody called whom no try has reached."""
    if notice.state == State.FAILED:
        call_instead(notice, CallBack.Reason.UNDELIVERABLE, at=at)
    elif notice.state == State.GIVEN_UP:
        call_instead(notice, CallBack.Reason.GIVEN_UP, at=at)


NOTICES = Mailing(
    name="Notice",
    rows=_rows,
    write=_write,
    ends_at=lambda notice: notice.asked_at + timedelta(days=settings.CITY.notice_days),
    job=(SENDING, "notice_id"),
    channel=lambda notice: notice.channel,
    ended=_ended,
)
