"""Sketch a map where no boundaries are at hand, from boxes and centres of units.

The package `vietnamadminunits` (MIT) knows of every unit before the reform of 2025 the
box it lies in, and of every unit since then its centre, its area and what it was merged
from. Each cell of a grid goes to the old unit in whose box it lies most deeply; the
table of the reform gives the new one. It is right about most places and sure of none,
so the edition it makes is marked approximate.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from numpy.typing import NDArray

from .errors import MapNotFetched
from .geometry import as_multipolygon, metres_a_degree
from .importing import Drawing, Sheet
from .models import tidy

Level = Literal["ward", "district"]

PACKAGE = "vietnamadminunits"
#: Part of the checksum: another way of sketching makes another sketch.
METHOD = "grid 1"
CELL_M = 100.0
#: A unit may hold cells up to so many times its box, and up to that cost.
REACH, DEAREST = 2.0, 1.5
#: Boxes smaller than this are a geocoder's point, not an extent.
LEAST_BOX_M = 200.0
POINT_REACH_M = 1_000.0
#: What the new unit's centre weighs beside the old unit's box.
CENTRE_WEIGHT = 0.1
#: What a unit of another province has to overcome.
FOREIGN_COST = 0.5
#: How often, how fast and how far areas are brought towards the official ones.
AREA_ROUNDS, AREA_STEP, MOST_LARGER, MOST_SMALLER = 8, 0.3, -0.5, 0.2
#: Patches of fewer cells go to what lies round them.
LEAST_PATCH_CELLS = 30
SMOOTH_M = 150.0
NOBODY = -1

Labels = NDArray[np.int16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit to be drawn: what is known of it."""

    code: str
    name: str
    lon: float | None = None
    lat: float | None = None
    area_km2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OldUnit:
    """A unit before the reform: its box, and which of the units it may belong to."""

    west: float
    south: float
    east: float
    north: float
    units: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Square cells over an area, counted from its south-western corner."""

    west: float
    south: float
    columns: int
    rows: int
    #: Metres a degree, east and north.
    scale: tuple[float, float]

    def xs(self) -> NDArray[np.floating]:
        return self.west + (np.arange(self.columns) + 0.5) * CELL_M / self.scale[0]

    def ys(self) -> NDArray[np.floating]:
        return self.south + (np.arange(self.rows) + 0.5) * CELL_M / self.scale[1]


def sketch_checksum(*, province: str, level: Level) -> str:
    """Return what a sketch is known by, without drawing it."""
    mark = sha256(f"{METHOD} {province} {level}".encode())
    for name in ("dataset.db", "converter_2025.json"):
        mark.update((_data() / name).read_bytes())
    return mark.hexdigest()


def draw_sketch(*, province: str, level: Level) -> Sheet:
    """Sketch all units of a province: its wards of today, or its former districts."""
    units, old_units = _read(province, level)
    grid = _grid([each for each in old_units if each.units])
    labels = _assign(grid, units, old_units)
    for _turn in range(2):
        labels = _without_patches(labels)
    shapes = _areas(labels, len(units), grid)
    drawings = tuple(
        Drawing(
            code=unit.code,
            name=unit.name,
            shape=shape,
            official_area_km2=unit.area_km2,
        )
        for unit, drawn in zip(units, shapes, strict=True)
        if (shape := as_multipolygon(GEOSGeometry(memoryview(drawn), srid=4326)))
    )
    return Sheet(
        source=f"sketch from {PACKAGE} {version(PACKAGE)}",
        checksum=sketch_checksum(province=province, level=level),
        drawings=drawings,
        is_approximate=True,
    )


def _data() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MapNotFetched(f"{PACKAGE} is not installed.")
    return Path(found.submodule_search_locations[0]) / "data"


def _read(province: str, level: Level) -> tuple[list[Unit], list[OldUnit]]:
    with closing(sqlite3.connect(f"file:{_data()}/dataset.db?mode=ro", uri=True)) as db:
        units = dict(_units(db, province, level))
        rows = db.execute(OLD_UNITS).fetchall()
        (province_key,) = db.execute(PROVINCE_KEY, [province]).fetchone()
    successors = _successors(province_key)
    numbers = {key: number for number, key in enumerate(units)}
    old_units = []
    for key, old_province, district, box in rows:
        if level == "ward":
            named = successors.get(key, [])
        else:
            named = [district] if old_province == province else []
        south, west, north, east = map(float, NUMBER.findall(box))
        old_units.append(
            OldUnit(
                west=west,
                south=south,
                east=east,
                north=north,
                units=tuple(numbers[name] for name in named),
            )
        )
    return list(units.values()), old_units


def _units(
    db: sqlite3.Connection, province: str, level: Level
) -> Iterator[tuple[str, Unit]]:
    if level == "ward":
        for key, code, name, lon, lat, area in db.execute(WARDS, [province]):
            yield (
                key,
                Unit(code=code, name=tidy(name), lon=lon, lat=lat, area_km2=area),
            )
    else:
        for code, name in db.execute(DISTRICTS, [province]):
            yield code, Unit(code=code, name=tidy(name))


def _successors(province_key: str) -> dict[str, list[str]]:
    """Return which new units each old one went to, by the keys of the package."""
    table = json.loads((_data() / "converter_2025.json").read_text("utf8"))
    named: dict[str, list[str]] = defaultdict(list)
    for new, olds in table["DICT_PROVINCE_WARD_NO_DIVIDED"][province_key].items():
        for old in olds:
            named[old].append(new)
    for old, parts in table["DICT_PROVINCE_WARD_DIVIDED"].get(province_key, {}).items():
        named[old].extend(part["newWardKey"] for part in parts)
    return named


def _grid(old_units: Sequence[OldUnit]) -> Grid:
    west, south = (min(getattr(each, side) for each in old_units) for side in SOUTHWEST)
    east, north = (max(getattr(each, side) for each in old_units) for side in NORTHEAST)
    scale = metres_a_degree((south + north) / 2)
    return Grid(
        west=west - CELL_M / scale[0],
        south=south - CELL_M / scale[1],
        columns=int((east - west) * scale[0] / CELL_M) + 3,
        rows=int((north - south) * scale[1] / CELL_M) + 3,
        scale=scale,
    )


def _assign(grid: Grid, units: Sequence[Unit], old_units: Sequence[OldUnit]) -> Labels:
    """Give each cell to the unit it costs least, then again with areas evened out."""
    asked = [each for old in old_units for each in _costs(grid, units, old)]
    official = np.array([unit.area_km2 or np.nan for unit in units])
    extra = np.zeros(len(units) + 1, np.float32)  # the last is nobody's
    for turn in range(AREA_ROUNDS + 1):
        labels = np.full((grid.rows, grid.columns), NOBODY, np.int16)
        least = np.full(labels.shape, np.inf, np.float32)
        for window, cost, unit in asked:
            here = cost + extra[unit]
            closer = here < least[window]
            least[window][closer] = here[closer]
            labels[window][closer] = unit
        if turn == AREA_ROUNDS or np.isnan(official).all():
            break
        held = np.bincount(labels[labels != NOBODY], minlength=len(units))
        drawn = held * (CELL_M / 1000) ** 2
        step = AREA_STEP * np.log(np.clip(drawn / official, 0.2, 5))
        extra[:-1] = np.clip(extra[:-1] + step, MOST_LARGER, MOST_SMALLER)
    return labels


def _costs(
    grid: Grid, units: Sequence[Unit], old: OldUnit
) -> Iterator[tuple[tuple[slice, slice], NDArray[np.float32], int]]:
    """Say what each cell about the box costs: cubes, for boxes are not round."""
    x, y = (old.west + old.east) / 2, (old.south + old.north) / 2
    half_x, half_y = (old.east - old.west) / 2, (old.north - old.south) / 2
    if half_x * grid.scale[0] * half_y * grid.scale[1] < LEAST_BOX_M**2:
        half_x, half_y = (POINT_REACH_M / each for each in grid.scale)
    xs, ys = grid.xs(), grid.ys()
    first_x, last_x = np.searchsorted(xs, [x - REACH * half_x, x + REACH * half_x])
    first_y, last_y = np.searchsorted(ys, [y - REACH * half_y, y + REACH * half_y])
    if first_x == last_x or first_y == last_y:
        return
    window = (slice(first_y, last_y), slice(first_x, last_x))
    xs, ys = xs[first_x:last_x], ys[first_y:last_y]
    deep = np.abs((xs - x) / half_x) ** 3 + np.abs((ys - y) / half_y)[:, None] ** 3
    if not old.units:
        yield window, (deep + FOREIGN_COST).astype(np.float32), NOBODY
    for number in old.units:
        cost, unit = deep, units[number]
        if unit.lon is not None and unit.lat is not None and unit.area_km2:
            east = (xs - unit.lon) * grid.scale[0]
            north = (ys - unit.lat)[:, None] * grid.scale[1]
            round_km2 = np.pi * (east**2 + north**2) / 1e6
            cost = deep + CENTRE_WEIGHT * round_km2 / unit.area_km2
        cost = np.where(cost > DEAREST, np.inf, cost)
        yield window, cost.astype(np.float32), number


def _without_patches(labels: Labels) -> Labels:
    """Let small patches, and small holes, go to what lies round most of them."""
    cleaned = labels.copy()
    faces, own = _faces(labels)
    for face, label in zip(faces, own, strict=True):
        if shapely.area(face) >= LEAST_PATCH_CELLS:
            continue
        left, bottom, right, top = (int(each) for each in shapely.bounds(face))
        across, up = np.meshgrid(np.arange(left, right), np.arange(bottom, top))
        inside = shapely.contains_xy(face, across + 0.5, up + 0.5)
        rim = (slice(max(bottom - 1, 0), top + 1), slice(max(left - 1, 0), right + 1))
        beside = labels[rim][labels[rim] != label]
        if beside.size:
            cleaned[bottom:top, left:right][inside] = (
                np.bincount(beside + 1).argmax() - 1
            )
    return cleaned


def _faces(labels: Labels) -> tuple[NDArray[np.object_], Labels]:
    """Return the patches of one label each, in cells, and their labels."""
    padded = np.pad(labels, 1, constant_values=NOBODY)
    rows, columns = np.nonzero(padded[1:-1, :-1] != padded[1:-1, 1:])
    upright = np.stack([columns, rows, columns, rows + 1], axis=1)
    rows, columns = np.nonzero(padded[:-1, 1:-1] != padded[1:, 1:-1])
    level = np.stack([columns, rows, columns + 1, rows], axis=1)
    ends = np.concatenate([upright, level]).reshape(-1, 2, 2)
    lines = np.asarray(shapely.linestrings(ends))
    faces = shapely.get_parts(shapely.polygonize(lines))
    inner = shapely.point_on_surface(faces)
    x = shapely.get_x(inner).astype(int)
    y = shapely.get_y(inner).astype(int)
    return faces, labels[y, x]


def _areas(labels: Labels, count: int, grid: Grid) -> list[bytes]:
    """Return each unit's area, with the steps of the grid smoothed away together."""
    faces, own = _faces(labels)
    whole = [shapely.multipolygons(faces[own == number]) for number in range(count)]
    smooth = shapely.coverage_simplify(np.array(whole), SMOOTH_M / CELL_M)
    corner = np.array([grid.west, grid.south])
    size = np.array([CELL_M / each for each in grid.scale])
    placed = shapely.transform(smooth, lambda cells: corner + cells * size)
    return [shapely.to_wkb(shapely.make_valid(each)) for each in placed]


NUMBER = re.compile(r"-?\d+\.?\d*")
SOUTHWEST, NORTHEAST = ("west", "south"), ("east", "north")
PROVINCE_KEY = "SELECT provinceKey FROM admin_units WHERE provinceCode = ? LIMIT 1"
OLD_UNITS = """
SELECT provinceKey || '_' || districtKey || '_' || coalesce(wardKey, ''),
  provinceCode, districtCode, coalesce(wardBounds, districtBounds)
FROM admin_units_legacy
WHERE coalesce(wardBounds, districtBounds) IS NOT NULL
ORDER BY provinceCode, districtCode, wardCode
"""
WARDS = """
SELECT wardKey, wardCode, ward, wardLon, wardLat, wardAreaKm2
FROM admin_units WHERE provinceCode = ? ORDER BY wardCode
"""
DISTRICTS = """
SELECT DISTINCT districtCode, district
FROM admin_units_legacy WHERE provinceCode = ? ORDER BY districtCode
"""
