"""Counted by hexagon inside the database: rows come back by cell, never by report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from django.db import connection

from gis_data.hexagons import EAST_LESS_M, EAST_M, MIDDLE, ROW_BITS, Grid
from incidents.models import ReportQuerySet
from incidents.models.status import ENDED

from .asking import HANDLED, Asked, Counted, incidents_of

#: So many repeats are told one by one, and so many wards.
TOLD, WARDS = 6, 200
#: What is read of each incident, in the order of the columns of `seen`.
READ = (
    "pk",
    "category_id",
    "category__urgency",
    "current_place_id",
    "status",
    "received_at",
    "resolved_at",
    "point",
    "address",
    "due_at",
    "followers",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What lies in one hexagon, and by what it would be called."""

    counted: Counted
    ward: int | None
    category: int
    street: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of one incident's priority, beside the report itself."""

    report: int
    is_open: bool
    days_late: int
    followers: int
    repeats: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """All that was counted: by hexagon, by ward, and what has no place."""

    cells: Mapping[int, Cell]
    wards: Mapping[int | None, Counted]
    placeless: Counted
    #: What came soonest and oftenest again where the same had been handled.
    again: tuple[Case, ...]

    @property
    def total(self) -> Counted:
        """All of it that has a place."""
        return sum((each.counted for each in self.cells.values()), Counted())


def count(asked: Asked, grid: Grid) -> Tally:
    """Count by hexagon and by ward, in one statement."""
    said = _ask(incidents_of(asked), asked, grid, BY_CELL)
    cells = {
        each["cell"]: Cell(
            counted=_counted(each),
            ward=each["ward"],
            category=each["category"],
            street=each["street"] or "",
        )
        for each in said["cells"]
    }
    placeless = Counted() if not said["placeless"] else _counted(said["placeless"])
    wards = {each["ward"]: _counted(each) for each in said["wards"]}
    again = tuple(Case(**each) for each in said["again"])
    return Tally(cells=cells, wards=wards, placeless=placeless, again=again)


def cases_in(
    asked: Asked, grid: Grid, cells: Iterable[int], *, at_most: int
) -> list[Case]:
    """Return the incidents in these hexagons, open ones and high scores first."""
    numbers = list(cells)
    if not numbers:
        return []
    about = incidents_of(asked).filter(
        point__bboverlaps=_box(grid, numbers, beyond=asked.weights.repeat_metres)
    )
    said = _ask(about, asked, grid, IN_CELLS, cells=numbers, at_most=at_most)
    return [Case(**each) for each in said]


def _box(grid: Grid, cells: list[int], *, beyond: float) -> Polygon:
    """Return the box about cells, in degrees, with all that may make repeats there."""
    corners = grid.outlines(np.array(cells)).reshape(-1, 2)
    # Twice as far, for a box in degrees is not quite one in metres.
    west, south = corners.min(axis=0) - 2 * beyond
    east, north = corners.max(axis=0) + 2 * beyond
    box = shapely.box(west, south, east, north)
    degrees = grid.degrees(shapely.get_coordinates(box))
    found = Polygon.from_bbox((*degrees.min(axis=0), *degrees.max(axis=0)))
    found.srid = 4326
    return found


def _counted(said: Mapping[str, Any]) -> Counted:
    return Counted(
        incidents=said["incidents"],
        open=said["open"],
        late=said["late"],
        late_days=said["late_days"],
        followers=said["followers"],
        repeats=said["repeats"],
        points=said["points"],
    )


def _ask(
    found: ReportQuerySet, asked: Asked, grid: Grid, answer: str, **given: Any
) -> Any:
    """Ask for what is measured of these incidents, in the shape that `answer` gives."""
    inner = found.order_by().with_due_date().with_how_many_met_it().values_list(*READ)
    sql, values = inner.query.sql_with_params()
    named = {f"q{turn}": value for turn, value in enumerate(values)}
    sql %= tuple(f"%({name})s" for name in named)
    weights = asked.weights
    about: dict[str, Any] = {
        "lon": grid.lon,
        "lat": grid.lat,
        "north": grid.north,
        "wide": grid.width,
        "high": 2 * grid.rise,
        "since": asked.since,
        "at": asked.at,
        "ended": sorted(ENDED),
        "handled": sorted(HANDLED),
        "near": weights.repeat_metres,
        "days": weights.repeat_days,
        "urgent": weights.urgent,
        "high_urgency": weights.high,
        "normal": weights.normal,
        "late_day": weights.late_day,
        "follower": weights.follower,
        "repeat": weights.repeat,
        "days_at_most": weights.days_at_most,
        "followers_at_most": weights.followers_at_most,
        "repeats_at_most": weights.repeats_at_most,
    }
    with connection.cursor() as cursor:
        cursor.execute(MEASURED.format(inner=sql) + answer, named | about | given)
        ((said,),) = cursor.fetchall()
    return json.loads(said)


