"""Reports on a tile: clusters far off, points near by, each in exactly one tile.

A report's world cell is its place in one z-order row of cells, so that a tile is one
contiguous range of it, and no report falls between two tiles or into both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from gis_data.geometry import WORLD_CELL_ZOOM as CELL_ZOOM
from gis_data.geometry import interleave

from .filters import ReportFilter
from .models import (
    COUNTED_ZOOMS,
    NUMBERED_ZOOM,
    WEEKLY_ZOOMS,
    Handling,
    TileChange,
    TileCount,
    TileWeekCount,
)
from .models.weeks import weeks_of_today
from .tile_counts import STATUS_GROUP

LAST_ZOOM = CELL_ZOOM  #: Nothing is told more closely.
#: From here on every report is a point of its own, but where so many lie on one tile.
POINTS_FROM, POINTS_AT_MOST = 17, 1500
#: A cluster gathers what lies in one of 8 by 8 squares of a tile.
SQUARES = 3
#: It stands in the middle of what it gathers, by the 8 by 8 parts of its square.
PARTS = 3
EXTENT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A tile as it is now; nothing where the one that is known still stands."""

    tile: bytes | None
    tag: str  #: The same tag means the same tile.


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A tile among all of its zoom, as a range of cells."""

    z: int
    x: int
    y: int

    def cells(self, zoom: int = CELL_ZOOM) -> tuple[int, int]:
        """Return the first and the last of its cells of that zoom."""
        finer = 2 * (zoom - self.z)
        first = interleave(self.x, self.y) << finer
        return first, first + (1 << finer) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Counts of what is on a tile, by cells of that zoom."""

    zoom: int
    counts: QuerySet[Any, Any]


def report_tile(
    asked: ReportFilter, *, z: int, x: int, y: int, known: str = ""
) -> Drawn:
    """Return the vector tile of the public reports that pass, in one statement.

    Layer `reports` has `public_id`, `category`, `status_group`; layer `clusters` has
    `count`. Empty bytes where there is nothing. Zoom is at most `LAST_ZOOM`. Where
    nothing near has changed since the tile of the tag that is `known`, none is made.
    """
    square = Square(z=z, x=x, y=y)
    if counted := _kept(asked, square):
        spots, given = _counted(asked, square, counted)
    else:
        spots, given = _gathered(asked, square)
    numbered = 2 * (CELL_ZOOM - NUMBERED_ZOOM)
    sql = TILE.format(spots=spots, drawn=DRAWN, numbered=numbered)
    first, last = square.cells()
    given |= {"z": z, "x": x, "y": y, "first": first, "last": last}
    of_what = sha256(f"{sql}{sorted(given.items())}".encode()).hexdigest()[:12]
    before, _, content = known.rpartition(".") if TAG.fullmatch(known) else ("", "", "")
    with connection.cursor() as cursor:
        cursor.execute(sql, given | {"known": before, "of_what": of_what})
        ((stands, tile),) = cursor.fetchall()
    if tile is None:
        return Drawn(tile=None, tag=known)
    made = bytes(tile)
    now = sha256(made).hexdigest()[:20]
    # Something changed, but elsewhere.
    if now == content and before.startswith(of_what):
        return Drawn(tile=None, tag=known)
    return Drawn(tile=made, tag=f"{stands}.{now}")


def handling_tile(handlings: QuerySet[Handling], *, z: int, x: int, y: int) -> bytes:
    """Return the tile of handlings for staff, in one statement, with the same layers.

    Each stands where strangers would see its report, whoever looks. One for each
    handling: what was handled twice is two points, as it is two in a figure.
    """
    square = Square(z=z, x=x, y=y)
    here = handlings.filter(report__world_cell__range=square.cells())
    shown = here.values_list("report", "report__world_cell")
    try:
        spots, given = _spots(shown, square, one=TURN)
    except EmptyResultSet:  # Nothing was asked for, so the database need not be.
        return b""
    sql = f"WITH spots AS ({spots}) SELECT {DRAWN}"
    with connection.cursor() as cursor:
        cursor.execute(sql, given | {"z": z, "x": x, "y": y})
        ((tile,),) = cursor.fetchall()
    return bytes(tile)


