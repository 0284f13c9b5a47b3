"""Reached: a unit asks the desk who reported; a grant holds for a while.

Units do not see who reported. Where the reporter hid the name they never do; elsewhere
the desk grants it for so long as the city says, or a rule of the city does at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from .errors import Missing, NotAllowed, NotNow
from .history import Happening, last_event, record
from .models import Category, ContactRequest, Event, Organisation, Report
from .models.status import IN_HAND
from .permissions import Actor, Side
from .privacy import Reporter, open_contact
from .workflow import take

Answer = ContactRequest.Answer
REASON_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRule:
    """How this city lets units reach reporters."""

    hours: int = 24
    #: Urgencies where a rule grants it at once; never of a sensitive category.
    granted_for: tuple[str, ...] = ()

    def grants_at_once(self, category: Category) -> bool:
        """Tell whether a unit need not wait for a person to grant it."""
        return category.is_public and category.urgency in self.granted_for


def rule_of_city() -> ContactRule:
    """Read the rule from the city's folder; one it does not state is the strict one."""
    said: dict[str, Any] = settings.CITY.contact
    return ContactRule(
        hours=int(said.get("hours", 24)),
        granted_for=tuple(said.get("granted_for", ())),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Whether somebody may open the contact of a case now, and if not, what to do."""

    opens: bool = False
    may_ask: bool = False
    request: ContactRequest | None = None  #: The unit's latest one.

    @property
    def waits(self) -> bool:
        """Whether the desk has still to answer."""
        return self.request is not None and not self.request.answer


def reachable(report: Report, *, by: Actor, at: datetime) -> Reachable:
    """Tell what stands between a person and who reported a case."""
    if by.opens_contacts:
        is_held = report.status in IN_HAND
        waiting = _latest(report, waiting=True) if is_held else None
        return Reachable(opens=True, request=waiting)
    if not by.may_ask_for_contact(report):
        return Reachable()
    latest = _latest(report)
    if latest is not None and _stands(latest, at=at):
        return Reachable(opens=True, request=latest)
    waits = latest is not None and not latest.answer
    return Reachable(may_ask=not waits, request=latest)


@transaction.atomic
def ask_for_contact(
    report: Report, *, by: Actor, at: datetime, why: str, version: int | None = None
) -> ContactRequest:
    """Ask the desk on behalf of the unit at hand; a rule may answer at once."""
    if not why.strip():
        raise Missing(_("Say why you need to reach the reporter."), field="why")
    held = take("ask_contact", report, by=by, at=at, version=version).report
    if not by.may_ask_for_contact(held) or not hasattr(held, "contact"):
        raise NotAllowed(_("The reporter stays unnamed to the unit."))
    latest = _latest(held)
    if latest is not None and (not latest.answer or _stands(latest, at=at)):
        raise NotNow(_("This was asked already."))
    request = ContactRequest.objects.create(
        report=held,
        organisation=_holder(held),
        asked_by=by.user,
        asked_at=at,
        reason=why.strip()[:REASON_AT_MOST],
    )
    if rule_of_city().grants_at_once(held.category):
        take("grant_contact", held, by=Side.SYSTEM, at=at)
        _answer(request, Answer.GRANTED, at=at)
    return request


@transaction.atomic
def grant_contact(
    request: ContactRequest, *, by: Actor, at: datetime
) -> ContactRequest:
    """Let the unit that asked open the contact, for so long as the city says."""
    held = _hold(request, by=by)
    take("grant_contact", held.report, by=by, at=at)
    return _answer(held, Answer.GRANTED, at=at, by=by)


@transaction.atomic
def deny_contact(
    request: ContactRequest, *, by: Actor, at: datetime, text: str
) -> ContactRequest:
    """Say why a unit is not to reach the reporter; it reads the reason."""
    held = _hold(request, by=by)
    take("deny_contact", held.report, by=by, at=at, text=text)
    return _answer(held, Answer.DENIED, at=at, by=by, reason=text)


@transaction.atomic
def open_reporter(report: Report, *, by: Actor, at: datetime, why: str) -> Reporter:
    """Show who reported to someone who must reach them, and write down that it was.

    The reason stands in the log of readings; the history says only that it was opened.
    """
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if not hasattr(held, "contact") or not reachable(held, by=by, at=at).opens:
        raise NotAllowed
    if not why.strip():
        raise Missing(_("Say why you need to reach the reporter."), field="why")
    opened = Happening(
        code=Event.Code.CONTACT_OPENED, visibility=Event.Visibility.STAFF
    )
    record(held, [opened], at=at, by=by.user, after=last_event(held))
    reason = why.strip()[:REASON_AT_MOST]
    return open_contact(held.contact, by=by.user.get_username(), why=reason, at=at)


def requests_waiting() -> QuerySet[ContactRequest]:
    """Return what the desk has still to answer, the longest first."""
    waiting = ContactRequest.objects.waiting().select_related(
        "report__category", "report__current_place", "organisation", "asked_by"
    )
    return waiting.order_by("asked_at", "pk")


def _latest(report: Report, *, waiting: bool = False) -> ContactRequest | None:
    """Return the last request of the unit that has the case now."""
    asked = ContactRequest.objects.filter(
        report=report, organisation=report.organisation_id
    ).select_related("organisation", "asked_by")
    if waiting:
        asked = asked.waiting()
    return asked.order_by("-pk").first()


def _stands(request: ContactRequest, *, at: datetime) -> bool:
    """Tell whether a grant holds at a moment."""
    ends_at = request.ends_at
    return request.answer == Answer.GRANTED and ends_at is not None and at < ends_at


def _holder(report: Report) -> Organisation:
    if report.organisation is None:
        raise RuntimeError("What a unit asks about is in a unit's hands.")
    return report.organisation


def _hold(request: ContactRequest, *, by: Actor) -> ContactRequest:
    """Hold the case, then the question, so that the desk answers it once."""
    if not by.is_desk:
        raise NotAllowed
    Report.objects.select_for_update(of=("self",)).get(pk=request.report_id)
    held = ContactRequest.objects.select_related("report", "organisation").get(
        pk=request.pk
    )
    if held.answer:
        raise NotNow(_("This was answered already."))
    if held.report.organisation_id != held.organisation_id:
        raise NotNow(_("The case has gone to another unit."))
    if held.asked_by_id == by.user.pk:
        raise NotAllowed(_("Somebody else answers what you asked for."))
    return held


def _answer(
    request: ContactRequest,
    answer: ContactRequest.Answer,
    *,
    at: datetime,
    by: Actor | None = None,
    reason: str = "",
) -> ContactRequest:
    request.answer, request.answered_at = answer, at
    request.answered_by = by.user if by else None
    request.answer_reason = reason.strip()[:REASON_AT_MOST]
    if answer == Answer.GRANTED:
        request.ends_at = at + timedelta(hours=rule_of_city().hours)
    request.save()
    return request
