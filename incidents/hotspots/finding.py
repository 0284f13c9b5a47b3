"""Found: the hexagons that are hot, gathered to places one can go and look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_data.hexagons import Grid, length_by_cell, neighbours_of, zone_in_metres
from gis_data.models import Street

from .asking import Asked, Counted
from .counting import Cell, Tally, count
from .significance import Significance, gi_star
from .zones import Zone

#: So many hot hexagons side by side are one spot; more are parted at their peaks.
TOGETHER = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One hot spot: its hexagons, and what lies in them."""

    cells: tuple[int, ...]  #: The hottest first; its number names the spot.
    counted: Counted
    called_by: Cell  #: The fullest of them, by whose ward and street it is called.
    area_m2: float
    road_m: float  #: How long the streets in it are whose lines are known.
    p: float  #: How often chance alone would be as hot as the hottest of them.
    times: float  #: How many times the zone's own density its density is.

    @property
    def number(self) -> int:
        return self.cells[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSpots:
    """A zone laid out in hexagons, how full and how hot each is, and the spots."""

    zone: Zone
    cells: NDArray[np.int64]
    points: NDArray[np.float64]
    significance: Significance
    tally: Tally
    ground: shapely.Geometry  #: The zone itself, in the metres of its grid.
    outside: Counted  #: What these units have in hand beyond their zone.
    spots: tuple[Spot, ...]

    @property
    def total(self) -> Counted:
        """What lies in the zone."""
        return sum(
            (each.counted for each in self.inside.values()),
            Counted(),
        )

    @property
    def inside(self) -> dict[int, Cell]:
        known = set(map(int, self.cells))
        return {n: cell for n, cell in self.tally.cells.items() if n in known}


def find_hot_spots(
    asked: Asked, zone: Zone, streets: Sequence[Street] = ()
) -> HotSpots:
    """Count a zone's incidents by hexagon; find where more lie than by chance."""
    grid = zone.grid
    ground = zone_in_metres(zone.shapes, grid)
    cells = grid.over(ground)
    tally = count(asked, grid)
    points = np.array(
        [
            tally.cells[n].counted.points if n in tally.cells else 0.0
            for n in map(int, cells)
        ]
    )
    neighbours = neighbours_of(cells)
    said = gi_star(points, neighbours)
    known = set(map(int, cells))
    outside = [cell.counted for n, cell in tally.cells.items() if n not in known]
    lines = [
        shapely.from_wkb(bytes(shape.wkb)) for each in streets if (shape := each.shape)
    ]
    roads = length_by_cell(lines, grid)
    about = _About(cells=cells, said=said, tally=tally, grid=grid, roads=roads)
    spots = [
        _spot(members, about, total=float(points.sum()))
        for members in gathered(said, neighbours)
        # Empty ground among full can be hot by its neighbours: nothing is there to do.
        if any(int(cells[turn]) in tally.cells for turn in members)
    ]
    return HotSpots(
        zone=zone,
        cells=cells,
        points=points,
        significance=said,
        tally=tally,
        ground=ground,
        outside=sum(outside, Counted()),
        spots=tuple(sorted(spots, key=lambda spot: -spot.counted.points)),
    )


def gathered(
    said: Significance, neighbours: Sequence[NDArray[np.int64]]
) -> list[list[int]]:
    """Gather hot cells, by position, into spots; the hottest of each stands first.

    Side by side they are one. Where many are, each belongs to the peak that one comes
    to by going ever on to the hottest neighbour.
    """
    hot = [int(each) for each in np.flatnonzero(said.is_hot)]
    beside = {turn: [n for n in neighbours[turn] if said.is_hot[n]] for turn in hot}
    spots = []
    for group in _side_by_side(hot, beside):
        if len(group) <= TOGETHER:
            spots.append(group)
            continue
        basins: dict[int, list[int]] = {}
        for turn in group:
            basins.setdefault(_peak(turn, beside, said), []).append(turn)
        spots += basins.values()
    return [sorted(spot, key=lambda turn: (-said.z[turn], turn)) for spot in spots]


def _side_by_side(hot: Sequence[int], beside: dict[int, list[int]]) -> list[list[int]]:
    groups, seen = [], set[int]()
    for first in hot:
        if first in seen:
            continue
        group, waiting = [], [first]
        seen.add(first)
        while waiting:
            here = waiting.pop()
            group.append(here)
            new = [n for n in map(int, beside[here]) if n not in seen]
            seen.update(new)
            waiting += new
        groups.append(group)
    return groups


def _peak(turn: int, beside: dict[int, list[int]], said: Significance) -> int:
    while True:
        around = [turn, *map(int, beside[turn])]
        hottest = max(around, key=lambda each: (said.z[each], -each))
        if hottest == turn:
            return turn
        turn = hottest


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """All that a spot is told from."""

    cells: NDArray[np.int64]
    said: Significance
    tally: Tally
    grid: Grid
    roads: Mapping[int, float]


def _spot(members: Sequence[int], about: _About, *, total: float) -> Spot:
    numbers = [int(about.cells[turn]) for turn in members]
    filled = [about.tally.cells[n] for n in numbers if n in about.tally.cells]
    counted = sum((each.counted for each in filled), Counted())
    share = len(numbers) / len(about.cells)
    return Spot(
        cells=tuple(numbers),
        counted=counted,
        called_by=max(
            filled, key=lambda each: (bool(each.street), each.counted.points)
        ),
        area_m2=len(numbers) * about.grid.area_m2,
        road_m=sum(about.roads.get(n, 0.0) for n in numbers),
        p=float(min(about.said.p[turn] for turn in members)),
        times=counted.points / total / share,
    )
