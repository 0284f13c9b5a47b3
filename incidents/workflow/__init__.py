"""Which status may follow which: one table, and the one way to take a step."""

from .step import Step
from .steps import STEPS
from .taking import CLAIM_HOLDS, FIELDS, Taken, open_steps, refuse_if_claimed, take

__all__ = [
    "CLAIM_HOLDS",
    "FIELDS",
    "STEPS",
    "Step",
    "Taken",
    "open_steps",
    "refuse_if_claimed",
    "take",
]
