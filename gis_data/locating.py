"""Located: a point and a day → the areas it lies in, how surely, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import combinations
from math import hypot
from struct import unpack_from
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from .geometry import disc_ewkb, metres_a_degree

#: Real points miss their area by less than this, along the street it ends at.
POSITION_TOLERANCE_M = 5.0
#: How far outside every area a point may lie and still be given the nearest.
NEAREST_WITHIN_M = 100.0
#: A disc wider than this lies in many areas anyway; asking for all would cost time.
REACH_AT_MOST_M = 10_000.0
#: Below this part of the disc the area that covers the point is in doubt.
SURE_SHARE = 0.8
BOUNDARY_ID = 6


class Found(TextChoices):
    """How a point lies on the map."""

    INSIDE = "inside", _("inside one area")
    BORDER = "border", _("on the border of several areas")
    GAP = "gap", _("in a gap between the areas")
    NEAREST = "nearest", _("just outside the map")
    OFF_THE_MAP = "off_the_map", _("off the map")


class MapDoubt(TextChoices):
    """Why the area a point was given may be the wrong one."""

    BORDER = "border", _("close to a border")
    DISC = "disc", _("the position is not precise enough")


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A place as it lay that day, and how much of the disc round the point is its."""

    kind: str
    rank: int | None
    code: str
    name: str
    name_en: str
    place_id: int
    boundary_id: int | None  #: None for a place that was named, not located.
    edition_id: int | None
    share: float
    distance_m: float
    approximate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a point lies: the areas it is given to, most local first, and those beside.

    The first of `areas` is the one that counts; of a level with several, the
    one that holds most of the disc.
    """

    areas: tuple[Area, ...]
    beside: tuple[Area, ...]
    reason: Found
    doubts: tuple[str, ...]

    @property
    def approximate(self) -> bool:
        """Whether any area was read from a sketch."""
        return any(area.approximate for area in self.areas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """An area near the point: as found, before anything is concluded."""

    area: Area
    covers: bool
    in_disc: bool
    #: The way to it in metres, east and north.
    way: tuple[float, float]

    @property
    def counts(self) -> bool:
        """Whether it is near enough to be given the point, or lies in the disc."""
        return self.in_disc or self.area.distance_m <= NEAREST_WITHIN_M

    @property
    def level(self) -> int:
        return -1 if self.area.rank is None else self.area.rank


def locate(
    point: Point | tuple[float, float],
    *,
    on: date,
    accuracy: float = 0,
    known_at: datetime | None = None,
) -> Location:
    """Find what lay over `point` that day, and what `accuracy` metres also reach.

    One statement, by the pieces. A point given as a tuple is longitude, latitude.
    """
    if not isinstance(point, Point):
        point = Point(*point, srid=4326)
    reaches = tuple(_reaches(point, on=on, accuracy=accuracy, known_at=known_at))
    return conclude(reaches, is_precise=accuracy <= POSITION_TOLERANCE_M)


def nearest_border_m(
    point: Point | tuple[float, float], *, on: date, known_at: datetime | None = None
) -> float | None:
    """Measure the way to the nearest border of the most local level in force.

    One statement; nothing if no area of any level is in force that day.
    """
    if not isinstance(point, Point):
        point = Point(*point, srid=4326)
    about = _about(point, on=on, known_at=known_at)
    with connection.cursor() as cursor:
        cursor.execute(BORDER_STATEMENT.format(known=_known(known_at)), about)
        ((metres,),) = cursor.fetchall()
    return None if metres is None else float(metres)


def _reaches(
    point: Point, *, on: date, accuracy: float, known_at: datetime | None
) -> Iterator[Reach]:
    """Ask the map, and put the pieces of each boundary together again."""
    east, north = metres_a_degree(point.y)
    reach = min(max(accuracy, POSITION_TOLERANCE_M), REACH_AT_MOST_M)
    about = (
        point.hexewkb.decode(),
        disc_ewkb(point.x, point.y, metres=reach),
        disc_ewkb(point.x, point.y, metres=NEAREST_WITHIN_M),
        east,
        north,
        on,
        known_at,
    )
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, about)
        rows = cursor.fetchall()
    boundaries: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        boundaries.setdefault(row[BOUNDARY_ID], []).append(row)
    for pieces in boundaries.values():
        found = _together(pieces)
        if found.counts:
            yield found


def _together(pieces: list[tuple[Any, ...]]) -> Reach:
    kind, rank, code, name, name_en, place_id, boundary_id, edition_id, approximate = (
        pieces[0][:9]
    )
    lies = Area(
        kind=kind,
        rank=rank,
        code=code,
        name=name,
        name_en=name_en,
        place_id=place_id,
        boundary_id=boundary_id,
        edition_id=edition_id,
        share=0.0,
        distance_m=0.0,
        approximate=approximate,
    )
    return reached(
        lies,
        covers=any(piece[9] for piece in pieces),
        shares=[piece[10] for piece in pieces if piece[10] is not None],
        ways=[_metres(piece[11]) for piece in pieces if piece[11] is not None],
    )


def reached(
    area: Area,
    *,
    covers: bool,
    shares: Collection[float],
    ways: Collection[tuple[float, float]],
) -> Reach:
    """Put an area together from its pieces: their parts of the disc, the ways there."""
    way = (0.0, 0.0) if covers else min(ways, key=lambda each: hypot(*each))
    area = replace(area, share=sum(shares), distance_m=round(hypot(*way), 3))
    return Reach(area=area, covers=covers, in_disc=bool(shares), way=way)


def _metres(ewkb: str) -> tuple[float, float]:
    east, north = unpack_from("<2d", bytes.fromhex(ewkb), offset=9)
    return east, north


def conclude(reaches: tuple[Reach, ...], *, is_precise: bool) -> Location:
    """Give the point to one area of the most local level, and say how surely."""
    reaches = tuple(sorted(_comparable(reaches), key=_order))
    ranked = [each for each in reaches if each.area.rank is not None]
    if not ranked:
        return Location(areas=(), beside=(), reason=Found.OFF_THE_MAP, doubts=())
    local = [each for each in ranked if each.level == ranked[0].level]
    covering = [each for each in local if each.covers]
    given = [each for each in reaches if each.covers]
    levels = {each.level for each in given}
    for level in sorted({each.level for each in ranked} - levels):
        same = [each for each in ranked if each.level == level]
        given.append(min(same, key=lambda each: (each.area.distance_m, _order(each))))
    given.sort(key=_order)
    beside = [each for each in reaches if each.in_disc and each not in given]
    reason = _reason(covering, local, ranked)
    doubts: list[str] = []
    if reason != Found.INSIDE:
        doubts.append(MapDoubt.BORDER)
    held = sum(each.area.share for each in local)
    if held and given[0].area.share < SURE_SHARE * held:
        doubts.append(MapDoubt.BORDER if is_precise else MapDoubt.DISC)
    return Location(
        areas=tuple(each.area for each in given),
        beside=tuple(each.area for each in beside),
        reason=reason,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _reason(covering: list[Reach], local: list[Reach], ranked: list[Reach]) -> Found:
    if covering:
        return Found.INSIDE if len(covering) == 1 else Found.BORDER
    if any(each.covers for each in ranked) or _lies_between(local):
        return Found.GAP
    return Found.NEAREST


def _lies_between(areas: list[Reach]) -> bool:
    """Whether the ways to two of them lead apart: outside the map they lead one way."""
    return any(
        one.way[0] * other.way[0] + one.way[1] * other.way[1] < 0
        for one, other in combinations(areas, 2)
    )


def _comparable(reaches: Iterable[Reach]) -> Iterator[Reach]:
    """Let the shares of a kind add up to one at most, where its areas overlap."""
    reaches = tuple(reaches)
    held: defaultdict[str, float] = defaultdict(float)
    for each in reaches:
        held[each.area.kind] += each.area.share
    for each in reaches:
        share = round(each.area.share / max(held[each.area.kind], 1.0), 6)
        yield replace(each, area=replace(each.area, share=share))


def _order(reach: Reach) -> tuple[int, float, str, str]:
    area = reach.area
    return (-reach.level, -area.share, area.kind, area.code)


def _about(point: Point, *, on: date, known_at: datetime | None) -> dict[str, Any]:
    """Return what both statements ask with; metres are taken about the point."""
    east, north = metres_a_degree(point.y)
    return {
        "point": point.hexewkb.decode(),
        "on": on,
        "known_at": known_at,
        "east": east,
        "north": north,
    }


def _known(known_at: datetime | None) -> str:
    return (
        "upper_inf(p.recorded)"
        if known_at is None
        else "p.recorded @> %(known_at)s::timestamptz"
    )


# A function of the database, so that it is planned once a session: see its migration.
# The nearest areas are searched only where nothing of the most local level covers.
STATEMENT = """
SELECT kind, rank, code, name, name_en, place_id, boundary_id, edition_id, approximate,
  covers, share, way
