"""The one way to take a step: held, checked, written down, and told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.clocks import meet, must_commit, run_again
from incidents.errors import (
    ChangedMeanwhile,
    ClaimedByAnother,
    CommitFirst,
    Missing,
    NotAllowed,
    NotNow,
)
from incidents.history import Happening, last_event, naming, record
from incidents.models import Event, Organisation, Report, Status
from incidents.models.status import ENDED
from incidents.notifications import defer
from incidents.objections import ArbiterDecided, WaitsForApproval, WaitsForArbiter
from incidents.permissions import Actor, Side
from incidents.staff_notices import staff_jobs

from .meanwhile import changes_after, said_of
from .step import DESK, Step
from .steps import STEPS

#: A claim left alone for so long is nobody's any more.
CLAIM_HOLDS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step that was taken: the case as it is now, and what was written down."""

    report: Report
    event: Event
    was: Status
    holder: Organisation | None  #: Who had the case until then; none for the desk.


def open_steps(report: Report, sides: frozenset[Side]) -> list[str]:
    """Return the steps that someone on these sides may take now."""
    return [
        name
        for name, step in STEPS.items()
        if step.sides & sides and report.status in step.sources and stands(step, report)
    ]


def stands(step: Step, report: Report) -> bool:
    """Tell whether all is so of the case that a step asks for beside its state."""
    return all(getattr(report, field) == so for field, so in step.stands.items())


def take(
    name: str,
    report: Report,
    *,
    by: Actor | Side,
    at: datetime,
    version: int | None = None,
    text: str = "",
    arguments: dict[str, str] | None = None,
    proven: frozenset[Side] = frozenset(),
    **given: Any,
) -> Taken:
    """Take one step, or refuse it with the reason; call it inside the verb's atomic.

    The row is held until the end, so that two people cannot take a case in two
    directions. What is `given` is set on the report where it has such a field; `proven`
    is a side that the verb itself has found this person on.
    """
    step = STEPS[name]
    held = _hold(report)
    sides = by.sides(held) if isinstance(by, Actor) else frozenset({by})
    # First, since whose case it is may be what has changed.
    if version is not None and version != held.version:
        raise ChangedMeanwhile(said_of(changes_after(held, version)))
    if not step.sides & (sides | proven):
        raise NotAllowed
    if isinstance(by, Actor) and step.sides == DESK:
        refuse_if_claimed(held, by=by, at=at)
    if held.status not in step.sources:
        raise NotNow
    as_unit = Side.UNIT in sides and Side.DESK not in sides
    if step.after_commitment and as_unit and must_commit(held, at=at):
        raise CommitFirst
    if not stands(step, held):
        _say_why_not(step, held)
    given["text"] = text = text.strip()
    for need in step.needs:
        if not given.get(need):
            raise Missing(_("This is needed here."), field=need)
    was, holder = Status(held.status), held.organisation
    for field in given.keys() & FIELDS:
        setattr(held, field, given[field])
    _lead_on(held, step)
    held.version += 1
    held.updated_at = at
    held.save()
    shown = Event.Visibility.REPORTER if step.is_open else Event.Visibility.STAFF
    names = naming(held.organisation or holder) if step.names_unit else {}
    said = Happening(
        code=step.event,
        arguments=names | (arguments or {}),
        text=text,
        visibility=shown,
    )
    user = by.user if isinstance(by, Actor) else None
    (event,) = record(held, [said], at=at, by=user, after=last_event(held))
    _mind_clocks(held, step, was=was, as_unit=as_unit)
    defer(staff_jobs(event))
    return Taken(report=held, event=event, was=was, holder=holder)


def _lead_on(report: Report, step: Step) -> None:
    """Put a case into its next state; what it awaited in the one before is over."""
    report.status = step.target or report.status
    if report.status != Status.AWAITING:
        report.approval = ""
    if report.status in ENDED:
        report.awaits_arbiter = False


def _say_why_not(step: Step, report: Report) -> NoReturn:
    """Refuse a step that the state of the case allows and something else does not."""
    if report.awaits_arbiter and step.stands.get("awaits_arbiter") is False:
        raise WaitsForArbiter
    if report.is_arbitrated and step.stands.get("is_arbitrated") is False:
        raise ArbiterDecided
    if report.approval and "approval" in step.stands:
        raise WaitsForApproval
    raise NotNow


FIELDS = frozenset(
    {
        "accepted_at",
        "accuracy",
        "approval",
        "address",
        "assignee",
        "awaits_arbiter",
        "boundary_id",
        "category",
        "claimed_at",
        "claimed_by",
        "committed_on",
        "current_place_id",
        "is_arbitrated",
        "declared_ward",
        "is_public",
        "kind",
        "master",
        "is_quarantined",
        "organisation",
        "paused_until",
        "place_id",
        "place_source",
        "point",
        "public_point",
        "public_title",
        "refusal_reason",
        "refusal_text",
        "reminded_at",
        "resolved_at",
        "sub_assigned_on",
        "subunit",
        "verification",
        "world_cell",
    }
)


def refuse_if_claimed(report: Report, *, by: Actor, at: datetime) -> None:
    """Keep two operators from working on one report, while a claim holds."""
    claimed_at = report.claimed_at
    holds = claimed_at is not None and at - claimed_at < CLAIM_HOLDS
    if holds and report.claimed_by_id not in {None, by.user.pk}:
        raise ClaimedByAnother


def _mind_clocks(report: Report, step: Step, *, was: Status, as_unit: bool) -> None:
    """End the targets that the step meets, and a pause that it breaks off."""
    at = report.updated_at
    if step.meets and (as_unit or Side.UNIT not in step.sides):
        meet(report, step.meets, at=at)
    if was == Status.PAUSED != report.status:
        run_again(report, at=at)


def _hold(report: Report) -> Report:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A step is taken inside the transaction of its verb.")
    held = Report.objects.select_for_update(of=("self",))
    return held.select_related("category", "organisation", "master").get(pk=report.pk)
