"""Hexagons: the ground laid out in cells of one size, in metres, empty ones and all.

Metres are those of a sinusoidal projection about the middle of the zone: equal in area
everywhere, and within a city true in length to two parts in a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import shapely
from django.contrib.gis.geos import MultiPolygon
from numpy.typing import NDArray

from .geometry import metres_a_degree

Numbers = NDArray[np.float64]
#: A cell's number holds row and column, each moved up by this so that none is negative.
MIDDLE, ROW_BITS = 1 << 15, 16
#: Widths one may speak of, in metres from flat side to flat side.
WIDTHS = (
    75,
    100,
    150,
    200,
    300,
    400,
    500,
    750,
    1000,
    1500,
    2000,
    2500,
    3000,
    5000,
    10_000,
)
#: How long a degree is at latitude φ: so much times cos φ, less so much times cos 3φ.
EAST_M, EAST_LESS_M = 111_412.84, 93.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Hexagons of one width, a pointed side up, with one of them about the middle."""

    lon: float
    lat: float
    width: float  #: Metres from flat side to flat side.

    @property
    def rise(self) -> float:
        """How much higher each row lies."""
        return self.width * sqrt(3) / 2

    @property
    def area_m2(self) -> float:
        return self.width * self.rise

    @property
    def north(self) -> float:
        """How long a degree of latitude is here."""
        return metres_a_degree(self.lat)[1]

    def metres(self, degrees: Numbers) -> Numbers:
        """Return rows of longitude and latitude as metres about the middle."""
        up = np.radians(degrees[:, 1])
        east = EAST_M * np.cos(up) - EAST_LESS_M * np.cos(3 * up)
        across = (degrees[:, 0] - self.lon) * east
        return np.column_stack([across, (degrees[:, 1] - self.lat) * self.north])

    def degrees(self, metres: Numbers) -> Numbers:
        """Return rows of metres as longitude and latitude again."""
        lat = self.lat + metres[:, 1] / self.north
        up = np.radians(lat)
        east = EAST_M * np.cos(up) - EAST_LESS_M * np.cos(3 * up)
        return np.column_stack([self.lon + metres[:, 0] / east, lat])

    def cells_at(self, metres: Numbers) -> NDArray[np.int64]:
        """Return in which cell each point lies: the one whose middle is nearest."""
        x, y, w, h = metres[:, 0], metres[:, 1], self.width, 2 * self.rise
        even_i, even_j = np.rint(x / w), np.rint(y / h)
        odd_i, odd_j = np.floor(x / w), np.floor(y / h)
        to_even = (x - even_i * w) ** 2 + (y - even_j * h) ** 2
        to_odd = (x - (odd_i + 0.5) * w) ** 2 + (y - (odd_j + 0.5) * h) ** 2
        is_even = to_even <= to_odd
        row = np.where(is_even, 2 * even_j, 2 * odd_j + 1).astype(np.int64)
        column = np.where(is_even, even_i, odd_i).astype(np.int64)
        return (row + MIDDLE << ROW_BITS) + column + MIDDLE

    def middles(self, cells: NDArray[np.int64]) -> Numbers:
        """Return the middles of cells, in metres."""
        row, column = _apart(cells)
        across = (column + np.where(row % 2, 0.5, 0.0)) * self.width
        return np.column_stack([across, row * self.rise])

    def outlines(self, cells: NDArray[np.int64]) -> Numbers:
        """Return the six corners of each cell, in metres."""
        turn = np.radians(np.arange(30, 390, 60))
        far = self.width / sqrt(3)
        corners = np.column_stack([far * np.cos(turn), far * np.sin(turn)])
        return np.asarray(self.middles(cells)[:, None, :] + corners[None, :, :])

    def over(self, zone: shapely.Geometry) -> NDArray[np.int64]:
        """Return every cell that any part of a zone lies in, by its number."""
        west, south, east, north = shapely.bounds(zone)
        rows = np.arange(
            np.floor(south / self.rise) - 1, np.ceil(north / self.rise) + 2
        )
        columns = np.arange(
            np.floor(west / self.width) - 1, np.ceil(east / self.width) + 2
        )
        across, down = np.meshgrid(columns.astype(np.int64), rows.astype(np.int64))
        cells = (down.ravel() + MIDDLE << ROW_BITS) + across.ravel() + MIDDLE
        shapely.prepare(zone)
        return cells[shapely.intersects(zone, shapely.polygons(self.outlines(cells)))]


def grid_over(shapes: Sequence[MultiPolygon], *, cells_at_most: int) -> Grid:
    """Lay hexagons over areas in degrees: the finest that are not too many."""
    boxes = np.array([shape.extent for shape in shapes])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    lon, lat = float(west + east) / 2, float(south + north) / 2
    rough = Grid(lon=lon, lat=lat, width=WIDTHS[0])
    area = float(shapely.area(zone_in_metres(shapes, rough)))
    for width in WIDTHS:
        grid = Grid(lon=lon, lat=lat, width=width)
        if area / grid.area_m2 <= cells_at_most:
            break
    return grid


def zone_in_metres(shapes: Sequence[MultiPolygon], grid: Grid) -> shapely.Geometry:
    """Return areas in degrees as one, in the metres of a grid."""
    wholes = shapely.from_wkb([bytes(shape.wkb) for shape in shapes])
    return shapely.union_all(
        shapely.make_valid(shapely.transform(np.asarray(wholes), grid.metres))
    )


def neighbours_of(cells: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return of each cell which of the others share a side with it, by position."""
    row, column = _apart(cells)
    where = {int(cell): turn for turn, cell in enumerate(cells)}
    shift = np.where(row % 2, 1, 0)
    around = [
        (row, column - 1),
        (row, column + 1),
        *((row + up, column - 1 + shift) for up in (-1, 1)),
        *((row + up, column + shift) for up in (-1, 1)),
    ]
    named = np.column_stack([(r + MIDDLE << ROW_BITS) + c + MIDDLE for r, c in around])
    return [
        np.array(sorted(where[n] for n in map(int, six) if n in where), dtype=np.int64)
        for six in named
    ]


def length_by_cell(lines: Sequence[shapely.Geometry], grid: Grid) -> dict[int, float]:
    """Return how many metres of these lines, in degrees, lie in each cell.

    Lines are walked in steps of a tenth of a cell; each counts where its middle is.
    """
    if not lines:
        return {}
    drawn = shapely.transform(np.asarray(lines), grid.metres)
    fine = shapely.segmentize(shapely.get_parts(drawn), grid.width / 10)
    points, of = shapely.get_coordinates(fine, return_index=True)
    is_step = of[1:] == of[:-1]
    ahead, behind = points[1:][is_step], points[:-1][is_step]
    cells = grid.cells_at((ahead + behind) / 2)
    found, turn = np.unique(cells, return_inverse=True)
    sums = np.bincount(turn, weights=np.hypot(*(ahead - behind).T))
    return {int(cell): float(metres) for cell, metres in zip(found, sums, strict=True)}


def _apart(cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return (cells >> ROW_BITS) - MIDDLE, (cells & (1 << ROW_BITS) - 1) - MIDDLE
