"""Which status may follow which: one table, and the one way to take a step."""

from .meanwhile import Change, changes_after, said_of
from .step import Step
from .steps import STEPS
from .taking import CLAIM_HOLDS, FIELDS, Taken, open_steps, refuse_if_claimed, take

__all__ = [
    "CLAIM_HOLDS",
    "FIELDS",
    "STEPS",
    "Change",
    "Step",
    "Taken",
    "changes_after",
    "open_steps",
    "refuse_if_claimed",
    "said_of",
    "take",
]
