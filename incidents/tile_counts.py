"""Counts for the tiles that show far: what the database noted of changes, folded in.

Reports that come onto the map, change or leave it are noted by the database in a table
that only grows, and each minute folded into counts by cell: one by category, status
group and month, one by the week in which they ended. What is asked reads notes and
counts, so it is never behind, folded or not.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Model

from gis_data.geometry import WORLD_CELL_ZOOM

from .models import (
    COUNTED_ZOOMS,
    NUMBERED_ZOOM,
    WEEKLY_ZOOMS,
    Report,
    Status,
    TileCount,
    TileFold,
    TileWeekCount,
)


def _status_group() -> str:
    """Write the four words as SQL, from the one table that knows them."""
    cases = " ".join(f"WHEN '{each}' THEN '{each.group}'" for each in Status)
    return f"CASE status {cases} END"


STATUS_GROUP = _status_group()
MONTH = "date_trunc('month', received_at AT TIME ZONE %(zone)s)::date"
By = TileWeekCount.By
#: As what a report is counted by week: one of all, one of its category, and so on.
SUBJECTS = f"""CROSS JOIN LATERAL (VALUES ({By.ALL}, 0), ({By.CATEGORY}, category),
    ({By.PLACE}, current_place), ({By.ORGANISATION}, organisation)) AS subject (by, key)
WHERE key IS NOT NULL"""


def _added(counts: type[Model], zooms: tuple[int, ...], key: str, rows: str) -> str:
    """Write how the sums over some rows are added to a table of counts."""
    names = [str(each.column) for each in counts._meta.pk_fields]
    named = ", ".join(f'"{name}"' for name in names)
    turns = ", ".join(str(turn) for turn in range(1, len(names) + 1))
    return f"""
INSERT INTO {counts._meta.db_table} AS kept ({named}, count, across, down, reports)
SELECT {key}, sum(sign), sum(sign * across), sum(sign * down), sum(sign * report)
FROM unnest(ARRAY{list(zooms)}::smallint[]) AS zoom CROSS JOIN {rows}
GROUP BY {turns}
-- One that came and left at once, or changed in what is not counted by, moves nothing.
HAVING sum(sign) <> 0 OR sum(sign * across) <> 0 OR sum(sign * down) <> 0
    OR sum(sign * report) <> 0
-- In one order, so that two at once wait for one another and not each for the other.
ORDER BY {turns}
ON CONFLICT ({named}) DO UPDATE
SET count = kept.count + excluded.count, across = kept.across + excluded.across,
    down = kept.down + excluded.down, reports = kept.reports + excluded.reports
"""  # noqa: S608


CELL = f"world_cell >> 2 * ({WORLD_CELL_ZOOM} - zoom)"
BY_MONTH = f"zoom, {CELL}, category, {STATUS_GROUP}, {MONTH}"
BY_WEEK = f"zoom, by, key, ended_week, {CELL}, {STATUS_GROUP}"
FOLD = f"""
WITH gone AS (
    DELETE FROM incidents_tilechange RETURNING *
), noted AS (
    INSERT INTO incidents_tilefold (cell, changes)
    SELECT world_cell >> 2 * ({WORLD_CELL_ZOOM - NUMBERED_ZOOM}), count(*) FROM gone
    GROUP BY 1 ORDER BY 1
    ON CONFLICT (cell) DO UPDATE
    SET changes = incidents_tilefold.changes + excluded.changes
), by_month AS ({_added(TileCount, COUNTED_ZOOMS, BY_MONTH, "gone")})
{_added(TileWeekCount, WEEKLY_ZOOMS, BY_WEEK, f"gone {SUBJECTS}")}
"""  # noqa: S608
AFRESH = """
INSERT INTO incidents_tilechange (report, sign, category, status, received_at,
    ended_week, current_place, organisation, world_cell, across, down)
SELECT id, 1, category_id, status, received_at,
    ended_week, current_place_id, organisation_id, world_cell,
    floor((ST_X(public_point) + 180) / 360 * {side})::bigint,
    floor((1 - asinh(tan(radians(ST_Y(public_point)))) / pi()) / 2 * {side})::bigint
FROM ({shown}) AS shown
"""


@transaction.atomic
def fold() -> None:
    """Add what changed to the counts; whoever asks meanwhile sees it once."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD, {"zone": settings.TIME_ZONE})
    for counts in (TileCount, TileWeekCount):
        counts.objects.filter(count=0).delete()


@transaction.atomic
def recount() -> None:
    """Count everything afresh, for what was written behind the database's back.

    Nobody's report changes meanwhile; what is asked is answered as before.
    """
    shown = Report.objects.public().exclude(world_cell=None).order_by()
    inner, given = shown.values(
        "id",
        "category_id",
        "status",
        "received_at",
        "ended_week",
        "current_place_id",
        "organisation_id",
        "world_cell",
        "public_point",
    ).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE incidents_tilechange IN SHARE ROW EXCLUSIVE MODE")
        fold()
        for counts in (TileCount, TileWeekCount):
            counts.objects.all().delete()
        # What was counted of a cell may have been wrong, even if nothing is there now.
        TileFold.objects.update(changes=F("changes") + 1)
        cursor.execute(AFRESH.format(shown=inner, side=2**WORLD_CELL_ZOOM), given)
    fold()
