"""What is drawn of each report before it is written: a row a report, by its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import connection

from gis_data.geometry import WORLD_CELL_ZOOM, metres_a_degree
from incidents.demo.tellings import CHANNELS
from incidents.models.status import ENDED, IN_HAND

from .choices import SAYINGS
from .dice import Dice
from .ground import BESIDE_M

#: Each so manieth report tells of what the one before told of, and is joined to it.
AGAIN_EVERY = 66
#: Up to which part of all what is refused, thanked for, and so on, is drawn.
REFUSED, THANKED, EMERGENCY, WITHDRAWN = 0.030, 0.038, 0.042, 0.047
#: Of those handled: how many late, by weeks, and how many are stuck for months.
LATE, STUCK = 0.04, 0.004
#: Each step is counted once: else what it says is written out wherever it is read.
FENCE = "OFFSET 0"
WITH_UNIT = sorted(IN_HAND | {"returned", "resolved", "closed"})
REPORTERS = {"citizen": 90, "business": 7, "organisation": 3}


def draw(count: int, *, first_id: int, dice: Dice, at: datetime) -> None:
    """Draw so many reports into a table that is gone with the transaction."""
    _lon, lat = settings.CITY.centre
    east, north = metres_a_degree(lat)
    asked: dict[str, datetime | str | int | float] = {
        "at": at,
        "zone": settings.TIME_ZONE,
        "count": count,
        "first": first_id,
        "east": BESIDE_M / east,
        "north": BESIDE_M / north,
    }
    with connection.cursor() as cursor:
        cursor.execute(SPREAD)
        for statement in (_drawn(dice), KEYED, PAIRED):
            cursor.execute(statement, asked)


def _drawn(dice: Dice) -> str:
    """Write what is drawn as one statement, each step over the one before."""
    u, face = dice.throw, dice.face
    side = 2**WORLD_CELL_ZOOM
    channel = dice.case({str(c): n for c, n in CHANNELS.items()}, "channel")
    return f"""
