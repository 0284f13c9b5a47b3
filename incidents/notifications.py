"""Messages to who told and who follows: asked for in the transaction, sent later."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from .letters import Letter, laid_out, post
from .models import Clock, Contact, Event, Following, Notice, Organisation, Report
from .models.insertion import insert
from .privacy import open_contact, without_contacts

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
        Event.Code.MERGED,
        Event.Code.REOPENED,
        Event.Code.COMMITTED,
        Event.Code.MESSAGE,
        Event.Code.MERGED,
        Event.Code.UNMERGED,
        Event.Code.END_CHANGED,
    }
)
#: What those hear of too whose reports go along with the case.
SHARED = frozenset(
    {
        Event.Code.RESOLVED,
        Event.Code.ANSWERED,
        Event.Code.REFUSED,
        Event.Code.REOPENED,
        Event.Code.COMMITTED,
        Event.Code.END_CHANGED,
    }
)
#: What who follows a case hears of, and the city's text for it.
FOLLOWED: dict[str, str] = {
    Event.Code.RESOLVED: "followed_resolved",
    Event.Code.ANSWERED: "followed_resolved",
    Event.Code.NOT_TRUE: "followed_checked",
    Event.Code.NOT_FOUND: "followed_checked",
    Event.Code.REFUSED: "followed_ended",
    Event.Code.WITHDRAWN: "followed_ended",
    Event.Code.END_CHANGED: "followed_end_changed",
}
JobAsked = tuple[str, dict[str, int]]


def ask_for_notices(
    event: Event, contact: Contact | None, *, at: datetime
) -> list[JobAsked]:
    """Owe this contact a message about `event` over each channel there is.

    Returns the jobs that will send them; the caller defers them, all at once, in the
    same transaction. A case filed without a contact owes nobody anything.
    """
    if contact is None or event.code not in TOLD:
        return []
    notices = [
        Notice(event=event, contact=contact, channel=channel, asked_at=at)
        for channel in _channels(contact)
    ]
    if notices:
        insert(*notices)
    return [("incidents.send_notice", {"notice_id": each.pk}) for each in notices]


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
        Notice(event=event, contact=contact, channel=channel, asked_at=at)
        for contact in (found if hears else ())
        for event in [_heard(contact, told, followed)]
        for channel in _channels(contact)
    ]
    Notice.objects.bulk_create(notices)  # Which asks nothing where there are none.
    defer(("incidents.send_notice", {"notice_id": each.pk}) for each in notices)


def _with_who_goes_along(events: Sequence[Event]) -> dict[int, Event]:
    """Return by case what there is to tell: its own event, or that of who carries it.

    A case whose own event is among them hears of that alone.
    """
    every = {each.report_id: each for each in events}
    shared = [each.report_id for each in events if each.code in SHARED]
    if shared:
        along = Report.objects.filter(master__in=shared)
        for case, carrier in along.values_list("pk", "master"):
            every.setdefault(case, every[carrier or 0])
    return every


def defer(asked: Iterable[JobAsked]) -> None:
    """Put jobs in the queue in one statement, named and not imported, with ids alone.

    They stand or fall with the caller's transaction.
    """
    jobs = [
        Job(
            id=None,
            queue="default",
            lock=None,
            queueing_lock=None,
            task_name=name,
            task_kwargs=dict(ids),
        )
        for name, ids in asked
    ]
    if jobs:
        app.job_manager.batch_defer_jobs(jobs=jobs)


def send(notice_id: int, *, at: datetime) -> None:
    """Send what is owed, if it still is. Only the worker may call it.

    That a contact was opened stays on record also where sending fails.
    """
    notice = Notice.objects.select_related(
        "event__report__category",
        "event__report__organisation",
        "event__report__place",
        "event__report__current_place",
        "event__report__refusal_reason",
        "contact__following__report__category",
        "contact__following__report__place",
        "contact__following__report__current_place",
        "contact__report",
    ).get(pk=notice_id)
    following = notice.contact.following
    if notice.sent_at is not None or (following and following.ended_at):
        return
    reporter = open_contact(notice.contact, by="worker", why="notice", at=at)
    letter = letter_of(notice)
    with transaction.atomic():
        held = Notice.objects.select_for_update().get(pk=notice_id)
        if held.sent_at is not None:
            return
        post(letter, to=[reporter.email], about=f"Notice {notice_id}")
        held.sent_at = at
        held.save(update_fields=["sent_at"])


def letter_of(notice: Notice) -> Letter:
    """Lay the city's words out as an e-mail, with a button to the case."""
    subject, body = compose(notice)
    following, report = notice.contact.following, own_report(notice)
    with override(notice.contact.language):
        link = report.get_public_url() if following else report.get_absolute_url()
        if following and FOLLOWED[notice.event.code] == "followed_ended":
            link = ""  # It is shown to nobody any more.
        press = _("See the case") if following else _("Follow your report")
        page = laid_out(subject, body, link=link, press=press)
    return Letter(subject=subject, body=body, page=page)


