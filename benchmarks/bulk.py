"""How long it takes to locate a million points, and to decide again about as many.

Each figure stands beside `SELECT 1` and a bare indexed ST_Covers of the same run. Half
of the points lie anywhere in the city, half about its centre; the reports of the replay
came over the last 90 days, and are read, weighed by the rules of their day and counted,
as `manage.py replay_routing` does it. Last, `route()` is asked once on the map as it is
and once when ten editions more lie behind it. Seed fixed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from resource import RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks._scratch import milliseconds, scratch, table
from benchmarks.routing import BARE

SEED, MANY, FEW = 1022, 1_000_000, 2000
CENTRE, SPREAD = (106.69, 10.775), 0.05
PLACES_A_SECOND, REPLAY_S, PAST, GROWTH = 200_000, 90.0, 10, 1.25
ACCURACIES = (0, 0, 5, 8, 12.5, 20, 30, 50)
#: Indexes that fill a million rows slowly, and that a replay does not read.
UNREAD = """
SELECT indexname FROM pg_indexes
WHERE tablename IN ('incidents_report', 'incidents_decisionrecord')
  AND indexname <> 'decision_newest_first'
  AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
REPORTS = """
INSERT INTO incidents_report (code, public_id, channel, body_digest, version, kind,
  description, answers, language, reporter_type, hides_name, public_title, is_public,
  status, received_at, accepted_at, updated_at, point, public_point, world_cell,
  place_source, accuracy, address, asset, is_demo, refusal_text, category_id)
SELECT n::text, n::text, 'portal', '', 1, 'report', '', '{}', 'vi', 'citizen', false,
  '', true, 'accepted', came, came, came, spot, spot, 0, 'tap', metres, '12 Lê Lợi', '',
  false, '', category
FROM (
  SELECT n, ST_SetSRID(ST_MakePoint(x, y), 4326) AS spot, metres, category,
    now() - interval '90 days' * (1 - n / count(*) OVER ()) AS came
  FROM unnest(%s::float[], %s::float[], %s::float[], %s::bigint[])
    WITH ORDINALITY AS told(x, y, metres, category, n)
) told ORDER BY n
"""
DECISIONS = """
INSERT INTO incidents_decisionrecord (report_id, at, engine, inputs, boundaries,
  responsibilities, areas, organisation_id, reason, arguments, doubts, is_approximate)
SELECT id, received_at, 1, '{}', '[]', '[]', '[]', NULL, 'unruled', '{}', '[]', false
FROM incidents_report ORDER BY id
"""
#: An edition as it lay a little aside, in force for one year long ago.
BEHIND = """
INSERT INTO gis_data_boundary (place_id, edition_id, shape, validity, recorded)
SELECT place_id, %s, ST_Translate(shape, %s, 0), daterange(%s, %s), recorded
FROM gis_data_boundary b JOIN gis_data_place p ON p.id = b.place_id
WHERE p.kind_id = %s AND upper_inf(recorded) AND upper_inf(validity)
RETURNING id
"""


