"""Called: what an operator takes down while somebody is on the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from gis_data.models import Place

from . import handover, located
from .accesses import Kind, log
from .errors import Missing, NotAllowed
from .following import follow
from .intake import Filing, Telling, receive
from .models import (
    Article,
    CallDraft,
    Category,
    Channel,
    Contact,
    ContactReading,
    Following,
    Organisation,
    Report,
    ReportQuerySet,
    Status,
)
from .models.likeness import kindred, reach_of
from .permissions import Actor, visible_to
from .privacy import Reporter, blind, number_of, seal, unseal, without_contacts

#: A draft nobody came back to for so long is thrown away.
DRAFTS_HOLD = timedelta(hours=24)
#: So close to the place of a call, and so recent, a report may be of the same thing.
NEAR_M = 200
RECENT = timedelta(days=14)
#: Why the number of a caller was looked up, as the log of readings says it.
SEARCHED = "Found by the caller's contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A call as typed so far, in the clear: held in memory, for who typed it."""

    client_id: str
    said: Mapping[str, str]
    started_at: datetime
    updated_at: datetime

    def is_late(self, *, at: datetime) -> bool:
        """Tell whether it has taken longer than a call should."""
        return at - self.started_at >= timedelta(minutes=settings.CITY.call_minutes)

    @property
    def contact(self) -> str:
        """By what the caller is found again."""
        return self.said.get("phone") or self.said.get("email", "")

    @property
    def name(self) -> str:
        return self.said.get("name", "")

    @property
    def about(self) -> str:
        """What it is about, as far as that was told."""
        return self.said.get("description") or self.said.get("address", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A call that broke off, as everybody at the desk may see it."""

    number: int
    about: str
    updated_at: datetime


def keep_draft(
    *,
    client_id: str,
    said: Mapping[str, str],
    by: Actor,
    at: datetime,
    started_at: datetime | None = None,
) -> None:
    """Keep, sealed, what is typed so far; a form that is empty again is no draft.

    It rang when the draft was begun, or before it: that moment stays.

    Nor is what comes late of a call that is filed or was joined to a case: it would
    lead who calls again to it.
    """
    _desk_only(by)
    if Report.objects.sent_as(client_id, channel=Channel.HOTLINE).exists():
        return
    if Following.objects.filter(client_id=client_id).exists():
        return
    typed = {name: value for name, value in said.items() if value.strip()}
    if not typed:
        discard_draft(client_id=client_id, by=by)
        return
    told = {"sealed": seal(typed), "updated_at": at}
    CallDraft.objects.update_or_create(
        user=by.user,
        client_id=client_id,
        defaults=told,
        create_defaults=told | {"started_at": started_at or at},
    )


def drafts_of(by: Actor) -> list[Draft]:
    """Return the calls this operator has not finished, the latest first."""
    mine = CallDraft.objects.filter(user=by.user, dropped_at=None)
    rows = mine.order_by("-updated_at", "-pk")
    return [open_draft(row) for row in rows]


def find_draft(client_id: str, *, by: Actor) -> Draft | None:
    """Return what this operator typed in that call, if it is not filed yet."""
    row = CallDraft.objects.filter(user=by.user, client_id=client_id).first()
    return open_draft(row) if row else None


def draft_of_number(phone: str, *, by: Actor) -> Draft | None:
    """Return the unfinished call of this very number, when it calls again."""
    drafts = drafts_of(by)
    return next((each for each in drafts if number_of(each.contact) == phone), None)


def discard_draft(*, client_id: str, by: Actor) -> None:
    """Throw away what was typed in a call; nothing was to be filed."""
    CallDraft.objects.filter(user=by.user, client_id=client_id).delete()


@transaction.atomic
def drop_line(*, client_id: str, by: Actor, at: datetime) -> bool:
    """Note that the line broke: whoever is free calls the number back.

    Without a number there is nobody to call, and the draft stays with who typed it.
    """
    _desk_only(by)
    drafts = CallDraft.objects.select_for_update().filter(user=by.user)
    row = drafts.filter(client_id=client_id).first()
    if row is None or not number_of(open_draft(row).said.get("phone", "")):
        return False
    row.dropped_at = at
    row.save(update_fields=["dropped_at"])
    return True


def dropped_lines(*, by: Actor) -> list[Broken]:
    """Return the calls that broke off and nobody has called back, the oldest first.

    Who called is for the one who calls back.
    """
    _desk_only(by)
    rows = CallDraft.objects.filter(dropped_at__isnull=False).order_by("dropped_at")
    return [
        Broken(
            number=row.pk,
            about=without_contacts(open_draft(row).about, with_doors=True),
            updated_at=row.updated_at,
        )
        for row in rows
    ]


@transaction.atomic
def call_again(draft_id: int, *, by: Actor, at: datetime) -> str | None:
    """Take a call that broke off on; return which, or nothing where another was faster.

    Its time begins anew; that the number was opened is written down.
    """
    _desk_only(by)
    drafts = CallDraft.objects.select_for_update().filter(dropped_at__isnull=False)
    row = drafts.filter(pk=draft_id).first()
    if row is None:
        return None
    row.user, row.dropped_at, row.started_at, row.updated_at = by.user, None, at, at
    row.save(update_fields=["user", "dropped_at", "started_at", "updated_at"])
    log(Kind.LINE_TAKEN, by=by, at=at)
    return row.client_id


def sweep_drafts(*, at: datetime) -> int:
    """Throw away the drafts nobody came back to; return how many."""
    old = CallDraft.objects.filter(updated_at__lt=at - DRAFTS_HOLD)
    return old.delete()[0]


@transaction.atomic
def cases_of(typed: str, *, by: Actor, at: datetime) -> ReportQuerySet:
    """Find what this phone or e-mail reported or follows, and write down who looked.

    The contacts stay sealed: they are found by their blind index alone.
    """
    _desk_only(by)
    asked = Q(email_index=blind(typed.lower())) if "@" in typed else Q(pk=None)
    if number := number_of(typed):
        asked |= Q(phone_index=blind(number))
    found = list(
        Contact.objects.filter(asked).values_list(
            "pk", "report_id", "following__report_id"
        )
    )
    reader = by.user.get_username()
    ContactReading.objects.bulk_create(
        ContactReading(contact_id=pk, reader=reader, reason=SEARCHED, at=at)
        for pk, _filed, _followed in found
    )
    ids = [filed or followed for _pk, filed, followed in found]
    return Report.objects.filter(visible_to(by), pk__in=ids).order_by(
        "-received_at", "-pk"
    )


def alike(
    category: Category,
    *,
    point: Point | None,
    ward: Place | None,
    at: datetime,
    words: str = "",
) -> ReportQuerySet:
    """Return open reports of the branch near a place, or in its ward, likest first.

    What one caller calls a lost cover, the next calls a broken one. A place that is
    told by telephone is not quite the place, so we look no less far than `NEAR_M`.
    """
    reach = reach_of(category)
    reach = reach._replace(metres=max(reach.metres, NEAR_M))
    since = at - max(RECENT, timedelta(days=reach.days))
    recent = Report.objects.open().filter(
        kindred(category), received_at__range=(since, at)
    )
    if point is not None:
        near = recent.near(point, metres=reach.metres)
        return near.likest_first(category, at=at, reach=reach, words=words)
    if ward is not None:
        there = recent.filter(current_place=ward)
        return there.likest_first(
            category, at=at, reach=reach, words=words, is_placed=False
        )
    return recent.none()


@transaction.atomic
def take_call(
    telling: Telling,
    *,
    by: Actor,
    at: datetime,
    onward: bool,
    to: Organisation | None = None,
    reason: str = "",
) -> Filing:
    """File what a caller told and, if it goes `onward`, give it to a unit: all or none.

    What is settled goes by itself, unless the operator names the unit or keeps it.
    """
    _desk_only(by)
    telling = replace(telling, by_hand=to is not None or not onward)
    filing = receive(telling, channel=Channel.HOTLINE, at=at)
    if onward and filing.report.status == Status.RECEIVED:
        unit = to or filing.decision.organisation
        if unit is None:
            said = _("No unit is proposed: choose one, or save the call as received.")
            raise Missing(said, field="organisation")
        report = handover.accept_and_transfer(
            filing.report, to=unit, by=by, at=at, reason=reason
        )
        filing = replace(filing, report=report)
    if telling.client_id:
        discard_draft(client_id=telling.client_id, by=by)
    return filing


class Ending(StrEnum):
    """How a call ends in itself: nobody has to do anything after it."""

    ANSWER = "answer"
    THANKS = "thanks"
    EMERGENCY = "emergency"


@transaction.atomic
def end_call(
    telling: Telling,
    *,
    how: Ending,
    by: Actor,
    at: datetime,
    answer: str = "",
    article: Article | None = None,
) -> Filing:
    """File what a caller told and end it at once: answered, thanked, or put through.

    It has a code, a notice and a history as any other. What an answer ends was asked:
    a problem is told of, and handled.
    """
    if how is Ending.ANSWER and telling.kind == Report.Kind.REPORT:
        telling = replace(telling, kind=Report.Kind.QUESTION)
    filing = take_call(telling, by=by, at=at, onward=False)
    report = filing.report
    if report.status != Status.RECEIVED:  # It was sent a second time.
        return filing
    if how is Ending.ANSWER:
        report = handover.answer(report, by=by, at=at, text=answer, article=article)
    elif how is Ending.THANKS:
        report = handover.thank(report, by=by, at=at)
    else:
        report = handover.point_to_emergency(report, by=by, at=at)
    return replace(filing, report=report)


@transaction.atomic
def take_and_ask(telling: Telling, *, by: Actor, at: datetime) -> Filing:
    """File what a caller told, and send a link by which to show where it is."""
    filing = take_call(telling, by=by, at=at, onward=False)
    if filing.is_new:
        report = located.ask_location(filing.report, by=by, at=at)
        filing = replace(filing, report=report)
    return filing


@transaction.atomic
def add_caller(
    report: Report,
    *,
    client_id: str,
    reporter: Reporter,
    language: str,
    by: Actor,
    at: datetime,
) -> Following:
    """Add a caller to a case that is under way: they hear how it ends, as others do."""
    _desk_only(by)
    following = follow(
        report,
        client_id=client_id,
        at=at,
        reporter=reporter,
        language=language,
        is_known=True,
    )
    discard_draft(client_id=client_id, by=by)
    return following


def open_draft(row: CallDraft) -> Draft:
    """Open what was sealed, for who typed it."""
    return Draft(
        client_id=row.client_id,
        said=unseal(row.sealed),
        started_at=row.started_at,
        updated_at=row.updated_at,
    )


def _desk_only(by: Actor) -> None:
    if not by.is_desk:
        raise NotAllowed
