"""Steps by which what a unit found, shares or will not keep is agreed with others."""

from __future__ import annotations

from collections.abc import Mapping

from incidents.models import Approval
from incidents.models.status import AT_DESK
from incidents.permissions import Side

from .step import (
    ARBITER,
    CREW,
    DESK,
    DISPUTED,
    HANDS_CHANGE,
    HELD,
    UNIT,
    E,
    S,
    Step,
)


def _decline(approval: Approval) -> Step:
    """Say how an operator does not let a case end: its unit has it again."""
    return Step(
        sides=DESK,
        sources=frozenset({S.AWAITING}),
        target=S.VERIFYING,
        event=E.NOT_ENDED,
        needs=("text",),
        is_open=False,
        stands={"approval": approval.value},
    )


CHECKED: Mapping[str, Step] = {
    "confirm": Step(
        sides=UNIT,
        sources=HELD,
        target=S.IN_PROGRESS,
        event=E.VERIFIED,
        names_unit=True,
        after_commitment=True,
    ),
    "leave_unclear": Step(
        sides=UNIT,
        sources=HELD,
        target=S.VERIFYING,
        event=E.UNCLEAR,
        needs=("text",),
        names_unit=True,
        after_commitment=True,
    ),
    "ask_to_end": Step(
        sides=UNIT,
        sources=HELD,
        target=S.AWAITING,
        event=E.FINDING,
        needs=("text", "approval"),
        is_open=False,
        names_unit=True,
    ),
    "end_untrue": Step(
        sides=DESK,
        sources=frozenset({S.AWAITING}),
        target=S.RESOLVED,
        event=E.NOT_TRUE,
        stands={"approval": Approval.NOT_TRUE.value},
    ),
    "end_unfound": Step(
        sides=DESK,
        sources=frozenset({S.AWAITING}),
        target=S.RESOLVED,
        event=E.NOT_FOUND,
        stands={"approval": Approval.NOT_FOUND.value},
    ),
    # It goes along with the other case from where it lay before it was asked.
    "agree_duplicate": Step(
        sides=DESK,
        sources=frozenset({S.AWAITING}),
        target=S.VERIFYING,
        event=E.AGREED,
        is_open=False,
        stands={"approval": Approval.DUPLICATE.value},
    ),
    "decline_untrue": _decline(Approval.NOT_TRUE),
    "decline_unfound": _decline(Approval.NOT_FOUND),
    "decline_duplicate": _decline(Approval.DUPLICATE),
    "share": Step(
        sides=UNIT,
        sources=HELD | {S.PAUSED},
        target=None,
        event=E.SUB_ASSIGNED,
        needs=("part",),
        after_commitment=True,
    ),
    "end_share": Step(
        sides=CREW,
        sources=HELD | {S.PAUSED},
        target=None,
        event=E.SUB_ENDED,
        needs=("text",),
        is_open=False,
    ),
    "approve_result": Step(
        sides=frozenset({Side.APPROVER}),
        sources=frozenset({S.AWAITING}),
        target=None,
        event=E.RESULT_APPROVED,
        is_open=False,
        stands={"approval": Approval.LEADER.value},
    ),
    "ask_arbiter": Step(
        sides=DESK,
        sources=AT_DESK | {S.TRANSFERRED, S.REOPENED},
        target=None,
        event=E.ARBITER_ASKED,
        needs=("text",),
        is_open=False,
        stands={"awaits_arbiter": False},
    ),
    "appeal": Step(
        sides=UNIT,
        sources=HELD | {S.TRANSFERRED, S.PAUSED, S.REOPENED},
        target=None,
        event=E.ARBITER_ASKED,
        needs=("text",),
        is_open=False,
        stands={"awaits_arbiter": False, "is_arbitrated": True},
    ),
    "arbitrate": Step(
        sides=ARBITER,
        sources=DISPUTED,
        target=None,
        event=E.ARBITRATED,
        needs=("text",),
        is_open=False,
        names_unit=True,
        stands={"awaits_arbiter": True},
    ),
    "transfer_finally": Step(
        sides=ARBITER,
        sources=DISPUTED,
        target=S.TRANSFERRED,
        event=E.TRANSFERRED,
        needs=("organisation",),
        names_unit=True,
        meets=HANDS_CHANGE,
    ),
}
