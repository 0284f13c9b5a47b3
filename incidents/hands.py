"""In hands: a case put into a unit's, its dates made firm and its clock begun."""

from __future__ import annotations

from datetime import datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from . import clocks
from .deadlines import Deadline, read_deadline
from .directives import let_go
from .errors import Missing, NotNow
from .members import ANEW, follow_head
from .models import Clock, DecisionRecord, Organisation, Report, Transfer
from .models.status import IN_HAND
from .notifications import tell
from .permissions import Actor
from .workflow import take


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
    Who has the case is not given it again. Of an incident's head, the reports of the
    incident go along.
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
    if to is not None and taken.was in IN_HAND and taken.holder == to:
        # Its clock would begin again, with five days more.
        raise NotNow(_("This unit has the case already."))
    before = taken.holder.pk if taken.holder else _last_giver(held)
    was = before if before is not None else proposed
    moved = Transfer.objects.create(
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
    along = follow_head(held, moved, at=at)
    let_go([held.pk, *(each.pk for each in along)], at=at, by=by.user)
    return held


def _last_giver(report: Report) -> int | None:
    """Return who gave the case up last, of all that ever had it."""
    givers = Transfer.objects.filter(report=report, sender__isnull=False)
    return givers.order_by("-pk").values_list("sender", flat=True).first()


def firm_up(report: Report, *, at: datetime) -> None:
    """Make the citizen's date firm once, and start the clock of the unit at hand."""
    citizen = Clock.objects.get(report=report, party=Clock.Party.CITIZEN)
    deadline = read_deadline(report.category, on=localdate(at))
    if not citizen.is_firm:
        citizen.is_firm, citizen.due_at = True, deadline.due(at).due_at
        citizen.counted_from, citizen.rule = at, deadline.rule
        citizen.calendar_version = deadline.calendar.version
        citizen.save(
            update_fields=[
                "is_firm",
                "due_at",
                "counted_from",
                "rule",
                "calendar_version",
            ]
        )
    start_unit_clock(report, deadline, at=at)
    clocks.begin_targets(report, deadline, steps=clocks.ON_TRANSFER, at=at)


def start_unit_clock(report: Report, deadline: Deadline, *, at: datetime) -> None:
    """Start the clock of the unit that has the case now; any other's stops."""
    running = Clock.objects.filter(report=report, stopped_at__isnull=True)
    running.filter(party=Clock.Party.UNIT).update(stopped_at=at)
    clock = Clock(
        report=report,
        party=Clock.Party.UNIT,
        organisation=report.organisation,
        rule=deadline.rule,
        started_at=at,
        is_firm=True,
        calendar_version=deadline.calendar.version,
    )
    clock.due_at = clocks.planned_end(clock) or deadline.due(at).due_at
    clock.save()
