"""At the operators' desk: accept, refuse, ask, answer, transfer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import get_default_timezone, localdate
from django.utils.translation import gettext as _

from . import clocks, media
from .deadlines import Calendar, read_calendar, read_deadline
from .directives import let_go
from .errors import ChangedMeanwhile, Missing, NotAllowed, NotNow
from .hands import put_into_hands
from .history import Happening, last_event, record
from .hops import call_arbiter, needs_arbiter
from .members import ANEW, follow_head
from .models import (
    Article,
    Clock,
    Event,
    Organisation,
    RefusalReason,
    Report,
    ReturnReason,
    Status,
    Transfer,
)
from .notifications import defer, tell
from .objections import PassedAround
from .permissions import Actor, Side
from .staff_notices import staff_jobs
from .workflow import Taken, changes_after, refuse_if_claimed, said_of, take


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
        raise ChangedMeanwhile(said_of(changes_after(held, version)))
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
        is_quarantined=bool(reason and reason.is_quarantined),
    )
    if asked_first:
        _refuse_unless_asked_in_vain(taken, at=at)
    return _end(taken, at=at)


def cut_off(calendar: Calendar, *, at: datetime) -> datetime:
    """Return before which moment one must have been asked to be late with an answer."""
    on, left = localdate(at), settings.CITY.info_days
    while left:
        on -= timedelta(days=1)
        left -= calendar.is_worked(on)
    return datetime.combine(on, time.min, tzinfo=get_default_timezone())


@transaction.atomic
def ask_for_information(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Ask the reporter for what is missing; possible before the first transfer only.

    Meanwhile the citizen's clock stands still; a danger's runs on.
    """
    taken = take("ask", report, by=by, at=at, version=version, text=text)
    running = Clock.objects.running().filter(report=report)
    running.exclude(step=clocks.RUNS_ON).update(stopped_at=at)
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
    report: Report,
    *,
    by: Actor,
    at: datetime,
    text: str,
    article: Article | None = None,
    version: int | None = None,
) -> Report:
    """Answer a question at the desk, which ends the case.

    From which article, and which version of it, stands in the history. What is wrong
    somewhere is not answered but handled: who asks no question is no case of this.
    """
    first = report.accepted_at or at
    taken = take(
        "answer",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        accepted_at=first,
        arguments=_citing(article),
    )
    if taken.report.kind == Report.Kind.REPORT:
        raise NotNow(_("A problem is not answered. If it asks, call it a question."))
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
    moved = Transfer.objects.create(
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
    deadline = read_deadline(held.category, on=localdate(at))
    clocks.begin_targets(held, deadline, steps=clocks.ON_RETURN, at=at)
    along = follow_head(held, moved, at=at)
    let_go([held.pk, *(each.pk for each in along)], at=at, by=by.user)
    if needs_arbiter(held):
        call_arbiter(held, by=None, at=at)
        held.awaits_arbiter = True
        held.save(update_fields=["awaits_arbiter"])
        asked = Happening(
            code=Event.Code.ARBITER_ASKED, visibility=Event.Visibility.STAFF
        )
        (event,) = record(held, [asked], at=at, after=last_event(held))
        defer(staff_jobs(event))
    return held


def _expect_anew(report: Report, *, at: datetime) -> None:
    """Let the citizen's clock run again after it stood still; its date is expected."""
    deadline = read_deadline(report.category, on=localdate(at))
    Clock.objects.filter(report=report, party=Clock.Party.CITIZEN).update(
        stopped_at=None,
        due_at=deadline.due(at).due_at,
        counted_from=at,
        rule=deadline.rule,
        calendar_version=deadline.calendar.version,
    )
    clocks.begin_targets(report, deadline, steps=clocks.ON_RECEIPT, at=at)


def _refuse_unless_asked_in_vain(taken: Taken, *, at: datetime) -> None:
    """Let nobody be refused for what they were not asked, or may answer still."""
    said = ""
    if taken.was != Status.INFO_REQUESTED:
        said = _("Ask the reporter first; this reason holds when no answer comes.")
    else:
        asked = Event.objects.filter(code=Event.Code.INFO_REQUESTED)
        last = asked.filter(report=taken.report).latest("sequence")
        if last.at >= cut_off(read_calendar(), at=at):
            said = _("The reporter still has time to answer what was asked.")
    if said:
        raise Missing(said, field="refusal_reason")


def _citing(article: Article | None) -> dict[str, str]:
    if article is None:
        return {}
    return {"article": article.code, "article_version": str(article.version)}


def _end(taken: Taken, *, at: datetime) -> Report:
    """Stop the clocks of a case that ends at the desk, and tell the reporter."""
    report = taken.report
    Clock.objects.filter(report=report, stopped_at__isnull=True).update(stopped_at=at)
    tell(taken.event, at=at)
    return report
