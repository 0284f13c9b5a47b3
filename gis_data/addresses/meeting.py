"""Where two streets meet."""

from __future__ import annotations

from math import hypot

from shapely import from_wkb
from shapely.ops import nearest_points

from .gazetteer import Stretch

#: So near two lines of one junction come, in degrees; about forty metres.
MEETS = 0.0004
Point = tuple[float, float]


def meeting_of(one: Stretch, other: Stretch) -> tuple[float, Point] | None:
    """Return how near two streets come, and where; nothing if they do not meet."""
    if one.line is None or other.line is None or not _boxes_meet(one, other):
        return None
    here, there = nearest_points(from_wkb(one.line), from_wkb(other.line))
    gap = hypot(here.x - there.x, here.y - there.y)
    if gap > MEETS:
        return None
    return gap, (round((here.x + there.x) / 2, 6), round((here.y + there.y) / 2, 6))


def _boxes_meet(one: Stretch, other: Stretch) -> bool:
    if one.box is None or other.box is None:
        return False
    west, south, east, north = one.box
    return (
        west - MEETS <= other.box[2]
        and other.box[0] <= east + MEETS
        and south - MEETS <= other.box[3]
        and other.box[1] <= north + MEETS
    )
