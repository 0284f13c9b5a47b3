"""At the operators' desk: accept, refuse, ask, answer, transfer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from . import media
from .deadlines import Deadline, read_deadline
from .errors import ChangedMeanwhile, Missing, NotAllowed, PassedAround
from .history import Happening, record
from .hops import call_arbiter, needs_arbiter
from .models import (
    Clock,
    DecisionRecord,
    Event,
    Organisation,
    RefusalReason,
    Report,
    ReturnReason,
    Status,
    Transfer,
)
from .notifications import defer, tell
from .permissions import Actor, Side
from .staff_notices import staff_jobs
from .workflow import Taken, refuse_if_claimed, take

#: What the unit before had come to with a case is nothing to who has it next.
ANEW: Mapping[str, Any] = {
    "assignee": None,
    "committed_on": None,
    "verification": "",
    "subunit": None,
    "sub_assigned_on": None,
}


@transaction.atomic
def claim(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Put a case on one operator's screen, so that no other works on it."""
    taken = take(
        "claim",
        report,
        by=by,
        at=at,
        version=version,
        claimed_by=by.user,
        claimed_at=at,
    )
    return taken.report


@transaction.atomic
def release(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Give a case back to the queue before its claim runs out; nothing else changes."""
    if not by.is_desk:
        raise NotAllowed
    held = Report.objects.select_for_update().get(pk=report.pk)
    if version is not None and version != held.version:
        raise ChangedMeanwhile
    refuse_if_claimed(held, by=by, at=at)
    held.claimed_by = held.claimed_at = None
    held.save(update_fields=["claimed_by", "claimed_at"])
    return held


@transaction.atomic
def accept(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Accept a report; from now on it is on the public map, unless it must not be."""
    first = report.accepted_at or at
    taken = take("accept", report, by=by, at=at, version=version, accepted_at=first)
    if taken.was == Status.INFO_REQUESTED:
        _expect_anew(taken.report, at=at)
    return taken.report


@transaction.atomic
def refuse(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    reason: RefusalReason | None,
    text: str,
    version: int | None = None,
) -> Report:
    """Refuse a report with a reason and a text, and tell the reporter both.

    That something is missing is a reason only once the reporter was asked in vain.
    """
    asked_first = reason and reason.code in settings.CITY.refused_after_asking
    taken = take(
        "refuse",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        refusal_reason=reason,
        refusal_text=text.strip(),
    )
    if asked_first and taken.was != Status.INFO_REQUESTED:
        said = _("Ask the reporter first; this reason holds when no answer comes.")
        raise Missing(said, field="refusal_reason")
    return _end(taken, at=at)


@transaction.atomic
def ask_for_information(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Ask the reporter for what is missing; possible before the first transfer only.

    Meanwhile the citizen's clock stands still.
    """
    taken = take("ask", report, by=by, at=at, version=version, text=text)
    running = Clock.objects.filter(report=report, stopped_at__isnull=True)
    running.update(stopped_at=at)
    tell(taken.event, at=at)
    return taken.report


@transaction.atomic
def give_information(
    report: Report, *, at: datetime, text: str, uploads: Sequence[media.Upload] = ()
) -> Report:
    """Add what the operators asked for; the expected date is counted anew from now."""
    taken = take("give_information", report, by=Side.REPORTER, at=at, text=text)
    defer(media.keep(uploads, report=taken.report, at=at))
    _expect_anew(taken.report, at=at)
    return taken.report


@transaction.atomic
def answer(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Answer a question at the desk, which ends the case."""
    first = report.accepted_at or at
    taken = take(
        "answer", report, by=by, at=at, version=version, text=text, accepted_at=first
    )
    return _end(taken, at=at)


@transaction.atomic
def thank(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Pass thanks on; there is nothing to handle and no deadline."""
    return _end(take("thank", report, by=by, at=at, version=version), at=at)


@transaction.atomic
def point_to_emergency(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """End what only the emergency services can answer, and say so."""
    taken = take("point_to_emergency", report, by=by, at=at, version=version)
    return _end(taken, at=at)


@transaction.atomic
def transfer(
    report: Report,
    *,
    to: Organisation | None,
    by: Actor,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Report:
    """Put a case into a unit's hands and acknowledge it to the reporter, as one.

    Another unit than the one proposed needs a reason. The citizen's date becomes firm
    with the first transfer and stays; the unit's clock starts with each. After two hops
    between units, or back to one that gave it up to another, the shift lead decides.
    """
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if by.is_desk and not held.awaits_arbiter and needs_arbiter(held, to=to):
        raise PassedAround
    return put_into_hands(
        "transfer", report, to=to, by=by, at=at, reason=reason, version=version
    )


def put_into_hands(
    step: str,
    report: Report,
    *,
    to: Organisation | None,
    by: Actor,
    at: datetime,
    reason: str = "",
    version: int | None = None,
    is_final: bool = False,
) -> Report:
    """Transfer by one of the steps that do, inside the transaction of its verb.

    What it says otherwise than the rules, or than who had the case, is kept with it.
    """
    decision = DecisionRecord.objects.filter(report=report).latest("pk")
    proposed = decision.organisation_id
    overrides = to is not None and proposed not in {None, to.pk}
    if overrides and not reason.strip():
        said = _("Say why it goes to another unit than the one proposed.")
        raise Missing(said, field="reason")
    if to is not None and localdate(at) not in to.validity:
        raise Missing(_("This unit does not exist any more."), field="organisation")
    taken = take(
        step,
        report,
        by=by,
        at=at,
        version=version,
        organisation=to,
        is_arbitrated=is_final,
        **ANEW,
    )
    held = taken.report
    before = taken.holder.pk if taken.holder else _last_giver(held)
    was = before if before is not None else proposed
    Transfer.objects.create(
        report=held,
        sender=taken.holder,
        organisation=to,
        decision=decision,
        by=by.user,
        reason=reason.strip(),
        corrects_id=was if to is not None and was != to.pk else None,
        event=taken.event,
        is_final=is_final,
        at=at,
    )
    firm_up(held, at=at)
    tell(taken.event, at=at)
    return held


def _last_giver(report: Report) -> int | None:
    """Return who gave the case up last, of all that ever had it."""
    givers = Transfer.objects.filter(report=report, sender__isnull=False)
    return givers.order_by("-pk").values_list("sender", flat=True).first()


@transaction.atomic
def accept_and_transfer(
    report: Report,
    *,
    to: Organisation | None,
    by: Actor,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Report:
    """Accept a report and put it into a unit's hands at once: both, or neither."""
    accepted = accept(report, by=by, at=at, version=version)
    return transfer(accepted, to=to, by=by, at=at, reason=reason)


@transaction.atomic
def send_back(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    reason: ReturnReason | None,
    text: str = "",
    uploads: Sequence[media.Upload] = (),
    version: int | None = None,
) -> Report:
    """Return a case to the operators by one of the city's reasons, with what shows it.

    Words, photos or both are the evidence; only staff see the photos. The citizen's
    clock runs on. Where units have given the case up twice, it goes before the shift
    lead at once.
    """
    said = text.strip() or (str(reason.name) if reason and uploads else "")
    taken = take(
        "send_back",
        report,
        by=by,
        at=at,
        version=version,
        text=said,
        return_reason=reason,
        arguments={"reason": reason.code} if reason else {},
        organisation=None,
        **ANEW,
    )
    held = taken.report
    defer(media.keep(uploads, report=held, event=taken.event, at=at))
    Transfer.objects.create(
        report=held,
        sender=taken.holder,
        by=by.user,
        return_reason=reason,
        reason=said,
        event=taken.event,
        at=at,
    )
    running = Clock.objects.filter(report=held, stopped_at__isnull=True)
    running.filter(party=Clock.Party.UNIT).update(stopped_at=at)
    if needs_arbiter(held):
        call_arbiter(held, by=None, at=at)
        held.awaits_arbiter = True
        held.save(update_fields=["awaits_arbiter"])
        asked = Happening(
            code=Event.Code.ARBITER_ASKED, visibility=Event.Visibility.STAFF
        )
        (event,) = record(held, [asked], at=at, after=taken.event)
        defer(staff_jobs(event))
    return held


def _expect_anew(report: Report, *, at: datetime) -> None:
    """Let the citizen's clock run again after it stood still; its date is expected."""
    deadline = read_deadline(report.category, on=localdate(at))
    Clock.objects.filter(report=report, party=Clock.Party.CITIZEN).update(
        stopped_at=None,
        due_at=deadline.due(at).due_at,
        rule=deadline.rule,
        calendar_version=deadline.calendar.version,
    )


def firm_up(report: Report, *, at: datetime) -> None:
    """Make the citizen's date firm once, and start the clock of the unit at hand."""
    citizen = Clock.objects.get(report=report, party=Clock.Party.CITIZEN)
    deadline = read_deadline(report.category, on=localdate(at))
    if not citizen.is_firm:
        citizen.is_firm, citizen.due_at = True, deadline.due(at).due_at
        citizen.rule = deadline.rule
        citizen.calendar_version = deadline.calendar.version
        citizen.save(update_fields=["is_firm", "due_at", "rule", "calendar_version"])
    start_unit_clock(report, deadline, at=at)


def start_unit_clock(report: Report, deadline: Deadline, *, at: datetime) -> None:
    """Start the clock of the unit that has the case now; any other's stops."""
    running = Clock.objects.filter(report=report, stopped_at__isnull=True)
    running.filter(party=Clock.Party.UNIT).update(stopped_at=at)
    Clock.objects.create(
        report=report,
        party=Clock.Party.UNIT,
        organisation=report.organisation,
        rule=deadline.rule,
        started_at=at,
        due_at=deadline.due(at).due_at,
        is_firm=True,
        calendar_version=deadline.calendar.version,
    )


def _end(taken: Taken, *, at: datetime) -> Report:
    """Stop the clocks of a case that ends at the desk, and tell the reporter."""
    report = taken.report
    Clock.objects.filter(report=report, stopped_at__isnull=True).update(stopped_at=at)
    tell(taken.event, at=at)
    return report
