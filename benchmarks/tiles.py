"""How long a tile of the map takes, zoom by zoom, beside `SELECT 1`.

First with the demo's 3,000 reports, then with 100,000 more scattered round them. The
tiles asked for are those that people look at: each holds a random public report.
"""

from __future__ import annotations

import sys
from functools import partial
from random import Random

from benchmarks._scratch import milliseconds, scratch, spread, table

ZOOMS = (6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18)
TILES_A_ZOOM, SEED, MORE = 60, 1022, 100_000
SIDE = 2**20
#: Copies public reports to cells about half a kilometre away, as if told there.
SCATTERED = """
INSERT INTO incidents_report
    ({copied}, code, public_id, point, public_point, world_cell)
SELECT {copied}, 'B' || n, 'benchmark-' || n, at, at, (
    SELECT bit_or((((x >> b) & 1) << (2 * b)) | (((y >> b) & 1) << (2 * b + 1)))
    FROM generate_series(0, 19) b)
FROM (
    SELECT spot.*, ST_SetSRID(ST_MakePoint(
        (x + 0.5) / {side} * 360 - 180,
        degrees(atan(sinh(pi() * (1 - 2 * (y + 0.5) / {side}))))), 4326) AS at
    FROM (
        SELECT r.*, n,
            floor((ST_X(public_point) + 180) / 360 * {side}
                + (random() + random() - 1) * 30)::bigint AS x,
            floor((1 - asinh(tan(radians(ST_Y(public_point)))) / pi()) / 2 * {side}
                + (random() + random() - 1) * 30)::bigint AS y
        FROM (
            SELECT *, row_number() OVER (ORDER BY id) AS turn,
                count(*) OVER () AS all_of_them
            FROM incidents_report
            WHERE public_point IS NOT NULL AND is_public AND accepted_at IS NOT NULL
        ) r
        JOIN generate_series(1, {more}) n ON n % r.all_of_them + 1 = r.turn
    ) spot
) told
"""
OWN = {"id", "code", "public_id", "point", "public_point", "world_cell", "client_id"}


def main() -> int:
    """Print the figures."""
    with scratch():
        from django.db import connection
        from django.utils import timezone

        from incidents.demo import seed
        from incidents.models import Report

        def measured(said: str) -> None:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE incidents_report")
            public = Report.objects.public().exclude(public_point=None)
            print(f"{public.count()} public reports on the map, {said}:")  # noqa: T201
            table(("", "p50 ms", "p95 ms", "largest kB"), list(_rows()))

        seed(reports=3000, days=120, seed=SEED, at=timezone.now(), photographed=0)
        measured("of the demo")
        columns = [
            f.column for f in Report._meta.concrete_fields if f.column not in OWN
        ]
        statement = SCATTERED.format(copied=", ".join(columns), side=SIDE, more=MORE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.1022)")
            cursor.execute(statement)
        measured("with generated ones")
    return 0


def _rows() -> list[tuple[str, ...]]:
    from django.db import connection

    from gis_data.geometry import WORLD_CELL_ZOOM as CELL_ZOOM
    from incidents.filters import ReportFilter
    from incidents.models import Report
    from incidents.tiles import report_tile

    def ask_one() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchall()

    rng = Random(SEED)  # noqa: S311
    found = Report.objects.public().exclude(world_cell=None).order_by("pk")
    cells = list(found.values_list("world_cell", flat=True))
    taken = milliseconds(iter([ask_one] * 300))[50:]
    rows = [("SELECT 1", *spread(taken), "")]
    everything = ReportFilter()
    for zoom in ZOOMS:
        sizes = []

        def ask(x: int, y: int, z: int = zoom, sizes: list[int] = sizes) -> None:
            sizes.append(len(report_tile(everything, z=z, x=x, y=y)))

        tiles = [
            _tile(rng.choice(cells) >> 2 * (CELL_ZOOM - zoom))
            for _ in range(TILES_A_ZOOM)
        ]
        asked = [partial(ask, x, y) for x, y in tiles]
        taken = milliseconds(iter([*asked[:6], *asked]))[6:]
        rows.append((f"zoom {zoom}", *spread(taken), f"{max(sizes) / 1000:.1f}"))
    return rows


def _tile(cell: int) -> tuple[int, int]:
    """Read x and y from a z-order number."""
    bits = range(20)
    x = sum((cell >> 2 * bit & 1) << bit for bit in bits)
    return x, sum((cell >> 2 * bit + 1 & 1) << bit for bit in bits)


if __name__ == "__main__":
    sys.exit(main())