def draw(is_in_city: Callable[[NDArray[np.float64]], NDArray[np.bool_]]) -> NDArray:
    """Throw a million points over the city, half of them about its centre."""
    chance = np.random.default_rng(SEED)
    kept = []
    for about_centre in (True, False):
        count = 0
        while count < MANY // 2:
            thrown = (
                chance.normal(CENTRE, SPREAD, (MANY, 2))
                if about_centre
                else chance.uniform((106.3, 10.3), (107.6, 11.5), (MANY, 2))
            )
            inside = thrown[is_in_city(thrown)][: MANY // 2 - count]
            kept.append(inside)
            count += len(inside)
    points = np.vstack(kept)
    chance.shuffle(points)
    return points


def main() -> int:
    """Print the figures; fail where an aim is missed."""
    with scratch():
        from django.conf import settings
        from django.contrib.gis.geos import Point
        from django.db import connection
        from django.utils import timezone

        from gis_data.atlas import Atlas
        from gis_data.models import Boundary, Edition
        from gis_data.publishing import cut
        from incidents.models import Category, Report
        from incidents.replaying import replay
        from incidents.routing import route

        at = timezone.now()
        day = timezone.localdate(at)
        pothole = Category.objects.get(code="HT-DUONGBO.o-ga")

        def ask(statement: str, given: tuple[object, ...] = ()) -> list[tuple]:
            with connection.cursor() as cursor:
                cursor.execute(statement, given)
                return list(cursor.fetchall()) if cursor.description else []

        def seconds(call: Callable[[], object]) -> float:
            started = perf_counter()
            call()
            return perf_counter() - started

        def one_by_one(points: NDArray) -> dict[str, float]:
            spots = [Point(x, y, srid=4326) for x, y in points[:FEW].tolist()]
            asked = {
                "SELECT 1": lambda _: ask("SELECT 1"),
                "bare ST_Covers": lambda spot: ask(BARE, (day, spot.hexewkb.decode())),
                "route()": lambda spot: route(spot, pothole, at),
            }
            taken: dict[str, list[float]] = {name: [] for name in asked}
            for turn, spot in enumerate(spots):
                for name, call in asked.items():
                    (one,) = milliseconds(iter([lambda c=call, s=spot: c(s)]))
                    if turn >= FEW // 10:
                        taken[name].append(one)
            return {name: median(each) for name, each in taken.items()}

        reading = seconds(lambda: Atlas.read(on=day))
        atlas = Atlas.read(on=day)
        local = settings.CITY.root_place["kind"]
        points = draw(lambda thrown: atlas.places(thrown, kind=local) > 0)
        before = one_by_one(points)
        kind = max(
            (area for area in atlas.areas if area.rank is not None),
            key=lambda area: area.rank or 0,
        ).kind
        placing = seconds(lambda: atlas.places(points, kind=kind))
        lot = points[: MANY // 5]
        metres = np.resize(np.array(ACCURACIES, dtype=np.float64), len(lot))
        locating = seconds(lambda: atlas.locate(lot))
        reaching = seconds(lambda: atlas.locate(lot, accuracy=metres))

        for (index,) in ask(UNREAD):
            ask(f'DROP INDEX IF EXISTS "{index}"')
        leaves = Category.objects.filter(code__contains=".").values_list(
            "pk", flat=True
        )
        categories = Random(SEED).choices(sorted(leaves), k=MANY)  # noqa: S311
        accuracies = np.resize(np.array(ACCURACIES, dtype=np.float64), MANY).tolist()
        ask(
            REPORTS,
            (points[:, 0].tolist(), points[:, 1].tolist(), accuracies, categories),
        )
        ask(DECISIONS)
        ask("VACUUM ANALYZE incidents_report, incidents_decisionrecord")
        started = perf_counter()
        told = replay(Report.objects.order_by("pk"))
        replaying = perf_counter() - started
        held = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        ask("TRUNCATE incidents_report CASCADE")

        for past in range(PAST):
            begins = date(1990 + past, 1, 1)
            edition = Edition.objects.create(
                kind=Edition.objects.filter(kind__code=kind).latest("starts_on").kind,
                starts_on=begins,
                source="past",
                checksum=str(past),
                published_at=at,
            )
            aside = 1e-4 * (past + 1)
            ends = begins + timedelta(days=365)
            ids = [
                row[0]
                for row in ask(
                    BEHIND, (edition.pk, aside, begins, ends, edition.kind_id)
                )
            ]
            cut(list(Boundary.objects.filter(pk__in=ids)))
        ask("VACUUM ANALYZE")
        after = one_by_one(points)

    bare = before["bare ST_Covers"]
    bulk = [
        ("reading the map of a day", f"{reading:.2f} s", "", ""),
        ("the ward of a point", *_rate(MANY, placing, bare)),
        ("Location of a point", *_rate(len(lot), locating, bare)),
        ("Location of a point, 0 to 50 m", *_rate(len(lot), reaching, bare)),
        ("replay, from the tables", *_rate(told.count, replaying, bare)),
    ]
    table(("", "took", "a second", "times faster than ST_Covers"), bulk)
    print(f"{told.count:,} reports replayed; {held:,.0f} MB held at most.")  # noqa: T201
    alone = [
        (
            name,
            f"{before[name]:.3f}",
            f"{after[name]:.3f}",
            f"{before[name] / bare:.1f}",
            f"{after[name] / after['bare ST_Covers']:.1f}",
        )
        for name in before
    ]
    head = ("p50 ms", "1 edition", f"{PAST} behind it", "times ST_Covers", "and then")
    table(head, alone)
    grown = (after["route()"] / after["bare ST_Covers"]) / (before["route()"] / bare)
    print(f"Ten editions behind it: {grown:.2f} times.")  # noqa: T201
    return int(
        placing / MANY > 1 / PLACES_A_SECOND
        or replaying > REPLAY_S
        or grown > GROWTH
        or told.count != MANY
    )


def _rate(count: int, taken: float, bare: float) -> tuple[str, str, str]:
    each = taken / count * 1000
    return f"{taken:.2f} s", f"{count / taken:,.0f}", f"{bare / each:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
