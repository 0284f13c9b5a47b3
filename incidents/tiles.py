"""Reports on a tile: clusters far off, points near by, each in exactly one tile.

A report's world cell is its place in one z-order row of cells, so that a tile is one
contiguous range of it, and no report falls between two tiles or into both.
"""

from __future__ import annotations

from django.db import connection

from gis_data.geometry import WORLD_CELL_ZOOM as CELL_ZOOM
from gis_data.geometry import interleave

from .filters import ReportFilter
from .models import Status

LAST_ZOOM = CELL_ZOOM  #: Nothing is told more closely.
#: From here on every report is a point of its own.
POINTS_FROM = 17
#: A cluster gathers what lies in one of 8 by 8 squares of a tile.
SQUARES = 3

TILE = """
WITH shown (id, world_cell, at) AS ({shown}), spots AS (
    SELECT CASE WHEN %(each)s THEN id ELSE world_cell >> %(shift)s END AS spot,
           count(*) AS count, min(id) AS id, avg(ST_X(at)) AS lon, avg(ST_Y(at)) AS lat
    FROM shown GROUP BY 1
), placed AS (
    SELECT count, id,
           ST_AsMVTGeom(
               ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857),
               ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 256, true) AS at
    FROM spots
)
SELECT coalesce((
    SELECT ST_AsMVT(one, 'reports', 4096, 'at') FROM (
        SELECT public_id, category.code AS category, {group} AS status_group, at
        FROM placed JOIN incidents_report report USING (id)
        JOIN incidents_category category ON category.id = report.category_id
        WHERE count = 1 ORDER BY public_id) one), '')
|| coalesce((
    SELECT ST_AsMVT(many, 'clusters', 4096, 'at') FROM (
        SELECT count, at FROM placed WHERE count > 1 ORDER BY count, id
    ) many), '')
"""


def report_tile(asked: ReportFilter, *, z: int, x: int, y: int) -> bytes:
    """Return the vector tile of the public reports that pass, in one statement.

    Layer `reports` has `public_id`, `category`, `status_group`; layer `clusters` has
    `count`. Empty bytes where there is nothing. Zoom is at most `LAST_ZOOM`.
    """
    first = interleave(x, y) << 2 * (CELL_ZOOM - z)
    last = first + (1 << 2 * (CELL_ZOOM - z)) - 1
    shown = (
        asked.public()
        .filter(world_cell__range=(first, last))
        .values_list("pk", "world_cell", "public_point")
        .order_by()
    )
    inner, inner_given = shown.query.sql_with_params()
    named = {f"p{turn}": value for turn, value in enumerate(inner_given)}
    inner %= tuple(f"%({name})s" for name in named)
    sql = TILE.format(shown=inner, group=STATUS_GROUP)
    squares = min(z + SQUARES, CELL_ZOOM)
    given = {
        "each": z >= POINTS_FROM,
        "shift": 2 * (CELL_ZOOM - squares),
        "z": z,
        "x": x,
        "y": y,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, named | given)
        ((tile,),) = cursor.fetchall()
    return bytes(tile)


def _status_group() -> str:
    """Write the four words as SQL, from the one table that knows them."""
    cases = " ".join(f"WHEN '{each}' THEN '{each.group}'" for each in Status)
    return f"CASE status {cases} END"


STATUS_GROUP = _status_group()
