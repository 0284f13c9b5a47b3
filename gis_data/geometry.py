"""Shapes as such: pure functions, no table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import asinh, atan, cos, degrees, pi, radians, sinh, tan
from struct import pack

import numpy as np
import shapely
from django.contrib.gis.geos import (
    GeometryCollection,
    GEOSGeometry,
    MultiPolygon,
    Point,
    Polygon,
)
from django.utils.translation import gettext as _
from numpy.typing import NDArray

WORLD_CELL_ZOOM = 20
#: By how much bits are moved apart, and which then count; each gets a nought before.
SPREADING = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
SLIVER_M2 = 1.0
WORLD_SIDE_M = 40_075_016.685578488
MERCATOR_ENDS = 85.0511287798066
MAP_TILE_PIXELS = 512
#: A drawing finer than this is the boundary itself.
FINEST_DRAWING_M = 0.1
#: An area is looked up in pieces of at most so many corners.
POINTS_A_PIECE = 32
ROUND = tuple(Point(0, 0).buffer(1, quadsegs=4)[0])


def repaired(shape: GEOSGeometry) -> tuple[MultiPolygon | None, tuple[str, ...]]:
    """Return the valid area of a shape in degrees, if any, and what it took.

    Lines, points and slivers that a repair leaves behind are dropped, and said.
    """
    if shape.valid:
        return as_multipolygon(shape), ()
    parts = list(_polygons(shape.make_valid()))
    whole = [part for part in parts if area_m2(part) >= SLIVER_M2]
    if not whole:
        return None, ()
    mended = as_multipolygon(MultiPolygon(whole, srid=shape.srid).unary_union)
    changed = abs(area_m2(shape) - sum(map(area_m2, whole)))
    mending = _("%(why)s: mended, which changes its area by %(area).2f m²")
    said = [mending % {"why": shape.valid_reason, "area": changed}]
    if dropped := len(parts) - len(whole):
        least = _("%(count)s slivers under %(least)s m² dropped")
        said.append(least % {"count": dropped, "least": SLIVER_M2})
    return mended, tuple(said)


def as_multipolygon(shape: GEOSGeometry) -> MultiPolygon | None:
    """Return all areas of `shape` as one, or nothing if it has none."""
    if isinstance(shape, MultiPolygon):
        return None if shape.empty else shape
    parts = [part for part in _polygons(shape) if not part.empty]
    if not parts:
        return None
    whole = MultiPolygon(parts, srid=shape.srid)
    return whole if whole.valid else as_multipolygon(whole.unary_union)


def area_m2(shape: GEOSGeometry) -> float:
    """Return the area of a small shape in degrees, scaled about its middle."""
    if shape.empty:
        return 0.0
    _west, south, _east, north = shape.extent
    a_degree_east, a_degree_north = metres_a_degree((south + north) / 2)
    return float(shape.area) * a_degree_east * a_degree_north


def _polygons(shape: GEOSGeometry) -> Iterator[Polygon]:
    if isinstance(shape, Polygon):
        yield shape
    elif isinstance(shape, GeometryCollection):
        for part in shape:
            yield from _polygons(part)


def united(shapes: Sequence[MultiPolygon], *, holes_under_m2: float) -> MultiPolygon:
    """Return one area round all of them, without the small holes between them."""
    whole = shapely.union_all(_shapely(shapes))
    parts = [
        shapely.Polygon(
            part.exterior,
            [
                hole
                for hole in part.interiors
                if area_m2(_geos(shapely.Polygon(hole), srid=4326)) >= holes_under_m2
            ],
        )
        for part in shapely.get_parts(whole)
    ]
    return _geos(shapely.MultiPolygon(parts), srid=4326)


def simplified(shapes: Sequence[MultiPolygon], *, zoom: int) -> list[MultiPolygon]:
    """Return areas in Web Mercator as fine as a map of `zoom` can show them.

    They are simplified together, so neighbours keep the line they share.
    """
    if not shapes:
        return []
    whole = shapely.transform(_shapely(shapes), _mercator)
    pixel = WORLD_SIDE_M / MAP_TILE_PIXELS / 2**zoom
    if pixel < FINEST_DRAWING_M:
        return [_geos(each, srid=3857) for each in whole]
    coarse = shapely.coverage_simplify(whole, pixel)
    return [
        _areas_of(drawn) or _geos(original, srid=3857)
        for drawn, original in zip(coarse, whole, strict=True)
    ]


def _areas_of(drawn: shapely.Geometry) -> MultiPolygon | None:
    valid = drawn if shapely.is_valid(drawn) else shapely.make_valid(drawn)
    return as_multipolygon(GEOSGeometry(memoryview(shapely.to_wkb(valid)), srid=3857))


def _shapely(shapes: Sequence[MultiPolygon]) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb([bytes(shape.wkb) for shape in shapes]))


def _geos(shape: shapely.Geometry, *, srid: int) -> MultiPolygon:
    areas = as_multipolygon(GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=srid))
    if areas is None:
        raise ValueError("not an area")
    return areas


def _mercator(degrees_: NDArray[np.float64]) -> NDArray[np.float64]:
    radius = WORLD_SIDE_M / 2 / pi
    up = np.radians(np.clip(degrees_[:, 1], -MERCATOR_ENDS, MERCATOR_ENDS))
    return np.column_stack(
        [radius * np.radians(degrees_[:, 0]), radius * np.arcsinh(np.tan(up))]
    )


def metres_a_degree(latitude: float) -> tuple[float, float]:
    """Return how long a degree is there, east and north, on the WGS 84 ellipsoid."""
    up = radians(latitude)
    east = 111_412.84 * cos(up) - 93.5 * cos(3 * up) + 0.118 * cos(5 * up)
    north = 111_132.954 - 559.822 * cos(2 * up) + 1.175 * cos(4 * up)
    return max(abs(east), 1.0), north


def disc_ewkb(x: float, y: float, *, metres: float) -> str:
    """Return what lies within `metres` of a point in degrees, as 16 corners in EWKB.

    The database reads it as it is; no shape is made on the way.
    """
    east, north = (metres / each for each in metres_a_degree(y))
    ring = [part for i, j in ROUND for part in (x + i * east, y + j * north)]
    head = pack("<BIIII", 1, 0x20000003, 4326, 1, len(ROUND))
    return (head + pack(f"<{len(ring)}d", *ring)).hex()


def world_cell(point: Point) -> int:
    """Return the z-order number of the Web Mercator tile of zoom 20 it lies in."""
    return interleave(*_tile(point.x, point.y))


def interleave(x: int, y: int) -> int:
    """Return the z-order number of a tile: the bits of x and y in turn."""
    number = 0
    for bit in range(WORLD_CELL_ZOOM):
        number |= (x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1
    return number


def cell_centre(cell: int) -> Point:
    """Return the middle of a world cell, some 19 metres from its sides at most."""
    across = down = 0
    for bit in range(WORLD_CELL_ZOOM):
        across |= (cell >> 2 * bit & 1) << bit
        down |= (cell >> 2 * bit + 1 & 1) << bit
    return Point(*_middle(across, down), srid=4326)


def snapped(lon: float, lat: float) -> tuple[int, float, float]:
    """Return the world cell of a point in degrees and the middle of that cell.

    What `world_cell` and `cell_centre` say, for many points: no shapes are made.
    """
    across, down = _tile(lon, lat)
    cell = _spread(across) | _spread(down) << 1
    return cell, *_middle(across, down)


def _tile(lon: float, lat: float) -> tuple[int, int]:
    side = 2**WORLD_CELL_ZOOM
    across = int((lon + 180) / 360 * side)
    down = int((1 - asinh(tan(radians(lat))) / pi) / 2 * side)
    return across, down


def _middle(across: int, down: int) -> tuple[float, float]:
    side = 2**WORLD_CELL_ZOOM
    longitude = (across + 0.5) / side * 360 - 180
    latitude = degrees(atan(sinh(pi * (1 - 2 * (down + 0.5) / side))))
    return longitude, latitude


def _spread(bits: int) -> int:
    """Put a nought before each bit of a number of up to 32 bits."""
    for shift, mask in SPREADING:
        bits = (bits | bits << shift) & mask
    return bits
