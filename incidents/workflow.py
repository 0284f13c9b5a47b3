"""Which status may follow which: one table, and the one way to take a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .errors import ChangedMeanwhile, ClaimedByAnother, Missing, NotAllowed, NotNow
from .history import Happening, last_event, naming, record
from .models import Event, Organisation, Report, Status
from .models.status import AT_DESK, ENDED, IN_HAND
from .notifications import defer
from .permissions import Actor, Side
from .staff_notices import staff_jobs

S, E = Status, Event.Code
DESK, UNIT = frozenset({Side.DESK}), frozenset({Side.UNIT})
REPORTER, CANDIDATE = frozenset({Side.REPORTER}), frozenset({Side.CANDIDATE})
WAITING = frozenset({S.RECEIVED, S.INFO_REQUESTED})
HELD = frozenset({S.ACKNOWLEDGED, S.VERIFYING, S.IN_PROGRESS})
#: A claim left alone for so long is nobody's any more.
CLAIM_HOLDS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who may take a case from where to where, and what must be given with it."""

    sides: frozenset[Side]
    sources: frozenset[Status]
    target: Status | None  #: None leaves the status as it is.
    event: Event.Code
    needs: tuple[str, ...] = ()
    is_open: bool = True  #: Whether the reporter sees it in the timeline.
    names_unit: bool = False  #: Whether it is told with the name of the unit.


