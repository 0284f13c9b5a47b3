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
#: What the database noted of the reports by their numbers alone.
NOTED = (
    "incidents_casemark",
    "incidents_tilechange",
    "incidents_tilecount",
    "incidents_tileweekcount",
)
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


def ask(statement: str, given: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Run a statement and return its rows, if it has any."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall()) if cursor.description else []


def seconds(call: Callable[[], object]) -> float:
    """Time one call."""
    started = perf_counter()
    call()
    return perf_counter() - started


def one_by_one(points: NDArray) -> dict[str, float]:
    """Return the median milliseconds of each, asked in turn about the same points."""
    from django.contrib.gis.geos import Point
    from django.utils import timezone

    from incidents.models import Category
    from incidents.routing import route

    at = timezone.now()
    day = timezone.localdate(at)
    pothole = Category.objects.get(code="HT-DUONGBO.o-ga")
    asked = {
        "SELECT 1": lambda _: ask("SELECT 1"),
        "bare ST_Covers": lambda spot: ask(BARE, (day, spot.hexewkb.decode())),
        "route()": lambda spot: route(spot, pothole, at),
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for turn, (x, y) in enumerate(points[:FEW].tolist()):
        spot = Point(x, y, srid=4326)
        for name, call in asked.items():
            (one,) = milliseconds(iter([lambda c=call, s=spot: c(s)]))
            if turn >= FEW // 10:  # The first ones warm caches and plans.
                taken[name].append(one)
    return {name: median(each) for name, each in taken.items()}


def located(points: NDArray, *, kind: str, on: date) -> list[tuple[str, int, float]]:
    """Time the map in memory: what is measured, of how many points, in seconds."""
    from gis_data.atlas import Atlas

    atlas = Atlas.read(on=on)
    few = points[: MANY // 5]
    metres = np.resize(np.array(ACCURACIES, dtype=np.float64), len(few))
    return [
        ("reading the map of a day", 0, seconds(lambda: Atlas.read(on=on))),
        (
            "the ward of a point",
            len(points),
            seconds(lambda: atlas.places(points, kind=kind)),
        ),
        ("Location of a point", len(few), seconds(lambda: atlas.locate(few))),
        (
            "Location of a point, 0 to 50 m",
            len(few),
            seconds(lambda: atlas.locate(few, accuracy=metres)),
        ),
    ]


def replayed(points: NDArray) -> tuple[str, int, float]:
    """Time a replay of reports at these points, of any category; leave none behind."""
    from incidents.models import Category, Report
    from incidents.replaying import replay

    for (index,) in ask(UNREAD):
        ask(f'DROP INDEX "{index}"')
    leaves = Category.objects.filter(code__contains=".").values_list("pk", flat=True)
    categories = Random(SEED).choices(sorted(leaves), k=len(points))  # noqa: S311
    metres = np.resize(np.array(ACCURACIES, dtype=np.float64), len(points))
    columns = (points[:, 0].tolist(), points[:, 1].tolist(), metres.tolist())
    ask(REPORTS, (*columns, categories))
    ask(DECISIONS)
    ask("VACUUM ANALYZE incidents_report, incidents_decisionrecord")
    started = perf_counter()
    told = replay(Report.objects.order_by("pk"))
    taken = perf_counter() - started
    ask("SET incidents.emptying = 'on'")
    ask(f"TRUNCATE incidents_report, {', '.join(NOTED)} CASCADE")
    return "replay, from the tables", told.count, taken


def lay_behind(*, kind: str) -> None:
    """Put editions behind the one in force, each a little aside of it."""
    from django.utils import timezone

    from gis_data.models import Boundary, Edition, PlaceKind
    from gis_data.publishing import cut

    for past in range(PAST):
        begins = date(1990 + past, 1, 1)
        edition = Edition.objects.create(
            kind=PlaceKind.objects.get(code=kind),
            starts_on=begins,
            source="past",
            checksum=str(past),
            published_at=timezone.now(),
        )
        days = (begins, begins + timedelta(days=365))
        given = (edition.pk, 1e-4 * (past + 1), *days, edition.kind_id)
        cut(
            list(Boundary.objects.filter(pk__in=[row[0] for row in ask(BEHIND, given)]))
        )
    ask("VACUUM ANALYZE")


def main() -> int:
    """Print the figures; fail where an aim is missed."""
    with scratch():
        from django.conf import settings
        from django.utils import timezone

        from gis_data.atlas import Atlas
        from gis_data.models import PlaceKind

        on = timezone.localdate()
        atlas, root = Atlas.read(on=on), settings.CITY.root_place["kind"]
        points = draw(lambda thrown: atlas.places(thrown, kind=root) > 0)
        ranked = PlaceKind.objects.filter(rank__isnull=False, code__in=atlas.kinds)
        kind = ranked.latest("rank").code
        before = one_by_one(points)
        bulk = [*located(points, kind=kind, on=on), replayed(points)]
        held = getrusage(RUSAGE_SELF).ru_maxrss / 1024
        lay_behind(kind=kind)
        after = one_by_one(points)

    bare = before["bare ST_Covers"]
    rows = [
        (
            what,
            f"{taken:.2f} s",
            f"{count / taken:,.0f}" if count else "",
            f"{bare * count / taken / 1000:,.0f}" if count else "",
        )
        for what, count, taken in bulk
    ]
    table(("", "took", "a second", "times faster than ST_Covers"), rows)
    print(f"{held:,.0f} MB held at most.")  # noqa: T201
    then = after["bare ST_Covers"]
    alone = [
        (
            name,
            f"{before[name]:.3f}",
            f"{after[name]:.3f}",
            f"{before[name] / bare:.1f}",
            f"{after[name] / then:.1f}",
        )
        for name in before
    ]
    head = ("p50 ms", "1 edition", f"{PAST} behind it", "times ST_Covers", "and then")
    table(head, alone)
    grown = after["route()"] / then / (before["route()"] / bare)
    print(f"With {PAST} editions behind it: {grown:.2f} times.")  # noqa: T201
    (_, placed, placing), (_, count, replaying) = bulk[1], bulk[-1]
    return int(
        placed / placing < PLACES_A_SECOND
        or count != MANY
        or replaying > REPLAY_S
        or grown > GROWTH
    )


if __name__ == "__main__":
    sys.exit(main())
