"""Hot spots drawn: hexagons, streets and borders as lines of an SVG, in whole metres.

It is drawn here, so that it needs no script, stands in print and asks nobody for tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import Transform
from django.contrib.gis.geos import Polygon
from numpy.typing import NDArray

from gis_data.hexagons import Grid
from gis_data.models import BoundaryDrawing
from incidents.hotspots import HotSpots, Spot
from incidents.leading.outlines import APART_M

Cells = NDArray[np.int64]
#: Five shades, from little to much.
SHADES = 5
#: The same as `tokens.css` has them by day, for paper.
INKS = ("#fde3a2", "#fdb863", "#f2803b", "#c93f28", "#7a0f22")
#: How far beyond the zone is drawn, as a part of its longer side.
MARGIN = 0.06
#: Lines are drawn as fine as a picture of so many dots can show.
DOTS = 900
SCALES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The number of a spot, where it is written."""

    number: int
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing of hot spots, in the parts that a template puts together."""

    box: str  #: As `viewBox` has it.
    far_box: str  #: The same of islands far off; empty where there are none.
    shades: tuple[
        tuple[int, str, float], ...
    ]  #: Its turn, its hexagons, up to how much.
    empty: str
    borders: str
    zone: str
    hot: str
    numbers: tuple[Number, ...]
    unit: float  #: How long a thirtieth of the picture is, for what is written.
    scale: int  #: So many metres are as long as the bar.
    scale_x: int
    scale_y: int

    @property
    def letters(self) -> float:
        """How large the digits are, beside the dots they stand in."""
        return round(1.2 * self.unit, 1)

    @property
    def drop(self) -> float:
        """How far below its line a digit's middle is held, on paper."""
        return round(0.36 * self.dot, 1)

    @property
    def dot(self) -> float:
        """How large a number's dot is on paper, which is looked at from near."""
        return round(0.65 * self.unit, 1)

    @property
    def hair(self) -> float:
        """The finest line, where lines are as thick as the ground is wide."""
        return round(self.unit / 20, 2)

    @property
    def thick(self) -> float:
        return round(self.unit / 8, 2)

    @property
    def inked(self) -> list[tuple[str, str]]:
        """Each shade's hexagons in its ink, for paper."""
        return [(INKS[turn - 1], path) for turn, path, _top in self.shades if path]

    @property
    def keys(self) -> list[tuple[str, float]]:
        """Each ink that is there, and up to how much it stands for."""
        return [(INKS[turn - 1], top) for turn, path, top in self.shades if path]

    @property
    def scale_label(self) -> str:
        return f"{self.scale // 1000} km" if self.scale >= 1000 else f"{self.scale} m"


def draw(found: HotSpots, spots: Sequence[Spot], *, on: date) -> Picture:
    """Draw how full each hexagon of a zone is, and round which it is hot."""
    grid = found.zone.grid
    near, far = apart(found.ground)
    west, south, east, north = shapely.bounds(near)
    margin = max(east - west, north - south) * MARGIN + grid.width
    box = shapely.box(west - margin, south - margin, east + margin, north + margin)
    corner = shapely.buffer(shapely.envelope(far), grid.width, join_style="mitre")
    wide, high = east - west + 2 * margin, north - south + 2 * margin
    fine = max(wide, high) / DOTS
    empty, *shades = shaded(found)
    scale = max([each for each in SCALES if each <= wide / 4] or [SCALES[0]])
    unit = max(wide, high) / 30
    beside = unit * 0.75 + grid.width / 2
    return Picture(
        box=_view(box),
        far_box="" if shapely.is_empty(far) else _view(corner),
        shades=tuple(
            (
                turn,
                _hexagons(grid, cells),
                up_to(most_of(found), turn),
            )
            for turn, cells in enumerate(shades, start=1)
        ),
        empty=_hexagons(grid, empty),
        borders=_lines(_borders(found, box | corner, on=on), fine),
        zone=_lines(shapely.boundary(found.ground), fine),
        hot="".join(_outline(grid, spot) for spot in spots),
        numbers=tuple(
            Number(
                number=found.spots.index(spot) + 1,
                x=round(end[0] + beside),
                y=round(-end[1] - beside),
            )
            for spot in spots
            # Beside the spot, where it hides nothing of it.
            for end in [grid.middles(np.array(spot.cells)).max(axis=0)]
        ),
        unit=round(unit, 1),
        scale=scale,
        scale_x=round(west - margin + unit),
        scale_y=round(-south + margin - unit),
    )


