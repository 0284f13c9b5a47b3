"""Steps around the main way: a caller is asked where it is, a claim changes hands."""

from __future__ import annotations

from collections.abc import Mapping

from incidents.models.status import AT_DESK, ENDED

from .step import DESK, HANDS_CHANGE, REPORTER, SYSTEM, WAITING, E, S, Step

ATTENDED: Mapping[str, Step] = {
    "accept_itself": Step(
        sides=SYSTEM,
        sources=frozenset({S.RECEIVED}),
        target=S.ACCEPTED,
        event=E.ACCEPTED,
    ),
    "transfer_itself": Step(
        sides=SYSTEM,
        sources=frozenset({S.ACCEPTED}),
        target=S.TRANSFERRED,
        event=E.TRANSFERRED,
        needs=("organisation",),
        names_unit=True,
        meets=HANDS_CHANGE,
        stands={"awaits_arbiter": False, "is_arbitrated": False},
    ),
    "carry_on": Step(
        sides=SYSTEM,
        sources=frozenset({S.DUPLICATE}),
        target=None,
        event=E.SUCCEEDED,
    ),
    "ask_location": Step(
        sides=DESK,
        sources=WAITING | AT_DESK,
        target=None,
        event=E.LOCATION_ASKED,
    ),
    "give_location": Step(
        sides=REPORTER,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.LOCATED,
    ),
    "remind_reporter": Step(
        sides=SYSTEM,
        sources=frozenset({S.INFO_REQUESTED}),
        target=None,
        event=E.INFO_REMINDED,
    ),
    "give_claim": Step(
        sides=DESK,
        sources=frozenset(S) - ENDED,
        target=None,
        event=E.CLAIM_GIVEN,
        is_open=False,
    ),
    "add_recording": Step(
        sides=DESK,
        sources=frozenset(S) - {S.WITHDRAWN},
        target=None,
        event=E.RECORDING_ADDED,
        is_open=False,
    ),
}