STEPS: Mapping[str, Step] = {
    "claim": Step(
        sides=DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.CLAIMED,
        is_open=False,
    ),
    "accept": Step(sides=DESK, sources=WAITING, target=S.ACCEPTED, event=E.ACCEPTED),
    "refuse": Step(
        sides=DESK,
        sources=WAITING | {S.ACCEPTED, S.RETURNED},
        target=S.REFUSED,
        event=E.REFUSED,
        needs=("refusal_reason", "refusal_text"),
    ),
    "ask": Step(
        sides=DESK,
        sources=WAITING,
        target=S.INFO_REQUESTED,
        event=E.INFO_REQUESTED,
        needs=("text",),
    ),
    "give_information": Step(
        sides=REPORTER,
        sources=frozenset({S.INFO_REQUESTED}),
        target=S.RECEIVED,
        event=E.INFO_GIVEN,
        needs=("text",),
    ),
    "answer": Step(
        sides=DESK,
        sources=WAITING | {S.ACCEPTED},
        target=S.ANSWERED,
        event=E.ANSWERED,
        needs=("text",),
    ),
    "thank": Step(sides=DESK, sources=WAITING, target=S.THANKED, event=E.THANKED),
    "point_to_emergency": Step(
        sides=DESK, sources=WAITING, target=S.EMERGENCY, event=E.EMERGENCY
    ),
    "withdraw": Step(
        sides=REPORTER,
        sources=WAITING | AT_DESK | {S.TRANSFERRED},
        target=S.WITHDRAWN,
        event=E.WITHDRAWN,
    ),
    "transfer": Step(
        sides=DESK,
        sources=AT_DESK | {S.TRANSFERRED, S.REOPENED},
        target=S.TRANSFERRED,
        event=E.TRANSFERRED,
        needs=("organisation",),
        names_unit=True,
    ),
    "ask_units": Step(sides=DESK, sources=AT_DESK, target=None, event=E.UNITS_ASKED),
    "take_up": Step(
        sides=CANDIDATE,
        sources=AT_DESK,
        target=S.TRANSFERRED,
        event=E.TRANSFERRED,
        needs=("organisation",),
        names_unit=True,
    ),
    "decline": Step(
        sides=CANDIDATE,
        sources=AT_DESK,
        target=None,
        event=E.NOT_OURS,
        needs=("text",),
        is_open=False,
    ),
    "approve_title": Step(
        sides=DESK,
        sources=frozenset(S) - {S.WITHDRAWN},
        target=None,
        event=E.TITLED,
        needs=("public_title",),
        is_open=False,
    ),
    "approve_photo": Step(
        sides=DESK,
        sources=frozenset(S) - {S.WITHDRAWN},
        target=None,
        event=E.PHOTO_SHOWN,
        is_open=False,
    ),
    "move": Step(
        sides=DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.MOVED,
        needs=("text",),
    ),
    "reclassify": Step(
        sides=DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.RECLASSIFIED,
        needs=("text",),
    ),
    "acknowledge": Step(
        sides=UNIT,
        sources=frozenset({S.TRANSFERRED, S.REOPENED}),
        target=S.ACKNOWLEDGED,
        event=E.ACKNOWLEDGED,
        names_unit=True,
    ),
    "send_back": Step(
        sides=UNIT,
        sources=frozenset({S.TRANSFERRED, S.REOPENED}) | HELD,
        target=S.RETURNED,
        event=E.RETURNED,
        needs=("text",),
        names_unit=True,
    ),
    "verify": Step(
        sides=UNIT,
        sources=frozenset({S.ACKNOWLEDGED}),
        target=S.VERIFYING,
        event=E.VERIFYING,
        names_unit=True,
    ),
    "start": Step(
        sides=UNIT,
        sources=frozenset({S.TRANSFERRED, S.ACKNOWLEDGED, S.VERIFYING, S.REOPENED}),
        target=S.IN_PROGRESS,
        event=E.STARTED,
        names_unit=True,
    ),
    "pause": Step(
        sides=UNIT,
        sources=HELD,
        target=S.PAUSED,
        event=E.PAUSED,
        needs=("text", "paused_until"),
    ),
    "resume": Step(
        sides=UNIT,
        sources=frozenset({S.PAUSED}),
        target=S.IN_PROGRESS,
        event=E.RESUMED,
    ),
    "note": Step(
        sides=UNIT | DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.PROGRESS,
        needs=("text",),
    ),
    "propose_result": Step(
        sides=UNIT,
        sources=HELD | {S.PAUSED},
        target=S.AWAITING,
        event=E.RESULT_PROPOSED,
        needs=("outcome", "text"),
        is_open=False,
    ),
    "send_result_back": Step(
        sides=frozenset({Side.APPROVER}),
        sources=frozenset({S.AWAITING}),
        target=S.IN_PROGRESS,
        event=E.RESULT_SENT_BACK,
        needs=("text",),
        is_open=False,
    ),
    "publish_result": Step(
        sides=frozenset({Side.APPROVER, Side.SYSTEM}),
        sources=frozenset({S.AWAITING}),
        target=S.RESOLVED,
        event=E.RESOLVED,
        names_unit=True,
    ),
    "commit": Step(
        sides=UNIT,
        sources=HELD | {S.TRANSFERRED, S.PAUSED, S.REOPENED},
        target=None,
        event=E.COMMITTED,
        needs=("text", "committed_on"),
        names_unit=True,
    ),
    "assign": Step(
        sides=UNIT,
        sources=IN_HAND,
        target=None,
        event=E.ASSIGNED,
        is_open=False,
    ),
    "write": Step(
        sides=UNIT | DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.MESSAGE,
        needs=("text",),
        names_unit=True,
    ),
    "reply": Step(
        sides=REPORTER,
        sources=frozenset(S) - ENDED - {S.INFO_REQUESTED},
        target=None,
        event=E.REPLIED,
        needs=("text",),
    ),
    "remind": Step(
        sides=REPORTER,
        sources=IN_HAND | AT_DESK,
        target=None,
        event=E.REMINDED,
        names_unit=True,
    ),
    "reopen": Step(
        sides=REPORTER,
        sources=frozenset({S.RESOLVED}),
        target=S.REOPENED,
        event=E.REOPENED,
        needs=("text",),
    ),
}


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
        if step.sides & sides and report.status in step.sources
    ]


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
    if not step.sides & (sides | proven):
        raise NotAllowed
    if version is not None and version != held.version:
        raise ChangedMeanwhile
    if isinstance(by, Actor) and step.sides == DESK:
        refuse_if_claimed(held, by=by, at=at)
    if held.status not in step.sources:
        raise NotNow
    given["text"] = text = text.strip()
    for need in step.needs:
        if not given.get(need):
            raise Missing(_("This is needed here."), field=need)
    was, holder = Status(held.status), held.organisation
    for field in given.keys() & FIELDS:
        setattr(held, field, given[field])
    held.status = step.target or held.status
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
    defer(staff_jobs(event))
    return Taken(report=held, event=event, was=was, holder=holder)


FIELDS = frozenset(
    {
        "accepted_at",
        "accuracy",
        "assignee",
        "boundary_id",
        "category",
        "claimed_at",
        "claimed_by",
        "committed_on",
        "current_place_id",
        "is_public",
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
        "world_cell",
    }
)


def refuse_if_claimed(report: Report, *, by: Actor, at: datetime) -> None:
    """Keep two operators from working on one report, while a claim holds."""
    claimed_at = report.claimed_at
    holds = claimed_at is not None and at - claimed_at < CLAIM_HOLDS
    if holds and report.claimed_by_id not in {None, by.user.pk}:
        raise ClaimedByAnother


def _hold(report: Report) -> Report:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A step is taken inside the transaction of its verb.")
    held = Report.objects.select_for_update(of=("self",))
    return held.select_related("category", "organisation").get(pk=report.pk)