def apart(ground: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Part ground from its islands far off, which would leave the picture empty."""
    parts = shapely.get_parts(ground)
    main = parts[np.argmax(shapely.area(parts))]
    is_far = shapely.distance(shapely.centroid(parts), shapely.centroid(main)) > APART_M
    return shapely.union_all(parts[~is_far]), shapely.union_all(parts[is_far])


def shaded(found: HotSpots) -> list[Cells]:
    """Return the hexagons without a point, then those of each shade."""
    most = most_of(found)
    shade = np.ceil(SHADES * np.sqrt(found.points / most)) if most else found.points
    return [found.cells[shade == turn] for turn in range(SHADES + 1)]


def up_to(most: float, turn: int) -> float:
    """Tell how much the darkest of a shade holds, to tenths where it is little."""
    top = most * (turn / SHADES) ** 2
    return ceil(top) if most >= SHADES**2 else ceil(top * 10) / 10


def most_of(found: HotSpots) -> float:
    """Return how many points the fullest hexagon holds."""
    return float(found.points.max()) if len(found.points) else 0.0


def _view(box: shapely.Geometry) -> str:
    west, south, east, north = shapely.bounds(box)
    return f"{west:.0f} {-north:.0f} {east - west:.0f} {north - south:.0f}"


def _hexagons(grid: Grid, cells: Cells) -> str:
    """Write hexagons as one path: where each begins, then the same five steps."""
    if not len(cells):
        return ""
    corners = np.rint(grid.outlines(cells)).astype(int)
    return "".join(
        f"M{six[0, 0]} {-six[0, 1]}" + "".join(f"L{x} {-y}" for x, y in six[1:]) + "z"
        for six in corners
    )


def _outline(grid: Grid, spot: Spot) -> str:
    hexagons = shapely.polygons(grid.outlines(np.array(spot.cells)))
    # Corners of neighbours differ in the last digit: a hand's breadth closes the gap.
    whole = shapely.union_all(shapely.buffer(hexagons, 0.1, join_style="mitre"))
    return _lines(shapely.boundary(whole), 0)


def _borders(found: HotSpots, box: shapely.Geometry, *, on: date) -> shapely.Geometry:
    """Read the wards about a zone, in one statement; return their lines in a box."""
    grid = found.zone.grid
    corners = grid.degrees(shapely.get_coordinates(box))
    around = Polygon.from_bbox((*corners.min(axis=0), *corners.max(axis=0)))
    around.srid = 4326
    wide = corners[:, 0].max() - corners[:, 0].min()
    drawings = BoundaryDrawing.objects.filter(
        zoom=9 if wide > 1 else 11 if wide > 0.25 else 13,
        shape__bboverlaps=around.transform(3857, clone=True),
        boundary__place__kind__code="ward",
        boundary__validity__contains=on,
        boundary__recorded__upper_inf=True,
    ).annotate(drawn=Transform("shape", 4326))
    shapes = [
        shapely.from_wkb(bytes(shape.wkb))
        for shape in drawings.values_list("drawn", flat=True)
    ]
    if not shapes:
        return shapely.MultiLineString()
    lines = shapely.boundary(shapely.transform(np.array(shapes), grid.metres))
    return shapely.intersection(shapely.union_all(lines), box)


def _lines(shape: shapely.Geometry, fine: float) -> str:
    """Write lines as a path, no finer than is seen."""
    parts = shapely.get_parts(shapely.simplify(shape, fine) if fine else shape)
    said = []
    for part in parts:
        dots = np.rint(shapely.get_coordinates(part)).astype(int)
        said.append("M" + "L".join(f"{x} {-y}" for x, y in dots))
    return "".join(said)
