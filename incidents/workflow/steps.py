"""The table of steps: who may take a case from where to where, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from incidents.models import Event, Status, Target
from incidents.models.status import AT_DESK, ENDED, IN_HAND
from incidents.permissions import Side

S, E = Status, Event.Code
DESK, UNIT = frozenset({Side.DESK}), frozenset({Side.UNIT})
REPORTER, CANDIDATE = frozenset({Side.REPORTER}), frozenset({Side.CANDIDATE})
WAITING = frozenset({S.RECEIVED, S.INFO_REQUESTED})
HELD = frozenset({S.ACKNOWLEDGED, S.VERIFYING, S.IN_PROGRESS})
#: A new pair of hands: what the ones before were asked for is asked of them no more.
HANDS_CHANGE = frozenset({Target.ACCEPT, Target.ACKNOWLEDGE, Target.ANSWER})
TAKEN = frozenset({Target.ACKNOWLEDGE})


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
        meets=HANDS_CHANGE,
    ),
    "ask_units": Step(sides=DESK, sources=AT_DESK, target=None, event=E.UNITS_ASKED),
    "take_up": Step(
        sides=CANDIDATE,
        sources=AT_DESK,
        target=S.TRANSFERRED,
        event=E.TRANSFERRED,
        needs=("organisation",),
        names_unit=True,
        meets=HANDS_CHANGE,
    ),
    "decline": Step(
        sides=CANDIDATE,
        sources=AT_DESK,
        target=None,
        event=E.NOT_OURS,
        needs=("text",),
        is_open=False,
    ),
    "merge": Step(
        sides=DESK,
        sources=frozenset(S) - ENDED,
        target=S.DUPLICATE,
        event=E.MERGED,
        needs=("master",),
    ),
    # Back to where it was: the verb knows the state, and puts it there.
    "unmerge": Step(
        sides=DESK,
        sources=frozenset({S.DUPLICATE}),
        target=None,
        event=E.UNMERGED,
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
        meets=TAKEN,
    ),
    "send_back": Step(
        sides=UNIT,
        sources=frozenset({S.TRANSFERRED, S.REOPENED}) | HELD,
        target=S.RETURNED,
        event=E.RETURNED,
        needs=("text",),
        names_unit=True,
        meets=HANDS_CHANGE,
    ),
    "verify": Step(
        sides=UNIT,
        sources=frozenset({S.ACKNOWLEDGED}),
        target=S.VERIFYING,
        event=E.VERIFYING,
        names_unit=True,
        after_commitment=True,
    ),
    "start": Step(
        sides=UNIT,
        sources=frozenset({S.TRANSFERRED, S.ACKNOWLEDGED, S.VERIFYING, S.REOPENED}),
        target=S.IN_PROGRESS,
        event=E.STARTED,
        names_unit=True,
        meets=TAKEN,
        after_commitment=True,
    ),
    "pause": Step(
        sides=UNIT,
        sources=HELD,
        target=S.PAUSED,
        event=E.PAUSED,
        needs=("text", "paused_until"),
        after_commitment=True,
    ),
    "resume": Step(
        sides=UNIT | {Side.SYSTEM},
        sources=frozenset({S.PAUSED}),
        target=S.IN_PROGRESS,
        event=E.RESUMED,
        after_commitment=True,
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
        meets=frozenset({Target.ANSWER}),
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
        meets=frozenset({Target.ANSWER}),
    ),
    "make_safe": Step(
        sides=UNIT,
        sources=IN_HAND,
        target=None,
        event=E.MADE_SAFE,
        needs=("text",),
        names_unit=True,
        meets=frozenset({Target.SAFE}),
    ),
    "extend": Step(
        sides=frozenset({Side.LEADER}),
        sources=IN_HAND - {S.AWAITING},
        target=None,
        event=E.EXTENDED,
        needs=("text", "working_days"),
    ),
    "direct": Step(
        sides=frozenset({Side.ABOVE}),
        sources=IN_HAND,
        target=None,
        event=E.DIRECTED,
        needs=("text", "due_on"),
        is_open=False,
        names_unit=True,
    ),
    "answer_directive": Step(
        sides=UNIT,
        sources=frozenset(S),
        target=None,
        event=E.DIRECTIVE_ANSWER,
        needs=("text",),
        is_open=False,
        names_unit=True,
    ),
    "close_directive": Step(
        sides=frozenset({Side.ABOVE}),
        sources=frozenset(S),
        target=None,
        event=E.DIRECTIVE_CLOSED,
        is_open=False,
    ),
    "assign": Step(
        sides=UNIT,
        sources=IN_HAND,
        target=None,
        event=E.ASSIGNED,
        is_open=False,
        after_commitment=True,
    ),
    "ask_contact": Step(
        sides=UNIT,
        sources=IN_HAND,
        target=None,
        event=E.CONTACT_ASKED,
        is_open=False,
        names_unit=True,
    ),
    "grant_contact": Step(
        sides=DESK | {Side.SYSTEM},
        sources=IN_HAND,
        target=None,
        event=E.CONTACT_GRANTED,
        is_open=False,
        names_unit=True,
    ),
    "deny_contact": Step(
        sides=DESK,
        sources=IN_HAND,
        target=None,
        event=E.CONTACT_DENIED,
        needs=("text",),
        is_open=False,
        names_unit=True,
    ),
    "write": Step(
        sides=UNIT | DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.MESSAGE,
        needs=("text",),
        names_unit=True,
        meets=frozenset({Target.ANSWER}),
        after_commitment=True,
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
