"""Where generated reports lie: at doors along the streets of the wards in force."""

from __future__ import annotations

from math import hypot

from django.conf import settings
from django.db import connection

from gis_data.geometry import metres_a_degree
from incidents.demo.ground import HALVED_WITHIN_M

#: So many streets a ward has, where the map knows none, and so many doors.
STREETS_A_WARD, DOORS_A_WARD = 60, 1600
#: As far from its ward's border a door stands at least, and as far from it at most
#: lies what is reported there.
MARGIN_M, BESIDE_M = 40, 25


def lay_ground(*, seed: int, on: str) -> list[tuple[int, float]]:
    """Keep the wards and their doors; return each ward's place with its weight.

    Streets are the roads that the map knows there, and others drawn by lot.
    """
    lon, lat = settings.CITY.centre
    east, north = metres_a_degree(lat)
    with connection.cursor() as cursor:
        for statement in (WARDS, STREETS, DOORS, NUMBERED, "ANALYZE generated_door"):
            cursor.execute(
                statement,
                {
                    "on": on,
                    "seed": seed % 2**30 + 1,
                    "streets": STREETS_A_WARD,
                    "doors": DOORS_A_WARD,
                    "margin": MARGIN_M / east,
                },
            )
        cursor.execute(
            "SELECT place_id, x, y FROM generated_ward WHERE doors > 0 ORDER BY 1"
        )
        found = cursor.fetchall()
    return [
        (
            place,
            0.5 ** (hypot((x - lon) * east, (y - lat) * north) / HALVED_WITHIN_M)
            + 0.04,
        )
        for place, x, y in found
    ]


WARDS = """
CREATE TEMP TABLE generated_ward ON COMMIT DROP AS
WITH level AS (
    SELECT b.id AS boundary_id, b.place_id, b.shape, lower(b.validity) AS since,
        upper(b.validity) AS until, k.rank, p.name
    FROM gis_data_boundary b
    JOIN gis_data_place p ON p.id = b.place_id
    JOIN gis_data_placekind k ON k.id = p.kind_id
    WHERE upper_inf(b.recorded) AND NOT isempty(b.recorded)
        AND b.validity @> %(on)s::date
)
SELECT boundary_id, place_id, name, since, until,
    ST_Buffer(shape, -%(margin)s) AS inner_shape,
    ST_X(ST_PointOnSurface(shape)) AS x, ST_Y(ST_PointOnSurface(shape)) AS y,
    0 AS first, 0 AS doors
FROM level WHERE rank = (SELECT max(rank) FROM level)
"""
STREETS = """
CREATE TEMP TABLE generated_street ON COMMIT DROP AS
WITH ends AS (
    SELECT w.place_id, spot.path[1] AS turn, spot.geom AS at
    FROM generated_ward w, ST_Dump(
        ST_GeneratePoints(w.inner_shape, %(streets)s, %(seed)s)) spot
    WHERE NOT ST_IsEmpty(w.inner_shape)
), lines AS (
    SELECT one.place_id, one.turn, ST_MakeLine(one.at, other.at) AS line
    FROM ends one JOIN ends other
        ON other.place_id = one.place_id AND other.turn = one.turn + 1
    WHERE one.turn %% 2 = 1
    UNION ALL
    SELECT w.place_id, a.id + 1000000, piece.geom
    FROM generated_ward w
    JOIN gis_data_asset a ON a.kind = 'road' AND a.validity @> %(on)s::date
        AND a.shape && w.inner_shape
    CROSS JOIN LATERAL ST_Dump(
        ST_CollectionExtract(ST_Intersection(a.shape, w.inner_shape), 2)) piece
    WHERE ST_Intersects(a.shape, w.inner_shape)
)
SELECT place_id, row_number() OVER (
        PARTITION BY place_id ORDER BY turn, ST_AsBinary(line)) AS turn,
    count(*) OVER (PARTITION BY place_id) AS streets, line
FROM lines
WHERE ST_GeometryType(line) = 'ST_LineString' AND ST_Length(line) > 0
"""
#: A street of many doors: those of a ward are shared out among its streets.
DOORS = """
CREATE TEMP TABLE generated_door ON COMMIT DROP AS
WITH spots AS (
    SELECT w.place_id, s.turn, k, ST_LineInterpolatePoint(s.line,
        ((hashint8extended(w.place_id * 1000003 + s.turn * 1009 + k, %(seed)s)
          & 1048575) / 1048576.0)) AS at, w.inner_shape
    FROM generated_ward w
    JOIN generated_street s USING (place_id)
    CROSS JOIN LATERAL generate_series(
        1, greatest(%(doors)s / s.streets, 2)) k
)
SELECT place_id, row_number() OVER (ORDER BY place_id,
        hashint8extended(turn, %(seed)s), k) AS turn,
    ST_X(at) AS x, ST_Y(at) AS y
FROM spots WHERE ST_Intersects(inner_shape, at)
"""
NUMBERED = """
ALTER TABLE generated_door ADD PRIMARY KEY (turn);
UPDATE generated_ward w SET first = d.first, doors = d.doors
FROM (SELECT place_id, min(turn) AS first, count(*) AS doors
      FROM generated_door GROUP BY place_id) d
WHERE d.place_id = w.place_id;
ANALYZE generated_ward
"""