def _gathered(asked: ReportFilter, square: Square) -> tuple[str, dict[str, Any]]:
    """Write what is on a tile from the reports themselves, by an index alone."""
    shown = asked.public().filter(world_cell__range=square.cells())
    return _spots(shown.values_list("pk", "world_cell"), square, one="id")


def _spots(
    shown: QuerySet[Any, Any], square: Square, *, one: str
) -> tuple[str, dict[str, Any]]:
    """Write what is on a tile from ids and cells; `one` tells a row from all others."""
    inner, named = _named(shown, "r")
    if square.z >= POINTS_FROM:
        finest = CELL_ZOOM - square.z
        spots = NEAR.format(shown=inner, one=one, **_place("cell", finest))
        return spots, named | {"most": POINTS_AT_MOST}
    squares = min(square.z + SQUARES, CELL_ZOOM)
    parts = min(squares + PARTS, CELL_ZOOM)
    spots = FAR.format(shown=inner, **_place("part", parts - square.z))
    shifts = {"to_part": 2 * (CELL_ZOOM - parts), "to_spot": 2 * (parts - squares)}
    return spots, named | shifts


def _kept(asked: ReportFilter, square: Square) -> Kept | None:
    """Return what is counted of the tile already, if all that is asked for is."""
    if asked.bbox is not None or asked.words or asked.placed is False:
        return None
    zooms, counts = (
        (COUNTED_ZOOMS, _by_month(asked))
        if asked.current_on is None
        else (WEEKLY_ZOOMS, _by_week(asked, weeks_of_today(asked.current_on)))
    )
    fine_enough = [zoom for zoom in zooms if zoom >= square.z + SQUARES]
    if counts is None or not fine_enough:
        return None
    if asked.groups is not None:
        counts = counts.filter(group__in=sorted(asked.groups))
    zoom = min(fine_enough)
    return Kept(
        zoom=zoom, counts=counts.filter(zoom=zoom, cell__range=square.cells(zoom))
    )


def _by_month(asked: ReportFilter) -> QuerySet[Any, Any] | None:
    """Find what is counted over all years: by category and by whole months."""
    if asked.places is not None or asked.organisations is not None:
        return None
    if any(day and day.day != 1 for day in (asked.since, asked.until)):
        return None
    counts = TileCount.objects.all()
    if asked.categories is not None:
        counts = counts.filter(category__in=sorted(asked.categories))
    if asked.since is not None:
        counts = counts.filter(month__gte=asked.since)
    if asked.until is not None:
        counts = counts.filter(month__lt=asked.until)
    return counts


def _by_week(asked: ReportFilter, weeks: list[int]) -> QuerySet[Any, Any] | None:
    """Find what is counted of those weeks: by category, by place or by unit."""
    if asked.since is not None or asked.until is not None:
        return None
    if asked.places is not None and asked.then:
        return None
    by = TileWeekCount.By
    named = {
        by.CATEGORY: asked.categories,
        by.PLACE: asked.places,
        by.ORGANISATION: asked.organisations,
    }
    given = [(kind, keys) for kind, keys in named.items() if keys is not None]
    if len(given) > 1:
        return None
    kind, keys = given[0] if given else (by.ALL, frozenset({0}))
    return TileWeekCount.objects.filter(by=kind, key__in=sorted(keys), week__in=weeks)


def _counted(
    asked: ReportFilter, square: Square, counted: Kept
) -> tuple[str, dict[str, Any]]:
    """Write what is on a tile from what is counted, and what changed since."""
    # What is asked of a report's own columns is asked of a change's by the same names.
    changes = TileChange.objects.filter(
        replace(asked, placed=None).condition(), world_cell__range=square.cells()
    )
    sums = ("count", "reports", "across", "down")
    kept, kept_given = _named(counted.counts.values_list("cell", *sums), "c")
    since, since_given = _named(
        changes.values_list("world_cell", "sign", "report", "across", "down"), "n"
    )
    first, squares = CELL_ZOOM - square.z, square.z + SQUARES
    return COUNTED.format(kept=kept, since=since), kept_given | since_given | {
        "kept_to_spot": 2 * (counted.zoom - squares),
        "to_spot": 2 * (CELL_ZOOM - squares),
        "east": square.x << first,
        "south": square.y << first,
        "scale": EXTENT / 2**first,
    }


