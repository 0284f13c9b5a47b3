"""How long it takes to say who answers for a point, beside the least it could take.

`SELECT 1`, a bare indexed ST_Covers and `route()` are asked in turn on one connection
about the same random points, so that whatever else the machine does strikes all alike.
"""

from __future__ import annotations

import sys
from random import Random
from statistics import median

from benchmarks._scratch import milliseconds, scratch, spread, table

POINTS, SEED, AT_MOST = 2000, 1022, 8.0
BARE = """
SELECT boundary_id FROM gis_data_boundarypiece
WHERE upper_inf(recorded) AND validity @> %s::date AND ST_Covers(shape, %s::geometry)
LIMIT 1
"""
RANDOM = """
SELECT ST_X(spot.geom), ST_Y(spot.geom)
FROM gis_data_boundary b JOIN gis_data_place p ON p.id = b.place_id
JOIN gis_data_placekind k ON k.id = p.kind_id,
ST_Dump(ST_GeneratePoints(b.shape, %s, %s)) spot
WHERE k.code = %s AND p.code = %s AND upper_inf(b.recorded) AND b.validity @> %s::date
"""


def main() -> int:
    """Print the figures; fail where `route()` takes more than its share."""
    with scratch():
        from django.conf import settings
        from django.contrib.gis.geos import Point
        from django.db import connection
        from django.utils import timezone

        from gis_data.locating import locate
        from incidents.models import Category
        from incidents.routing import route

        at, root = timezone.now(), settings.CITY.root_place
        day = timezone.localdate(at)
        pothole = Category.objects.get(code="HT-DUONGBO.o-ga")

        def ask(statement: str, given: tuple[object, ...] = ()) -> object:
            with connection.cursor() as cursor:
                cursor.execute(statement, given)
                return cursor.fetchall()

        drawn = ask(RANDOM, (POINTS + 200, SEED, root["kind"], root["code"], day))
        points = [Point(x, y, srid=4326) for x, y in drawn]  # type: ignore[attr-defined]
        Random(SEED).shuffle(points)  # noqa: S311
        asked = {
            "SELECT 1": lambda _: ask("SELECT 1"),
            "bare ST_Covers": lambda point: ask(BARE, (day, point.hexewkb.decode())),
            "locate()": lambda point: locate(point, on=day),
            "route()": lambda point: route(point, pothole, at),
        }
        taken: dict[str, list[float]] = {name: [] for name in asked}
        for turn, point in enumerate(points):
            for name, call in asked.items():
                (one,) = milliseconds(iter([lambda c=call, p=point: c(p)]))
                if turn >= 200:  # The first ones warm caches and plans.
                    taken[name].append(one)
    bare = median(taken["bare ST_Covers"])
    rows = [(n, *spread(t), f"{median(t) / bare:.1f}") for n, t in taken.items()]
    table(("", "p50 ms", "p95 ms", "times ST_Covers"), rows)
    print(f"{len(points) - 200} random points; at most {AT_MOST:g} times is aimed at.")  # noqa: T201
    return int(median(taken["route()"]) / bare > AT_MOST)


if __name__ == "__main__":
    sys.exit(main())
