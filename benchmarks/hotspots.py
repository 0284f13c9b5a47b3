"""What hot spots take: of a ward, of the unit with most, of the whole city's ground.

A year of incidents; the counting in the database and the whole of it apart, beside
`SELECT 1` on the same connection. The first call of a process also loads esda and what
that brings along: told apart.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

from benchmarks._among import among
from benchmarks._scratch import milliseconds, spread, table

TIMES = 20
MOST_MS = 2000
MOST = 1_000_000  #: Reports: there is no aim for more.


def main() -> int:
    """Print the figures; fail where a year of a zone takes longer than it may."""
    failed = 0
    for size, _database in among(at_most=MOST):
        from django.db import transaction

        with transaction.atomic():
            failed |= _measure(size)
            transaction.set_rollback(True)
    return failed


def _measure(reports: int) -> int:
    from django.db import connection
    from django.db.models import Count
    from django.utils import timezone

    from incidents.hotspots import Asked, count, find_hot_spots, read_streets, read_zone
    from incidents.models import Organisation, Report
    from incidents.permissions import Actor
    from incidents.priority import read_weights
    from tests.factories import UserFactory

    now = timezone.now()
    user = UserFactory.create()
    placed = Report.objects.filter(
        kind=Report.Kind.REPORT,
        point__isnull=False,
        organisation__isnull=False,
        received_at__gte=now - timedelta(days=365),
    )
    most = placed.values("organisation").annotate(n=Count("pk")).order_by("-n")
    seats = Organisation.objects.filter(place__kind__code="ward")
    ward = most.filter(organisation__in=seats)[0]["organisation"]
    anyone = most[0]["organisation"]
    rows: list[tuple[str, ...]] = []
    slowest = 0.0

    def timed(call: Callable[[], object]) -> tuple[str, str]:
        return spread(milliseconds(call for _ in range(TIMES)))

    with connection.cursor() as cursor:
        one = timed(lambda: cursor.execute("SELECT 1").fetchone())
    rows.append(("SELECT 1", "", "", *one))
    first = perf_counter()
    import esda.getisord  # noqa: F401

    loaded = perf_counter() - first
    gc.freeze()  # As the site's processes do once they are loaded.
    for name, unit in (("the ward with most", ward), ("the unit with most", anyone)):
        actor = Actor(user=user, units=frozenset({unit}))
        zone = read_zone(actor, on=timezone.localdate())
        if zone is None:
            raise RuntimeError("The map is loaded, so every unit has ground.")
        asked = Asked(
            actor=actor,
            since=now - timedelta(days=365),
            until=now,
            at=now,
            weights=read_weights(),
        )

        def whole(asked: Asked = asked, actor: Actor = actor) -> object:
            ground = read_zone(actor, on=timezone.localdate())
            return ground and find_hot_spots(asked, ground, read_streets(ground))

        found = find_hot_spots(asked, zone, read_streets(zone))
        about = (f"{found.total.incidents:,}", f"{len(found.cells):,}")
        counting = timed(lambda a=asked, z=zone: count(a, z.grid))  # type: ignore[misc]
        taken = timed(whole)
        slowest = max(slowest, float(taken[1]))
        rows.append((f"{name}: counting", *about, *counting))
        rows.append((f"{name}: all of it", *about, *taken))
        print(f"{name}: {len(found.spots)} hot spots")  # noqa: T201
    print(f"loading esda, once a process: {loaded * 1000:.0f} ms")  # noqa: T201
    table(("a year of", "incidents", "hexagons", "p50 ms", "p95 ms"), rows)
    if slowest > MOST_MS:
        print(f"OVER {MOST_MS} ms among {reports:,} reports")  # noqa: T201
    return int(slowest > MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
