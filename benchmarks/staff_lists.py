"""What a list of fifty cases costs who works from it: among 1,000 reports and 100,000.

The lists of operators and of a unit are asked for whole, page and all, by a client
within the process; beside them `SELECT 1` on the same connection. Statements are those
of the whole request, session and person with them.
"""

from __future__ import annotations

import sys
from datetime import date
from functools import partial

from benchmarks._scratch import milliseconds, scratch, spread, table

SIZES = (1_000, 100_000)
TIMES = 40
LISTS = (
    ("/lam-viec/tong-dai", "an operator"),
    ("/lam-viec/tong-dai?tab=transfer", "an operator"),
    ("/lam-viec/tong-dai?tab=all", "an operator"),
    ("/lam-viec/don-vi", "a focal point"),
    ("/lam-viec/don-vi?show=late", "a focal point"),
    ("/lam-viec/don-vi?show=new", "a focal point"),
    ("/lam-viec/don-vi/giap-ranh", "a focal point"),
)
MOST = 6


def main() -> int:
    """Print the figures; fail where a list asks more often than it may."""
    with scratch(is_empty=True):
        from django.conf import settings
        from django.db import transaction
        from django.test import override_settings

        plainly = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        storages = settings.STORAGES | {"staticfiles": plainly}
        hosts = ["testserver"]
        with (
            override_settings(STORAGES=storages, ALLOWED_HOSTS=hosts),
            transaction.atomic(),
        ):
            rows, over = _measure()
            transaction.set_rollback(True)
    head = ("list", "reports", "statements", "p50 ms", "p95 ms", "times SELECT 1")
    table(head, rows)
    for each in over:
        print(f"OVER {MOST} statements: {each}")  # noqa: T201
    return int(bool(over))


def _measure() -> tuple[list[tuple[str, ...]], list[str]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from gis_data.models import Place
    from tests.factories import (
        LeafFactory,
        OrganisationFactory,
        PlaceKindFactory,
        ResponsibilityFactory,
        published,
        square,
    )
    from tests.factories.crowd import crowd
    from tests.mapui.pages import inhabit

    kind = PlaceKindFactory.create(code="ward", rank=3)
    west, east = square(106.65, 10.749), square(106.75, 10.749)
    published(kind, date(2025, 1, 1), a=west, b=east)
    ward = Place.objects.get(code="a")
    unit = OrganisationFactory.create(code="ubnd-a", name="UBND phường A", place=ward)
    leaf = LeafFactory.create(name="Mất nắp cống")
    ResponsibilityFactory.create(category=leaf, place=ward, organisation=unit)
    city = inhabit(leaf=leaf, unit=unit, ward=ward)

    def ask(address: str, who: str) -> None:
        answer = city.clients[who].get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")

    rows: list[tuple[str, ...]] = []
    over: list[str] = []
    for reports in SIZES:
        crowd(city.cases, to=reports)
        with connection.cursor() as cursor:
            one = spread(
                milliseconds(
                    (lambda: cursor.execute("SELECT 1").fetchone())
                    for _ in range(TIMES * 5)
                )
            )
        rows.append(("SELECT 1", f"{reports:,}", "1", *one, "1"))
        for address, who in LISTS:
            ask(address, who)
            with CaptureQueriesContext(connection) as asked:
                ask(address, who)
                count = len(asked)
            if count > MOST:
                over.append(f"{address}: {count}")
            calls = (partial(ask, address, who) for _ in range(TIMES))
            half, most = spread(milliseconds(calls))
            times = f"{float(half) / float(one[0]):.0f}"
            rows.append((address, f"{reports:,}", str(count), half, most, times))
    return rows, over


if __name__ == "__main__":
    sys.exit(main())
