"""Shapes as such: pure functions, no table."""

from __future__ import annotations

from math import asinh, atan, cos, degrees, pi, radians, sinh, tan

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon

WORLD_CELL_ZOOM = 20
ROUND = tuple(Point(0, 0).buffer(1, quadsegs=4)[0])


def as_multipolygon(shape: GEOSGeometry) -> MultiPolygon | None:
    """Return the valid area of `shape`, or nothing if it has none."""
    valid = shape if shape.valid else shape.make_valid()
    if isinstance(valid, Polygon):
        return MultiPolygon(valid, srid=shape.srid)
    if isinstance(valid, MultiPolygon) and not valid.empty:
        return valid
    return None


def metres_a_degree(latitude: float) -> tuple[float, float]:
    """Return how long a degree is there, east and north, on the WGS 84 ellipsoid."""
    up = radians(latitude)
    east = 111_412.84 * cos(up) - 93.5 * cos(3 * up) + 0.118 * cos(5 * up)
    north = 111_132.954 - 559.822 * cos(2 * up) + 1.175 * cos(4 * up)
    return max(abs(east), 1.0), north


def disc(point: Point, *, metres: float) -> GEOSGeometry:
    """Return all that lies within `metres` of a point in degrees, as 16 corners."""
    if metres <= 0:
        return point
    east, north = (metres / each for each in metres_a_degree(point.y))
    ring = [(point.x + x * east, point.y + y * north) for x, y in ROUND]
    return Polygon(ring, srid=4326)


def world_cell(point: Point) -> int:
    """Return the z-order number of the Web Mercator tile of zoom 20 it lies in."""
    side = 2**WORLD_CELL_ZOOM
    across = int((point.x + 180) / 360 * side)
    down = int((1 - asinh(tan(radians(point.y))) / pi) / 2 * side)
    cell = 0
    for bit in range(WORLD_CELL_ZOOM):
        cell |= (across >> bit & 1) << 2 * bit | (down >> bit & 1) << 2 * bit + 1
    return cell


def cell_centre(cell: int) -> Point:
    """Return the middle of a world cell, some 19 metres from its sides at most."""
    across = down = 0
    for bit in range(WORLD_CELL_ZOOM):
        across |= (cell >> 2 * bit & 1) << bit
        down |= (cell >> 2 * bit + 1 & 1) << bit
    side = 2**WORLD_CELL_ZOOM
    longitude = (across + 0.5) / side * 360 - 180
    latitude = degrees(atan(sinh(pi * (1 - 2 * (down + 0.5) / side))))
    return Point(longitude, latitude, srid=4326)
