"""One step of a case: who may take it from where to where, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from incidents.models import Event, Status, Target
from incidents.models.status import AT_DESK
from incidents.permissions import Side

S, E = Status, Event.Code
DESK, UNIT = frozenset({Side.DESK}), frozenset({Side.UNIT})
#: Whoever works on a case: of the unit that answers, or of a part it shares it with.
CREW = UNIT | {Side.PART}
REPORTER, CANDIDATE = frozenset({Side.REPORTER}), frozenset({Side.CANDIDATE})
WAITING = frozenset({S.RECEIVED, S.INFO_REQUESTED})
HELD = frozenset({S.ACKNOWLEDGED, S.VERIFYING, S.IN_PROGRESS})
#: A new pair of hands: what the ones before were asked for is asked of them no more.
HANDS_CHANGE = frozenset({Target.ACCEPT, Target.ACKNOWLEDGE, Target.ANSWER})
TAKEN = frozenset({Target.ACKNOWLEDGE})
ARBITER = frozenset({Side.ARBITER})
SYSTEM = frozenset({Side.SYSTEM})
#: Where a case may be when nobody can say whose it is but the arbiter.
DISPUTED = AT_DESK | HELD | {S.TRANSFERRED, S.PAUSED, S.REOPENED}


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
    meets: frozenset[Target] = frozenset()  #: The internal targets that end with it.
    #: Whether a unit that is late takes it only once it has committed to a day.
    after_commitment: bool = False
    #: What else must be so of the case, field by field.
    stands: Mapping[str, object] = field(default_factory=dict)
