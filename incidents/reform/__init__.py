"""Reformed: on the day units end and others carry on, open cases go over to these.

`heirs` reads who carries on for whom, `choosing` finds the heir of each case,
`handing` moves the cases, `relocating` says anew in which ward each report lies,
`foresight` tells all that beforehand.
"""

from .foresight import Load, Moves, moves, plan
from .handing import (
    BATCH,
    due,
    hand_over,
    has_moved_cases,
    heirs_without_hands,
    units_with_past_places,
)

__all__ = [
    "BATCH",
    "Load",
    "Moves",
    "due",
    "hand_over",
    "has_moved_cases",
    "heirs_without_hands",
    "moves",
    "plan",
    "units_with_past_places",
]
