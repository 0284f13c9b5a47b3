"""Check a map: where its places overlap, leave gaps, or differ from what is official.

Areas are measured over the ground, on the ellipsoid, as PostGIS measures a geography: a
square metre is one wherever the city lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
import shapely
from django.contrib.gis.geos import MultiPolygon
from django.db import connection
from numpy.typing import NDArray

from .models import Boundary, Place, PlaceKind

#: Less than this is how coordinates are rounded, not how a border is drawn.
LEAST_M2 = 0.01
#: A part of a place smaller or thinner than this is a slip, not land.
SLIVER_M2 = 100.0
SLIVER_ROUNDNESS = 0.001
#: How far a measured area may be from the official one.
AREA_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Land that two places both claim."""

    codes: tuple[str, str]
    area_m2: float
    at: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Land between places that none claims."""

    codes: tuple[str, ...]
    area_m2: float
    at: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliver:
    """A part of a place too small or too thin to be meant."""

    code: str
    area_m2: float
    at: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDifference:
    """A place whose measured area is not the official one."""

    code: str
    name: str
    area_km2: float
    official_km2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was found, the largest first."""

    places: int
    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    slivers: tuple[Sliver, ...]
    missing: tuple[str, ...]
    differences: tuple[AreaDifference, ...]


class Drawn(Protocol):
    """A place as somebody drew it, in force or not."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> MultiPolygon: ...
    @property
    def official_area_km2(self) -> float | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _InForce:
    """A boundary in force, as a drawing."""

    code: str
    name: str
    shape: MultiPolygon
    official_area_km2: float | None


def check(
    kind: PlaceKind, *, on: date, expected: Iterable[str] | None = None
) -> Findings:
    """Check what is in force of a kind on a day.

    `expected` are the codes there should be; without them, every place of the kind that
    has never had a boundary counts as missing.
    """
    held = [
        _InForce(
            code=each.place.code,
            name=each.place.name,
            shape=each.shape,
            official_area_km2=each.place.official_area_km2,
        )
        for each in Boundary.objects.known()
        .in_force(on=on)
        .filter(place__kind=kind)
        .select_related("place")
        .order_by("place__code")
        .defer(None)
    ]
    if expected is None:
        never = Place.objects.filter(kind=kind, boundaries__isnull=True)
        missing = set(never.values_list("code", flat=True))
    else:
        missing = set(expected) - {each.code for each in held}
    return examine(held, missing=missing)


def examine(drawn: Sequence[Drawn], *, missing: Iterable[str] = ()) -> Findings:
    """Check drawings of one kind against each other, whether in force or not."""
    codes = [each.code for each in drawn]
    shapes = np.array(shapely.from_wkb([bytes(each.shape.wkb) for each in drawn]))
    return Findings(
        places=len(drawn),
        overlaps=_overlaps(codes, shapes),
        gaps=_gaps(codes, shapes),
        slivers=_slivers(codes, shapes),
        missing=tuple(sorted(missing)),
        differences=_differences(drawn, shapes),
    )


def areas_m2(shapes: NDArray[np.object_]) -> list[float]:
    """Return how much ground shapes in degrees cover."""
    return _measured("ST_Area", shapes)


def _measured(function: str, shapes: NDArray[np.object_]) -> list[float]:
    measured = (
        f"SELECT {function}(ST_SetSRID(shape::geometry, 4326)::geography)"  # noqa: S608
        " FROM unnest(%s::text[]) WITH ORDINALITY AS asked (shape, number)"
        " ORDER BY number"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            measured, [[str(each) for each in shapely.to_wkb(shapes, hex=True)]]
        )
        return [area for (area,) in cursor.fetchall()]


def _overlaps(codes: list[str], shapes: NDArray[np.object_]) -> tuple[Overlap, ...]:
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    common = np.asarray(shapely.intersection(shapes[one], shapes[other]))
    areas = areas_m2(common)
    found = [
        Overlap(codes=(codes[a], codes[b]), area_m2=area, at=_middle(shape))
        for a, b, area, shape in zip(one, other, areas, common, strict=True)
        if area > LEAST_M2
    ]
    return tuple(sorted(found, key=lambda each: (-each.area_m2, each.codes)))


def _gaps(codes: list[str], shapes: NDArray[np.object_]) -> tuple[Gap, ...]:
    """Return the holes of all places together.

    A hole that a single place goes round is another city's land, or a lake: no gap.
    """
    whole = shapely.get_parts(shapely.union_all(shapes))
    rings = [
        shapely.Polygon(shapely.get_interior_ring(part, number))
        for part in whole
        for number in range(shapely.get_num_interior_rings(part))
    ]
    if not rings:
        return ()
    holes = np.array(rings)
    hole, beside = shapely.STRtree(shapes).query(holes, predicate="intersects")
    found = []
    for number, area in enumerate(areas_m2(holes)):
        round_it = tuple(sorted(codes[each] for each in beside[hole == number]))
        found.append(Gap(codes=round_it, area_m2=area, at=_middle(holes[number])))
    gaps = [gap for gap in found if len(gap.codes) > 1]
    return tuple(sorted(gaps, key=lambda gap: (-gap.area_m2, gap.codes)))


def _slivers(codes: list[str], shapes: NDArray[np.object_]) -> tuple[Sliver, ...]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areas = np.array(areas_m2(parts))
    lengths = np.array(_measured("ST_Perimeter", parts))
    roundness = 4 * np.pi * areas / lengths**2
    thin = (areas < SLIVER_M2) | (roundness < SLIVER_ROUNDNESS)
    found = [
        Sliver(
            code=codes[owner[number]],
            area_m2=float(areas[number]),
            at=_middle(parts[number]),
        )
        for number in np.flatnonzero(thin)
    ]
    return tuple(sorted(found, key=lambda each: (each.area_m2, each.code)))


def _differences(
    drawn: Sequence[Drawn], shapes: NDArray[np.object_]
) -> tuple[AreaDifference, ...]:
    found = [
        AreaDifference(
            code=each.code,
            name=each.name,
            area_km2=area / 1e6,
            official_km2=each.official_area_km2,
        )
        for each, area in zip(drawn, areas_m2(shapes), strict=True)
        if each.official_area_km2
        and abs(area / 1e6 / each.official_area_km2 - 1) > AREA_TOLERANCE
    ]
    return tuple(
        sorted(found, key=lambda each: -abs(each.area_km2 / each.official_km2 - 1))
    )


def _middle(shape: shapely.Geometry) -> tuple[float, float]:
    inside = shapely.point_on_surface(shape)
    return round(float(shapely.get_x(inside)), 6), round(
        float(shapely.get_y(inside)), 6
    )