FROM gis_data_reach(%s, %s, %s, %s, %s, %s, %s)
"""
# The nearest stretch in degrees bounds the nearest in metres: looked up again that far.
BORDER_STATEMENT = """
WITH level AS MATERIALIZED (
  SELECT k.id FROM gis_data_placekind k
  WHERE k.rank IS NOT NULL AND EXISTS (
    SELECT FROM gis_data_boundary p JOIN gis_data_place l ON l.id = p.place_id
    WHERE l.kind_id = k.id AND p.validity @> %(on)s::date AND {known})
  ORDER BY k.rank DESC LIMIT 1
), first AS MATERIALIZED (
  SELECT ST_Length(ST_Affine(ST_ShortestLine(p.line, %(point)s::geometry),
    %(east)s, 0, 0, %(north)s, 0, 0)) AS metres
  FROM gis_data_boundaryedge p
  JOIN gis_data_boundary b ON b.id = p.boundary_id
  JOIN gis_data_place l ON l.id = b.place_id
  WHERE l.kind_id = (SELECT id FROM level)
    AND p.validity @> %(on)s::date AND {known}
  ORDER BY p.line <-> %(point)s::geometry LIMIT 1
)
SELECT min(ST_Length(ST_Affine(ST_ShortestLine(p.line, %(point)s::geometry),
  %(east)s, 0, 0, %(north)s, 0, 0)))
FROM first
JOIN gis_data_boundaryedge p ON p.line && ST_Expand(%(point)s::geometry,
  first.metres / %(east)s, first.metres / %(north)s)
JOIN gis_data_boundary b ON b.id = p.boundary_id
JOIN gis_data_place l ON l.id = b.place_id
WHERE l.kind_id = (SELECT id FROM level)
  AND p.validity @> %(on)s::date AND {known}
"""
