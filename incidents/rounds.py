"""Rounds: in which order somebody goes from case to case, the urgent ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from gis_data.geometry import metres_a_degree

#: So many first stops are tried, the nearest; more take time and hardly shorten.
FIRSTS = 2
#: A round of few stops is begun in so many orders more, drawn always the same.
FEW, DRAWN = 10, 24
#: What saves less than a millimetre is no saving.
LEAST_M = 0.001
#: So many stops in a row are taken out together and put in elsewhere.
TOGETHER = 3

Ways = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A place to go to, in degrees; a lower rank is gone to before any higher one."""

    key: int
    lon: float
    lat: float
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One stop of a round, and how far it is from the one before, as the crow flies.

    To the first one there is no way where nobody said where the round begins.
    """

    stop: Stop
    metres: float | None


def in_good_order(
    stops: Sequence[Stop], *, start: tuple[float, float] | None = None
) -> list[Leg]:
    """Put stops into an order with little way between them, lower ranks first.

    From the start (longitude, latitude) one goes to the nearest, and on to the nearest
    of that; then pieces of the way are turned round (2-opt) and stops moved elsewhere
    (Or-opt) for as long as that shortens it. No stop passes one of a lower rank, so
    urgent ones come first however far they are. The way back counts for nothing. The
    same stops come out in the same order, however they came in.
    """
    if not stops:
        return []
    ordered = sorted(stops, key=lambda stop: (stop.rank, stop.key))
    ways = _ways(ordered, start)
    groups = _groups(ordered)
    rounds = [_mended(begun, groups, ways) for begun in _begun(groups, ways)]
    best = min(rounds, key=lambda order: round(_length(order, ways), 3))
    legs = []
    for turn, (before, here) in enumerate(pairwise(best)):
        is_told = turn > 0 or start is not None
        metres = float(ways[before, here]) if is_told else None
        legs.append(Leg(stop=ordered[here - 1], metres=metres))
    return legs


def _ways(stops: Sequence[Stop], start: tuple[float, float] | None) -> Ways:
    """Return the metres between every two of them; in row and column 0, the start.

    From nowhere it is equally near to everything. A degree is as long as in the middle
    of them all: within a city that is right to a part in a thousand, and an order needs
    no more.
    """
    points = np.array([start or (0.0, 0.0), *((each.lon, each.lat) for each in stops)])
    known = points if start else points[1:]
    east, north = metres_a_degree(float(known[:, 1].mean()))
    x, y = points[:, 0] * east, points[:, 1] * north
    ways = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    if start is None:
        ways[0, :] = ways[:, 0] = 0.0
    return ways


def _groups(ordered: Sequence[Stop]) -> list[tuple[int, int]]:
    """Return from where to where in a round each rank has its turn."""
    ranks = enumerate(pairwise(each.rank for each in ordered), start=2)
    changes = [turn for turn, (before, here) in ranks if before != here]
    return list(pairwise([1, *changes, len(ordered) + 1]))


def _begun(groups: list[tuple[int, int]], ways: Ways) -> Iterator[list[int]]:
    """Lay rounds from nearest to nearest, one for each of the likely first stops."""
    low, high = groups[0]
    likely = sorted(range(low, high), key=lambda each: (ways[0, each], each))
    for first in likely[:FIRSTS]:
        order = [0, first]
        for start, end in groups:
            left = set(range(start, end)) - {first}
            while left:
                here = order[-1]
                nearest = min(left, key=lambda each: (ways[here, each], each))
                left.remove(nearest)
                order.append(nearest)
        yield order
    if groups[-1][1] <= FEW:
        draw = Random(0)  # noqa: S311 Nothing is kept secret by it.
        for _ in range(DRAWN):
            yield [0, *(n for a, b in groups for n in draw.sample(range(a, b), b - a))]


def _mended(order: list[int], groups: list[tuple[int, int]], ways: Ways) -> list[int]:
    """Shorten a round until no turning and no moving within a rank shortens it."""
    path = np.array(order)
    is_shorter = True
    while is_shorter:
        is_shorter = False
        for low, high in groups:
            while _turned(path, low, high, ways) or _moved(path, low, high, ways):
                is_shorter = True
    return [int(each) for each in path]


def _turned(path: NDArray[np.int_], low: int, high: int, ways: Ways) -> bool:
    """Turn round pieces of the way, from each stop on the one that saves most."""
    is_shorter, last = False, len(path) - 1
    for begin in range(low, high - 1):
        ends = np.arange(begin + 1, high)
        before, first = path[begin - 1], path[begin]
        here, after = path[ends], path[np.minimum(ends + 1, last)]
        is_inside = ends < last  # After the last stop there is no way to pay for.
        was = ways[before, first] + np.where(is_inside, ways[here, after], 0.0)
        now = ways[before, here] + np.where(is_inside, ways[first, after], 0.0)
        most = int((was - now).argmax())
        if was[most] - now[most] > LEAST_M:
            end = int(ends[most])
            path[begin : end + 1] = path[begin : end + 1][::-1]
            is_shorter = True
    return is_shorter


def _moved(path: NDArray[np.int_], low: int, high: int, ways: Ways) -> bool:
    """Move stops, one to three in a row and either way round, where it saves."""
    is_shorter = False
    for count in range(1, min(TOGETHER, high - low - 1) + 1):
        for begin in range(low, high - count + 1):
            is_shorter |= _moved_from(path, begin, begin + count, (low, high), ways)
    return is_shorter


def _moved_from(
    path: NDArray[np.int_], begin: int, end: int, group: tuple[int, int], ways: Ways
) -> bool:
    taken = path[begin:end]
    rest = np.concatenate([path[:begin], path[end:]])
    gaps = np.arange(group[0], group[1] - len(taken) + 1)  # Put in before these.
    before, after = rest[gaps - 1], rest[np.minimum(gaps, len(rest) - 1)]
    is_inside = gaps < len(rest)
    closed = np.where(is_inside, ways[before, after], 0.0)
    out = ways[path[begin - 1], taken[0]]
    if end < len(path):
        out += ways[taken[-1], path[end]] - ways[path[begin - 1], path[end]]
    best, found = LEAST_M, None
    for piece in (taken, taken[::-1]):
        onward = np.where(is_inside, ways[piece[-1], after], 0.0)
        saved = out - (ways[before, piece[0]] + onward - closed)
        most = int(saved.argmax())
        if saved[most] > best:
            best, at = float(saved[most]), int(gaps[most])
            found = np.concatenate([rest[:at], piece, rest[at:]])
    if found is not None:
        path[:] = found
    return found is not None


def _length(order: Sequence[int], ways: Ways) -> float:
    return float(sum(ways[a, b] for a, b in pairwise(order)))