#: A square and a category as one number, for a join that compares but that.
SQUARE = (
    "((category::bigint << 40) + (({over} & 1048575)::bigint << 20) + ({up} & 1048575))"
)
#: Metres as `Grid` has them, and the hexagon whose middle is nearest. A repeat is
#: looked for by squares twice as wide as it may be away: what was handled stands in the
#: four of them that it can reach. It does so as rows of their own, for the join to go
#: by the squares; else it compares all of a category with all of it.
MEASURED = f"""
WITH seen (id, category, urgency, ward, status, received_at, resolved_at, point,
           address, due_at, followers) AS MATERIALIZED ({{inner}}),
metric AS MATERIALIZED (
    SELECT seen.*, received_at >= %(since)s AS is_counted,
        status <> ALL(%(ended)s) AS is_open,
        greatest(0, ceil(extract(epoch FROM
            CASE WHEN status = ANY(%(ended)s) THEN resolved_at ELSE %(at)s END - due_at
        ) / 86400))::int AS days_late,
        (ST_X(point) - %(lon)s) * ({EAST_M} * cos(radians(ST_Y(point)))
            - {EAST_LESS_M} * cos(3 * radians(ST_Y(point)))) AS x,
        (ST_Y(point) - %(lat)s) * %(north)s AS y
    FROM seen
), handled AS MATERIALIZED (
    SELECT x, y, resolved_at, {
    SQUARE.format(
        over="floor(x / %(near)s / 2 - 0.5)::int + i",
        up="floor(y / %(near)s / 2 - 0.5)::int + j",
    )
} AS square
    FROM metric, generate_series(0, 1) i, generate_series(0, 1) j
    WHERE status = ANY(%(handled)s) AND resolved_at IS NOT NULL
), again AS MATERIALIZED (
    SELECT later.id, count(*)::int AS repeats
    FROM metric later JOIN handled earlier ON earlier.square = {
    SQUARE.format(
        over="floor(later.x / %(near)s / 2)::int",
        up="floor(later.y / %(near)s / 2)::int",
    )
}
        AND earlier.resolved_at <= later.received_at
        AND earlier.resolved_at > later.received_at - make_interval(days => %(days)s)
        AND (earlier.x - later.x) ^ 2 + (earlier.y - later.y) ^ 2 <= %(near)s ^ 2
    WHERE later.is_counted
    GROUP BY later.id
), measured AS MATERIALIZED (
    SELECT m.id, m.category, m.ward, m.address, m.is_open, m.days_late, m.followers,
        coalesce(again.repeats, 0) AS repeats, m.received_at,
        CASE m.urgency WHEN 'urgent' THEN %(urgent)s WHEN 'high' THEN %(high_urgency)s
            ELSE %(normal)s END::float8
        + %(late_day)s * least(m.days_late, %(days_at_most)s)
        + %(follower)s * least(m.followers, %(followers_at_most)s)
        + %(repeat)s * least(coalesce(again.repeats, 0), %(repeats_at_most)s) AS score,
        CASE WHEN (x - even_i * %(wide)s) ^ 2 + (y - even_j * %(high)s) ^ 2
            <= (x - (odd_i + 0.5) * %(wide)s) ^ 2 + (y - (odd_j + 0.5) * %(high)s) ^ 2
        THEN ((2 * even_j)::bigint + {MIDDLE} << {ROW_BITS})
            + even_i::bigint + {MIDDLE}
        ELSE ((2 * odd_j)::bigint + 1 + {MIDDLE} << {ROW_BITS})
            + odd_i::bigint + {MIDDLE}
        END AS cell
    FROM metric m LEFT JOIN again USING (id) CROSS JOIN LATERAL (
        SELECT round(x / %(wide)s) AS even_i, round(y / %(high)s) AS even_j,
            floor(x / %(wide)s) AS odd_i, floor(y / %(high)s) AS odd_j
    ) nearest
    WHERE m.is_counted
)
"""  # noqa: S608
SUMS = """
    count(*)::int AS incidents, (count(*) FILTER (WHERE is_open))::int AS open,
    (count(*) FILTER (WHERE is_open AND days_late > 0))::int AS late,
    (coalesce(sum(days_late) FILTER (WHERE is_open), 0))::int AS late_days,
    sum(followers)::int AS followers,
    (count(*) FILTER (WHERE repeats > 0))::int AS repeats, sum(score) AS points
"""
STREET = r"""
    nullif(regexp_replace(split_part(address, ',', 1),
        '^\s*((số|so|no\.?)\s*)?\d[\w/.-]*\s*', '', 'i'), '')
"""
CASES = """
SELECT coalesce(json_agg(c), '[]') FROM (
    SELECT id AS report, is_open, days_late, followers, repeats, score
    FROM measured WHERE {where} ORDER BY {order} LIMIT {at_most}) c
"""
IN_CELLS = "SELECT ({})::text".format(
    CASES.format(
        where="cell = ANY(%(cells)s)",
        order="is_open DESC, score DESC, id",
        at_most="%(at_most)s",
    )
)
AGAIN = CASES.format(
    where="repeats > 0",
    order="repeats DESC, is_open DESC, received_at DESC, id",
    at_most=TOLD,
)
BY_CELL = f"""
SELECT json_build_object(
    'cells', (SELECT coalesce(json_agg(c), '[]') FROM (
        SELECT cell, {SUMS}, mode() WITHIN GROUP (ORDER BY ward) AS ward,
            mode() WITHIN GROUP (ORDER BY category) AS category,
            mode() WITHIN GROUP (ORDER BY {STREET}) AS street
        FROM measured WHERE cell IS NOT NULL GROUP BY cell) c),
    'wards', (SELECT coalesce(json_agg(w), '[]') FROM (
        SELECT ward, {SUMS} FROM measured WHERE cell IS NOT NULL
        GROUP BY ward ORDER BY sum(score) DESC LIMIT {WARDS}) w),
    'placeless', (SELECT row_to_json(p) FROM (
        SELECT {SUMS} FROM measured WHERE cell IS NULL HAVING count(*) > 0) p),
    'again', ({AGAIN})
)::text
"""  # noqa: S608
