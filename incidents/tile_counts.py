"""Counts for the tiles that show far: what the database noted of changes, folded in.

Reports that come onto the map, change or leave it are noted by the database in a table
that only grows, and each minute folded into counts by cell, category, status group and
month. What is asked reads both, so it is never behind, folded or not.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from gis_data.geometry import WORLD_CELL_ZOOM

from .models import (
    COUNTED_ZOOMS,
    NUMBERED_ZOOM,
    Report,
    Status,
    TileCount,
    TileFold,
)


def _status_group() -> str:
    """Write the four words as SQL, from the one table that knows them."""
    cases = " ".join(f"WHEN '{each}' THEN '{each.group}'" for each in Status)
    return f"CASE status {cases} END"


STATUS_GROUP = _status_group()
FOLD = f"""
WITH gone AS (
    DELETE FROM incidents_tilechange RETURNING *
), noted AS (
    INSERT INTO incidents_tilefold (cell, changes)
    SELECT world_cell >> 2 * ({WORLD_CELL_ZOOM - NUMBERED_ZOOM}), count(*) FROM gone
    GROUP BY 1 ORDER BY 1
    ON CONFLICT (cell) DO UPDATE
    SET changes = incidents_tilefold.changes + excluded.changes
)
INSERT INTO incidents_tilecount AS kept
    (zoom, cell, category, "group", month, count, across, down, reports)
SELECT zoom, world_cell >> 2 * ({WORLD_CELL_ZOOM} - zoom), category, {STATUS_GROUP},
    date_trunc('month', received_at AT TIME ZONE %(zone)s)::date,
    sum(sign), sum(sign * across), sum(sign * down), sum(sign * report)
FROM gone CROSS JOIN unnest(%(zooms)s::smallint[]) AS zoom
GROUP BY 1, 2, 3, 4, 5
-- One that came and left at once, or changed in what is not counted by, moves nothing.
HAVING sum(sign) <> 0 OR sum(sign * across) <> 0 OR sum(sign * down) <> 0
    OR sum(sign * report) <> 0
-- In one order, so that two at once wait for one another and not each for the other.
ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (zoom, cell, category, "group", month) DO UPDATE
SET count = kept.count + excluded.count, across = kept.across + excluded.across,
    down = kept.down + excluded.down, reports = kept.reports + excluded.reports
"""  # noqa: S608
AFRESH = """
INSERT INTO incidents_tilechange
    (report, sign, category, status, received_at, world_cell, across, down)
SELECT id, 1, category_id, status, received_at, world_cell,
    floor((ST_X(public_point) + 180) / 360 * {side})::bigint,
    floor((1 - asinh(tan(radians(ST_Y(public_point)))) / pi()) / 2 * {side})::bigint
FROM ({shown}) AS shown
"""


@transaction.atomic
def fold() -> None:
    """Add what changed to the counts; whoever asks meanwhile sees it once."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD, {"zone": settings.TIME_ZONE, "zooms": list(COUNTED_ZOOMS)})
    TileCount.objects.filter(count=0).delete()


@transaction.atomic
def recount() -> None:
    """Count everything afresh, for what was written behind the database's back.

    Nobody's report changes meanwhile; what is asked is answered as before.
    """
    shown = Report.objects.public().exclude(world_cell=None).order_by()
    inner, given = shown.values(
        "id", "category_id", "status", "received_at", "world_cell", "public_point"
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE incidents_tilechange IN SHARE ROW EXCLUSIVE MODE")
        fold()
        TileCount.objects.all().delete()
        # What was counted of a cell may have been wrong, even if nothing is there now.
        TileFold.objects.update(changes=F("changes") + 1)
        cursor.execute(AFRESH.format(shown=inner, side=2**WORLD_CELL_ZOOM), given)
    fold()
