"""What a map that travels is drawn from: counts by square, by turn of time, by ward."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.contrib.gis.db.models.functions import (
    AsGeoJSON,
    PointOnSurface,
    Transform,
)
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Max, Min, Q, QuerySet, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek
from django.utils.timezone import localdate, localtime

from gis_data.geometry import WORLD_CELL_ZOOM, area_m2, cell_centre, interleave
from gis_data.models import BoundaryDrawing
from incidents.models import ReportQuerySet
from incidents.models.status import ENDED

#: A degree with so many decimals is good to a metre; no cell is so small.
DECIMALS = 5
#: So much is drawn in one file at most; where there is more, squares are wider.
SPOTS_AT_MOST = 20_000
#: The drawing of wards that a map of a whole city shows.
GROUND_ZOOM = 11


#: How many squares become one with the one before them, and after how many steps.
FOLLOWING = """
SELECT (length(ltrim((cell # before)::bit(64)::text, '0')) + 1) / 2 AS steps, count(*)
FROM (
    SELECT cell, lag(cell) OVER (PARTITION BY turn ORDER BY cell) AS before
    FROM ({fine}) AS fine
) AS following
GROUP BY steps
"""


class Step(StrEnum):
    """How long one turn of a time-lapse lasts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


TRUNCATED = {Step.DAY: TruncDay, Step.WEEK: TruncWeek, Step.MONTH: TruncMonth}
#: Up to so many days are told day by day, up to so many week by week.
DAYS_BY_DAY, DAYS_BY_WEEK = 45, 400


@dataclass(frozen=True, slots=True)
class Spot:
    """The middle of a square, and how many reports lie in it."""

    lat: float
    lon: float
    count: int

    @property
    def row(self) -> list[float]:
        return [self.lat, self.lon, self.count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Squares:
    """Where reports lie, by the squares of one zoom."""

    zoom: int
    spots: tuple[Spot, ...]

    @property
    def count(self) -> int:
        return sum(spot.count for spot in self.spots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came in one turn of time."""

    first: date
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardCount:
    """What one ward had: all that came, and what of it is open still."""

    code: str
    name: str
    received: int
    open: int
    km2: float
    middle: tuple[float, float]  #: Latitude and longitude of a point inside it.
    shape: Mapping[str, Any]

    @property
    def density(self) -> float:
        """How many came for each square kilometre: a large ward is no worse for it."""
        return self.received / self.km2 if self.km2 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The counts by ward, with what lies in none, and from when to when they are."""

    wards: tuple[WardCount, ...]
    received: int
    open: int
    placeless: int  #: In no ward that is in force that day.
    pointless: int  #: Without a point on the map.
    first: date | None
    last: date | None


def squares_of(reports: ReportQuerySet, *, zoom: int) -> Squares:
    """Count by squares where these reports lie, in two statements.

    The squares are wider where there are too many of that zoom.
    """
    placed = reports.order_by().filter(world_cell__isnull=False)
    fine = placed.annotate(turn=Value(0), cell=_cell(zoom))
    zoom = max(0, zoom - _too_fine(fine.values("turn", "cell")))
    counted = placed.annotate(cell=_cell(zoom)).values("cell").annotate(n=Count("pk"))
    counts = Counter({each["cell"]: each["n"] for each in counted})
    return Squares(zoom=zoom, spots=_spots(counts, zoom=zoom))


def turns_of(
    reports: ReportQuerySet, *, step: Step, zoom: int
) -> tuple[int, tuple[Turn, ...]]:
    """Count by squares what came in each turn of time, in two statements.

    Return the zoom of the squares too: they are wider where there are too many.
    """
    placed = (
        reports.order_by()
        .filter(world_cell__isnull=False)
        .annotate(turn=TRUNCATED[step]("received_at"))
    )
    fine = placed.annotate(cell=_cell(zoom))
    zoom = max(0, zoom - _too_fine(fine.values("turn", "cell")))
    found = (
        placed.annotate(cell=_cell(zoom))
        .values("turn", "cell")
        .annotate(n=Count("pk"))
        .values_list("turn", "cell", "n")
    )
    turns: dict[date, Counter[int]] = {}
    for turn, cell, count in found:
        turns.setdefault(localtime(turn).date(), Counter())[cell] = count
    return zoom, tuple(
        Turn(first=first, spots=_spots(turns[first], zoom=zoom))
        for first in sorted(turns)
    )


def step_for(first: date | None, last: date | None) -> Step:
    """Choose turns of which a time has some dozens."""
    days = (last - first).days if first and last else 0
    if days <= DAYS_BY_DAY:
        return Step.DAY
    return Step.WEEK if days <= DAYS_BY_WEEK else Step.MONTH


def by_ward(reports: ReportQuerySet, *, on: date) -> Gathered:
    """Count these reports by the wards of that day, with their shapes: two statements.

    Every ward is there, also one without a report: an empty place says something too.
    """
    found: dict[int | None, Any] = {
        each["current_place"]: each
        for each in reports.order_by()
        .values("current_place")
        .annotate(
            n=Count("pk"),
            n_open=Count("pk", filter=~Q(status__in=sorted(ENDED))),
            n_pointless=Count("pk", filter=Q(public_point__isnull=True)),
            first=Min("received_at"),
            last=Max("received_at"),
        )
    }
    wards = tuple(_wards(found, on=on))
    received = sum(each["n"] for each in found.values())
    firsts: list[datetime] = [each["first"] for each in found.values()]
    lasts: list[datetime] = [each["last"] for each in found.values()]
    return Gathered(
        wards=wards,
        received=received,
        open=sum(each["n_open"] for each in found.values()),
        placeless=received - sum(ward.received for ward in wards),
        pointless=sum(each["n_pointless"] for each in found.values()),
        first=localdate(min(firsts)) if firsts else None,
        last=localdate(max(lasts)) if lasts else None,
    )


def _wards(found: Mapping[int | None, Any], *, on: date) -> Iterable[WardCount]:
    drawn = (
        BoundaryDrawing.objects.filter(
            zoom=GROUND_ZOOM,
            boundary__place__kind__code="ward",
            boundary__validity__contains=on,
            boundary__recorded__upper_inf=True,
        )
        .annotate(
            drawn=AsGeoJSON(Transform("shape", 4326), precision=DECIMALS),
            middle=Transform(PointOnSurface("shape"), 4326),
        )
        .select_related("boundary__place")
        .defer("shape", "boundary__shape")
        .order_by("boundary__place__name", "boundary__place__code")
    )
    for each in drawn:
        place, at, shape = each.boundary.place, each.middle, each.drawn
        counted = found.get(place.pk, {"n": 0, "n_open": 0})
        yield WardCount(
            code=place.code,
            name=place.label,
            received=counted["n"],
            open=counted["n_open"],
            km2=area_m2(GEOSGeometry(shape, srid=4326)) / 1e6,
            middle=(round(at.y, DECIMALS), round(at.x, DECIMALS)),
            shape=json.loads(shape),
        )


def _cell(zoom: int) -> CombinedExpression:
    """Return the square of that zoom that a report lies in."""
    return F("world_cell").bitrightshift(2 * (WORLD_CELL_ZOOM - zoom))


def _too_fine(squares: QuerySet[Any, Any]) -> int:
    """Tell how often four squares have to become one, until few enough are left.

    The database counts: in the order of the squares, two that follow one another are
    one as soon as the bits in which they differ are gone, two for each step. The first
    of each turn is left for ever.
    """
    try:
        fine, given = squares.distinct().query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(FOLLOWING.format(fine=fine), given)
        found: dict[int | None, int] = dict(cursor.fetchall())
    left = sum(found.values())
    steps = 0
    while left > SPOTS_AT_MOST and steps < WORLD_CELL_ZOOM:
        steps += 1
        left -= found.get(steps, 0)
    return steps


def _spots(counts: Counter[int], *, zoom: int) -> tuple[Spot, ...]:
    """Put each count in the middle of its square, the fullest first."""
    finer = WORLD_CELL_ZOOM - zoom
    half = interleave(1 << finer - 1, 1 << finer - 1) if finer else 0
    spots = []
    for cell, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        middle = cell_centre((cell << 2 * finer) + half)
        spots.append(Spot(round(middle.y, DECIMALS), round(middle.x, DECIMALS), count))
    return tuple(spots)
