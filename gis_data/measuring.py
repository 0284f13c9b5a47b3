"""Measured by the thousand: how far points lie from shapes, to the bit as PostGIS.

What is held in memory must say what the database says, also on the very line of a
border: so distances and covering are computed as PostGIS computes them, in double
precision, segment by segment, and boxes are compared as its indexes compare them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .geometry import metres_a_degree

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
Shapes = NDArray[np.object_]
Truths = NDArray[np.bool_]
#: Shorter segments are none, where PostGIS asks on which side of one a point lies.
NO_LENGTH = 1e-24
#: The box that an index holds is off by less than this, in degrees.
BOX_SLACK = 2e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """The straight lines that shapes are drawn with, shape by shape, in their order."""

    starts: Integers  #: Where the segments of each shape begin; one more for the end.
    ends: Numbers  #: Of each segment: from x, y to x, y.
    rounds: Truths  #: Whether it goes round a polygon.

    @classmethod
    def of(cls, shapes: Shapes) -> Segments:
        """Take shapes of any kind apart; a point is a segment without a length."""
        parts, whose = _simple(shapes)
        is_polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        rings, of_polygon = shapely.get_rings(parts[is_polygon], return_index=True)
        lines = np.concatenate([rings, parts[~is_polygon]])
        owners = np.concatenate([whose[is_polygon][of_polygon], whose[~is_polygon]])
        drawn_round = np.arange(len(lines)) < len(rings)
        xy, line = shapely.get_coordinates(lines, return_index=True)
        is_lone = np.bincount(line, minlength=len(lines))[line] == 1
        follows = np.flatnonzero(is_lone | np.append(line[1:] == line[:-1], False))
        goes_to = np.where(is_lone[follows], follows, follows + 1)
        owner = owners[line[follows]]
        order = np.argsort(owner, kind="stable")
        return cls(
            starts=np.searchsorted(owner[order], np.arange(len(shapes) + 1)),
            ends=np.column_stack([xy[follows], xy[goes_to]])[order],
            rounds=drawn_round[line[follows]][order],
        )

    def ways(self, spots: Numbers, shapes: Integers, *, scale: Numbers) -> Numbers:
        """Return the shortest way from each spot to the shape beside it, in metres.

        All about a spot is stretched by its `scale`, metres a degree east and north.
        There is no way to what covers the spot.
        """
        pair, segment = self._of(shapes)
        stretch = scale[pair]
        shift = -spots[pair] * stretch
        ends = self.ends[segment] * np.tile(stretch, 2) + np.tile(shift, 2)
        origin = np.zeros_like(shift)
        return _nearest(origin, ends, pair, self.rounds[segment], len(shapes))

    def metres(self, spots: Numbers, shapes: Integers, *, scale: Numbers) -> Numbers:
        """Return how far each spot is from the shape beside it.

        The nearest point is looked for in degrees; only the way there is stretched.
        """
        pair, segment = self._of(shapes)
        nearest = _nearest(
            spots[pair], self.ends[segment], pair, self.rounds[segment], len(shapes)
        )
        return between(nearest, spots, scale=scale)

    def cover(self, spots: Numbers, shapes: Integers) -> Truths:
        """Tell of each spot if the polygon beside it covers it; the edge counts."""
        pair, segment = self._of(shapes)
        return _covered(
            spots[pair], self.ends[segment], pair, self.rounds[segment], len(shapes)
        )

    def _of(self, shapes: Integers) -> tuple[Integers, Integers]:
        """Return each segment of each shape, with the turn of that shape."""
        begins = self.starts[shapes]
        counts = self.starts[shapes + 1] - begins
        pair = np.repeat(np.arange(len(shapes)), counts)
        skipped = np.repeat(np.cumsum(counts) - counts - begins, counts)
        return pair, np.arange(len(pair)) - skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """Boxes round shapes as indexes hold them: in single precision, never too small."""

    least: NDArray[np.float32]
    most: NDArray[np.float32]

    @classmethod
    def of(cls, bounds: Numbers) -> Boxes:
        """Take west, south, east and north of each."""
        least, most = bounds[:, :2].astype("f4"), bounds[:, 2:].astype("f4")
        low, high = np.float32(-np.inf), np.float32(np.inf)
        return cls(
            least=np.where(least > bounds[:, :2], np.nextafter(least, low), least),
            most=np.where(most < bounds[:, 2:], np.nextafter(most, high), most),
        )

    def meet(self, mine: Integers, others: Boxes, theirs: Integers) -> Truths:
        """Tell of each pair of boxes if they have a point in common."""
        begin_before = self.least[mine] <= others.most[theirs]
        end_after = self.most[mine] >= others.least[theirs]
        return np.asarray((begin_before & end_after).all(axis=1))


def between(some: Numbers, others: Numbers, *, scale: Numbers) -> Numbers:
    """Return how far each point is from the one beside it, in metres."""
    return _length(some * scale - others * scale)


def scales(points: Numbers) -> Numbers:
    """Return how long a degree is at each point, east and north, in metres."""
    return np.array([metres_a_degree(y) for y in points[:, 1].tolist()]).reshape(-1, 2)


def _simple(shapes: Shapes) -> tuple[Shapes, Integers]:
    """Return the points, lines and polygons of shapes, and of which shape each is."""
    parts, whose = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, of_part = shapely.get_parts(parts, return_index=True)
        whose = whose[of_part]
    return parts, whose


def _nearest(
    spots: Numbers, ends: Numbers, pair: Integers, rounds: Truths, count: int
) -> Numbers:
    """Return the point of each shape nearest to its spot; the spot if it is covered."""
    x, y = spots.T
    from_x, from_y, to_x, to_y = ends.T
    east, north = to_x - from_x, to_y - from_y
    square = east * east + north * north
    along = (x - from_x) * east + (y - from_y) * north
    part = np.divide(along, square, out=np.zeros_like(along), where=square > 0)
    near_x, near_y = from_x + part * east, from_y + part * north
    on_it = (from_y - y) * east == (from_x - x) * north
    near_x, near_y = np.where(on_it, x, near_x), np.where(on_it, y, near_y)
    before, after = (part < 0) | (square == 0), part >= 1
    near_x = np.where(before, from_x, np.where(after, to_x, near_x))
    near_y = np.where(before, from_y, np.where(after, to_y, near_y))
    nearest = np.column_stack([near_x, near_y])
    length = _length(nearest - spots)
    begins = np.searchsorted(pair, np.arange(count))
    if not count:
        return nearest
    least = np.minimum.reduceat(length, begins)
    shortest = np.flatnonzero(length == least[pair])
    _, first = np.unique(pair[shortest], return_index=True)
    found = nearest[shortest[first]]
    inside = _covered(spots, ends, pair, rounds, count)
    found[inside] = spots[begins[inside]]
    return found


def _covered(
    spots: Numbers, ends: Numbers, pair: Integers, rounds: Truths, count: int
) -> Truths:
    """Tell of each shape if one of its polygons covers its spot; the edge counts."""
    x, y = spots.T
    from_x, from_y, to_x, to_y = ends.T
    east, north = to_x - from_x, to_y - from_y
    side = east * (y - from_y) - (x - from_x) * north
    counts = rounds & (east * east + north * north >= NO_LENGTH)
    on_edge = (
        counts
        & (side == 0)
        & (np.minimum(from_x, to_x) <= x)
        & (x <= np.maximum(from_x, to_x))
        & (np.minimum(from_y, to_y) <= y)
        & (y <= np.maximum(from_y, to_y))
    )
    rises = (from_y <= y) & (y < to_y) & (side > 0)
    falls = (to_y <= y) & (y < from_y) & (side < 0)
    crossed = np.bincount(pair[counts & (rises | falls)], minlength=count)
    touched = np.bincount(pair[on_edge], minlength=count)
    return np.asarray((crossed % 2 == 1) | (touched > 0))


def _length(ways: Numbers) -> Numbers:
    return np.asarray(np.sqrt(ways[:, 0] * ways[:, 0] + ways[:, 1] * ways[:, 1]))