def _named(rows: QuerySet[Any, Any], letter: str) -> tuple[str, dict[str, Any]]:
    """Write a question with its parameters by name."""
    inner, given = rows.order_by().query.sql_with_params()
    named = {f"{letter}{turn}": value for turn, value in enumerate(given)}
    return inner % tuple(f"%({name})s" for name in named), named


def _place(cell: str, bits: int) -> dict[str, str]:
    """Write where on the tile the middle of a cell of it lies, from its z-order."""

    def along(offset: int) -> str:
        # All these operators bind alike, and less than a sum does.
        turns = [
            f"(({cell} >> {2 * bit + offset} & 1) << {bit})" for bit in range(bits)
        ]
        return f"(({' | '.join(turns) or '0'}) + 0.5::float8) * {EXTENT / 2**bits}"

    return {"across": along(0), "down": along(1)}


#: Tells rows apart of which several are of one report.
TURN = "row_number() OVER ()"
#: As `Drawn` writes them: of what, after how many changes near by, and the content.
TAG = re.compile(r"[0-9a-f]{12}-[0-9]{1,18}\.[0-9a-f]{20}")
#: Each report for itself; where they are too many, by the finest cells.
NEAR = """
SELECT count, id, {across} AS across, {down} AS down
FROM (
    SELECT count(*) AS count, min(id) AS id, min(world_cell) AS cell
    FROM (
        SELECT id, world_cell, {one} AS one, count(*) OVER () AS all_of_them
        FROM ({shown}) AS shown (id, world_cell)
    ) AS told
    GROUP BY CASE WHEN all_of_them > %(most)s THEN world_cell ELSE one END
) AS spot
"""
#: First by small parts, of which there are few, and only those are placed.
FAR = """
SELECT sum(count)::bigint AS count, min(id) AS id,
    sum(count * ({across})) / sum(count) AS across,
    sum(count * ({down})) / sum(count) AS down
FROM (
    SELECT world_cell >> %(to_part)s AS part, count(*) AS count, min(id) AS id
    FROM ({shown}) AS shown (id, world_cell) GROUP BY 1
) AS part
GROUP BY part >> %(to_spot)s
"""
#: Of one report alone the sum of ids is its id.
COUNTED = """
SELECT sum(count)::bigint AS count, sum(report)::bigint AS id,
    (sum(across) / sum(count) + 0.5 - %(east)s)::float8 * %(scale)s AS across,
    (sum(down) / sum(count) + 0.5 - %(south)s)::float8 * %(scale)s AS down
FROM (
    SELECT cell >> %(kept_to_spot)s AS spot, count, report, across, down
    FROM ({kept}) AS kept (cell, count, report, across, down)
    UNION ALL
    SELECT cell >> %(to_spot)s, count, count * report, count * across, count * down
    FROM ({since}) AS since (cell, count, report, across, down)
) AS counted
GROUP BY spot HAVING sum(count) > 0
"""
DRAWN = f"""
coalesce((
    SELECT ST_AsMVT(one, 'reports', 4096, 'at') FROM (
        SELECT public_id, category.code AS category, {STATUS_GROUP} AS status_group,
            ST_AsMVTGeom(
                ST_Transform(report.public_point, 3857),
                ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 256, true) AS at
        FROM spots JOIN incidents_report report USING (id)
        JOIN incidents_category category ON category.id = report.category_id
        WHERE count = 1 ORDER BY public_id) one), '')
|| coalesce((
    SELECT ST_AsMVT(many, 'clusters', 4096, 'at') FROM (
        SELECT count, ST_MakePoint(round(across), round(down)) AS at
        FROM spots WHERE count > 1 ORDER BY count, id
    ) many), '')
"""  # noqa: S608
TILE = """
WITH stands AS MATERIALIZED (
    SELECT %(of_what)s || '-'
        || coalesce((SELECT sum(changes) FROM incidents_tilefold
            WHERE cell BETWEEN %(first)s >> {numbered} AND %(last)s >> {numbered}), 0)
            + (SELECT count(*) FROM incidents_tilechange
                WHERE world_cell >> {numbered}
                    BETWEEN %(first)s >> {numbered} AND %(last)s >> {numbered}) AS tag
), spots AS ({spots})
SELECT tag, CASE WHEN tag <> %(known)s THEN {drawn} END
FROM stands
"""
