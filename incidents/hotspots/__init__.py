"""Hot spots: where an agency's incidents lie thick, and whether by more than chance.

The zone is laid out in hexagons, those without incidents too; each holds the priority
points of its incidents, a duplicate counted once through its master, an incident of
many once. Getis-Ord Gi* compares each hexagon and its neighbours with the whole zone,
against chance as drawn ten thousand times; of what it calls hot at most one in twenty
is expected to be by chance alone (false discovery rate). ADR 0055 says why so.
"""

from .asking import Asked, Counted, incidents_of
from .counting import Case, Tally, cases_in, count
from .finding import HotSpots, Spot, find_hot_spots
from .naming import streets_of
from .quiet import Quiet, quiet_wards
from .significance import LEVEL, PERMUTATIONS, Significance, gi_star
from .zones import Zone, read_streets, read_zone

__all__ = [
    "LEVEL",
    "PERMUTATIONS",
    "Asked",
    "Case",
    "Counted",
    "HotSpots",
    "Quiet",
    "Significance",
    "Spot",
    "Tally",
    "Zone",
    "cases_in",
    "count",
    "find_hot_spots",
    "gi_star",
    "incidents_of",
    "quiet_wards",
    "read_streets",
    "read_zone",
    "streets_of",
]