CREATE TEMP TABLE generated_draw ON COMMIT DROP AS
WITH number AS (
    SELECT n, CASE WHEN n %% {AGAIN_EVERY} = 0 THEN n - 1 ELSE n END AS told,
        n %% {AGAIN_EVERY} IN (0, {AGAIN_EVERY - 1}) AS twice
    FROM generate_series(1, %(count)s) n
), subject AS (
    SELECT number.*, c.*, {channel} AS channel,
        c.storms AND {u("in storm", "told")} < 0.75 AS in_storm,
        {u("asks")} < c.asks AND NOT twice AS asks_only,
        c.needs_place AND {u("placeless", "told")} > 0.02 AS is_placed
    FROM number
    JOIN generated_category c ON c.face = {face("category", "told")}
), moment AS (
    SELECT s.*, coalesce(storm.place_id, lot.place_id) AS lot_place,
        (coalesce(storm.day, calm.day) + make_interval(
            hours => CASE WHEN storm.day IS NULL THEN hour.hour
                ELSE 16 + {dice.below("5", "storm hour", "told")} END,
            secs => 3600 * {u("second", "told")})) AT TIME ZONE %(zone)s AS first_told
    FROM subject s
    JOIN generated_day calm ON calm.face = {face("day", "told")}
    JOIN generated_hour hour ON hour.face = {face("hour", "told")}
    JOIN generated_place lot ON lot.face = {face("place", "told")}
    LEFT JOIN generated_storm storm
        ON s.in_storm AND storm.face = {face("storm", "told")}
), told AS (
    SELECT moment.*, date_trunc('second', CASE WHEN n = told THEN back ELSE back
            + {u("again")} * least(interval '40 hours', %(at)s - back) END)
        AS received_at,
        CASE WHEN NOT is_placed THEN CASE WHEN needs_place
                OR {u("names ward", "told")} < 0.4 THEN 'ward' ELSE 'none' END
            WHEN channel IN ('hotline', 'email', 'sms') THEN 'address'
            WHEN channel = 'app' AND {u("gps")} < 0.7 THEN 'gps'
            ELSE 'tap' END AS place_source
    FROM moment, LATERAL (SELECT CASE
        WHEN first_told > %(at)s - interval '5 minutes'
        THEN first_told - interval '1 day' ELSE first_told END AS back) AS earlier
), placed AS (
    SELECT told.*, CASE WHEN place_source <> 'none' THEN w.place_id END AS place_id,
        w.boundary_id, w.since, w.name AS ward_name,
        CASE WHEN is_placed THEN round((d.x + %(east)s
            * (2 * {u("east")} - 1))::numeric, 7)::float8 END AS x,
        CASE WHEN is_placed THEN round((d.y + %(north)s
            * (2 * {u("north")} - 1))::numeric, 7)::float8 END AS y
    FROM told
    JOIN generated_ward w ON w.place_id = told.lot_place
    JOIN generated_door d ON d.turn = w.first
        + floor(w.doors * {u("door", "told")} ^ 2.2)::int
), held AS (
    SELECT placed.*, unit.organisation_id AS owner_id, unit.is_settled
            AND NOT asks_only AND n = told AND channel = ANY (routes_itself_on) AS acts,
        CASE WHEN n <> told THEN 'duplicate' WHEN twice THEN 'plain'
            WHEN {u("fate")} < {REFUSED} THEN 'refused'
            WHEN {u("fate")} < {THANKED} THEN 'thanked'
            WHEN {u("fate")} < {EMERGENCY} THEN 'emergency'
            WHEN {u("fate")} < {WITHDRAWN} THEN 'withdrawn'
            WHEN asks_only AND {u("answer")} < 0.85 THEN 'answered'
            ELSE 'plain' END AS fate,
        EXTRACT(epoch FROM %(at)s - received_at)::float8 AS age,
        CASE WHEN {u("luck")} < {STUCK} THEN (60 + 340 * {u("stuck")}) * 86400
            WHEN {u("luck")} < {LATE} THEN (9 + 11 * {u("late")}) * 86400
            ELSE 3600 * least(exp(3.2 + 0.9 * {dice.bell("took")}), 110) END AS lasts
    FROM placed
    JOIN generated_unit unit ON unit.category_id = placed.category_id
        AND unit.place_id = coalesce(placed.place_id, 0) {FENCE}
), timed AS (
    SELECT held.*, greatest(CASE fate WHEN 'plain' THEN lasts
        ELSE least(lasts * 0.2, 172800) END, 600) AS took FROM held {FENCE}
), stated AS (
    SELECT timed.*, age / took AS part, CASE
        WHEN fate <> 'plain' AND took < age THEN fate
        WHEN fate <> 'plain' OR age < 0.05 * took AND NOT acts
            THEN CASE WHEN {u("asked")} < 0.25 THEN 'info_requested' ELSE 'received' END
        WHEN took < age AND age - took < 864000 AND {u("reopen")} < 0.01 THEN 'reopened'
        WHEN took < age AND age - took > 2592000 AND {u("close")} < 0.5 THEN 'closed'
        WHEN took < age THEN 'resolved'
        WHEN age < 0.1 * took AND NOT acts THEN 'accepted'
        WHEN age < 0.3 * took
            THEN CASE WHEN {u("return")} < 0.08 AND age > 0.1 * took THEN 'returned'
                ELSE 'transferred' END
        WHEN age < 0.4 * took THEN 'acknowledged'
        WHEN age < 0.55 * took THEN 'verifying'
        WHEN age < 0.9 * took
            THEN CASE WHEN {u("pause")} < 0.12 THEN 'paused' ELSE 'in_progress' END
        ELSE 'awaiting' END AS status
    FROM timed {FENCE}
), lived AS (
    SELECT stated.*, status = ANY ({_array(WITH_UNIT)}) AS has_unit,
        status = ANY ({_array(ENDED)}) AS is_over,
        received_at + make_interval(secs => floor(took)) AS ends_at,
        received_at + make_interval(secs => CASE WHEN acts THEN 0
            ELSE floor(0.02 * took) END) AS taken_at,
        received_at + make_interval(secs => CASE WHEN acts THEN 0
            ELSE floor(0.04 * took) END) AS given_at
    FROM stated {FENCE}
), world AS (
    SELECT lived.*, floor((x + 180) / 360 * {side})::int AS across,
        floor((1 - asinh(tan(radians(y))) / pi()) / 2 * {side})::int AS down
    FROM lived
)
SELECT row_number() OVER (ORDER BY received_at, n) - 1 + %(first)s AS id,
    n, told, category_id, channel, place_source, place_id, ward_name, x, y, across,
    down,
    CASE WHEN across IS NOT NULL THEN
        ((SELECT bits FROM generated_spread)[1 + (across >> 10)] << 20
            | (SELECT bits FROM generated_spread)[1 + (across & 1023)])
        | (((SELECT bits FROM generated_spread)[1 + (down >> 10)] << 20
            | (SELECT bits FROM generated_spread)[1 + (down & 1023)]) << 1)
        END AS world_cell,
    CASE WHEN place_id IS NOT NULL
            AND since <= (received_at AT TIME ZONE %(zone)s)::date
        THEN boundary_id END AS boundary_id,
    CASE WHEN asks_only THEN 'question' ELSE 'report' END AS kind,
    {dice.case(REPORTERS, "reporter")} AS reporter_type,
    {u("hides")} < 0.1 AS hides_name, may_show AND {u("hidden")} > 0.05 AS is_public,
    {dice.below(str(SAYINGS), "saying")} AS saying,
    status, received_at, is_over, has_unit, acts,
    CASE WHEN has_unit THEN owner_id END AS organisation_id,
    CASE WHEN status = 'answered' THEN ends_at
        WHEN has_unit OR status = 'accepted' THEN taken_at END AS accepted_at,
    CASE WHEN has_unit THEN given_at END AS handed_at,
    CASE WHEN is_over OR status = 'reopened' THEN ends_at END AS ended_at,
    CASE WHEN is_over THEN ends_at
        WHEN status = 'reopened' THEN ends_at + {u("again when")} * (%(at)s - ends_at)
        WHEN status IN ('received', 'transferred') THEN greatest(received_at,
            CASE status WHEN 'received' THEN received_at ELSE given_at END)
        WHEN status = 'accepted' THEN taken_at
        ELSE received_at + make_interval(secs => floor(0.9 * age)) END AS updated_at
FROM world ORDER BY 1
"""  # noqa: S608


def _array(statuses: Iterable[str]) -> str:
    words = ", ".join(f"'{each}'" for each in sorted(map(str, statuses)))
    return f"ARRAY[{words}]"


#: Ten bits, each with a nought before it, for each number that ten bits can be.
SPREAD = """
CREATE TEMP TABLE generated_spread ON COMMIT DROP AS
SELECT array_agg(spread ORDER BY number) AS bits FROM (
    SELECT number, bit_or(((number >> b) & 1)::bigint << 2 * b) AS spread
    FROM generate_series(0, 1023) number, generate_series(0, 9) b GROUP BY number
) one
"""
KEYED = "CREATE INDEX ON generated_draw (id); ANALYZE generated_draw"
PAIRED = f"""
CREATE TEMP TABLE generated_pair ON COMMIT DROP AS
SELECT again.id, first.id AS master_id
FROM generated_draw again JOIN generated_draw first ON first.n = again.n - 1
WHERE again.n %% {AGAIN_EVERY} = 0 AND again.status = 'duplicate';
CREATE INDEX ON generated_pair (id); ANALYZE generated_pair
"""  # noqa: S608
