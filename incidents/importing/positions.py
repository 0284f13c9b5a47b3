"""Positions: where something is, by two numbers, checked for what files get wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: One comma between digits is a decimal one: 10,7769.
COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where the city lies at most: west, south, east, north, in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a point may be of this city at all."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def read_number(said: str) -> float:
    """Read a coordinate, with a point or a comma. Raises ValueError."""
    try:
        number = float(said)
    except ValueError:
        if not COMMA.fullmatch(said):
            raise
        number = float(said.replace(",", "."))
    return number


def refuse_misplaced(lon: float, lat: float, *, ground: Ground) -> str:
    """Say what is wrong with a point; nothing where it may be right."""
    if ground.holds(lon, lat):
        return ""
    if lon == 0 and lat == 0:
        return "lies at 0, 0: no position"
    if ground.holds(lat, lon):
        return "has latitude and longitude swapped"
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return "is not in degrees"
    return "lies outside the city"