def own_report(notice: Notice) -> Report:
    """Return the case that who is told knows by its code, whoever's event it is.

    Whose report goes along with another reads of that under their own code alone.
    """
    following = notice.contact.following
    own = following.report if following else notice.contact.report
    return own or notice.event.report


def compose(notice: Notice) -> tuple[str, str]:
    """Write a notice in the language of who reads it: subject and body."""
    if notice.contact.following is not None:
        return _compose_for_follower(notice, notice.contact.following)
    event, report = notice.event, notice.event.report
    with override(notice.contact.language):
        decision = report.decisions.select_related("organisation").latest("pk")
        unit = report.organisation or decision.organisation
        texts = _texts()[_which(event, unit)]
        language = _spoken(notice.contact.language, texts)
        clock = report.clocks.filter(party=Clock.Party.CITIZEN).first()
        refusal = report.refusal_reason
        said = {
            "code": own_report(notice).code,
            "organisation": event.organisation_name or (unit.label if unit else ""),
            "due": date_format(localtime(clock.due_at), "d/m/Y") if clock else "",
            "link": own_report(notice).get_absolute_url(),
            "predecessor": event.predecessor_name,
            "until": event.arguments.get("until", ""),
            "reason": refusal.label if refusal else "",
            "text": without_contacts(report.refusal_text),
            "service": settings.CITY.service_name.get(language, ""),
        }
        text = texts[language]
        return text["subject"].format_map(said), text["body"].format_map(said)


def _compose_for_follower(notice: Notice, following: Following) -> tuple[str, str]:
    """Tell a follower what strangers see; the code is the reporter's and not theirs."""
    report, language = own_report(notice), notice.contact.language
    with override(language):
        texts = _texts()[FOLLOWED[notice.event.code]]
        what = report.public_title or report.category.label
        ward = report.lies_in.label if report.lies_in else ""
        said = {
            "what": f"{what}, {ward}" if ward else what,
            "link": report.get_public_url(),
            "end": following.get_absolute_url(),
            "until": notice.event.arguments.get("until", ""),
            "service": settings.CITY.service_name.get(language, ""),
        }
        text = texts[_spoken(language, texts)]
        return text["subject"].format_map(said), text["body"].format_map(said)


def _spoken(language: str, texts: Mapping[str, Any]) -> str:
    """Return a language that the city wrote a text in, its own if need be."""
    return language if language in texts else settings.LANGUAGE_CODE


def _which(event: Event, unit: Organisation | None) -> str:
    """Choose the city's text: a receipt names the unit it expects, if there is one."""
    expects = event.code == Event.Code.RECEIVED and unit is not None
    return "received_expected" if expects else str(event.code)


def _heard(
    contact: Contact, told: Mapping[int, Event], followed: Mapping[int, Event]
) -> Event:
    """Return what somebody hears of: who told of a case, or who follows it."""
    if contact.following is not None:
        return followed[contact.following.report_id]
    return told[contact.report_id or 0]


def _channels(contact: Contact) -> list[Notice.Channel]:
    """E-mail where there is an address. SMS waits for a gateway to be configured."""
    return [Notice.Channel.EMAIL] if contact.email_index else []


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    """Read the city's own words for each event, by language."""
    with (settings.CITY_DIR / "notices.toml").open("rb") as file:
        return tomllib.load(file)
