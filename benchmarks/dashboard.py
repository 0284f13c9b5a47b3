"""What the leaders' dashboard takes: the figures of a period alone, and the whole page.

Of the whole city, by each axis: the period that runs, the one before it on its last
minute, when it was as full as it gets, and the same once it was closed. The page is
asked for by a client within the process, beside `SELECT 1` on the same connection.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks._among import among
from benchmarks._scratch import milliseconds, spread, table

if TYPE_CHECKING:
    from incidents.leading.periods import Period

TIMES = 40
#: At the 95th percentile; where there are ten million reports it may be twice that.
MOST_MS, FEWER = 200, 2_000_000
PAGE = "/lam-viec/dieu-hanh"


def main() -> int:
    """Print the figures; fail where a page takes longer than it may."""
    failed = False
    for size, _database in among():
        from django.conf import settings
        from django.db import transaction
        from django.test import override_settings

        most = MOST_MS if size < FEWER else 2 * MOST_MS
        plainly = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        with (
            override_settings(
                STORAGES=settings.STORAGES | {"staticfiles": plainly},
                ALLOWED_HOSTS=["testserver"],
            ),
            transaction.atomic(),
        ):
            rows, over = measured(most)
            # What was closed here is open for the next who measures.
            transaction.set_rollback(True)
        table(("of the whole city", "p50 ms", "p95 ms", "times SELECT 1"), rows)
        for each in over:
            print(f"OVER {most} ms: {each}")  # noqa: T201
        failed = failed or bool(over)
    return int(failed)


def measured(most: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """Time every period by every axis; return the rows, and what took too long."""
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from incidents.leading.figures import Axis
    from incidents.leading.periods import period_of
    from incidents.leading.reading import read
    from incidents.leading.running import keep_running
    from incidents.models import Membership, Organisation, RunningFigures
    from tests.factories import OrganisationFactory, somebody

    now = timezone.now()
    running = period_of(now)
    last = running.before
    seat = OrganisationFactory.create(type=Organisation.Type.CITY)
    client = Client()
    client.force_login(somebody(Membership.Role.CITY_LEADER, seat).user)
    rows: list[tuple[str, ...]] = []
    over: list[str] = []
    with connection.cursor() as cursor:
        one = _timed(lambda: cursor.execute("SELECT 1").fetchone())
    rows.append(("SELECT 1", *one, "1"))

    def tell(name: str, call: Callable[[], object]) -> None:
        call()  # What is read once a process is none of these figures.
        gc.freeze()  # As the site's processes do once they are loaded.
        half, slow = _timed(call)
        if float(slow) > most:
            over.append(name)
        rows.append((name, half, slow, f"{float(half) / float(one[0]):,.0f}"))

    def ask(address: str) -> None:
        if (answer := client.get(address)).status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")

    def told(name: str, period: Period, at: datetime) -> None:
        for axis in Axis:
            tell(f"{name}, by {axis}", lambda a=axis: read(period, axis=a, at=at))  # type: ignore[misc]

    for name, period, at in (
        ("on its last minute", last, last.until - timedelta(minutes=1)),
        ("running", running, now),
    ):
        keep_running(at=at)  # As the worker does each minute.
        took = RunningFigures.objects.get(by="").took_ms
        print(f"the worker counts, {name}: {took:,} ms")  # noqa: T201
        told(name, period, at)
    _close(last.before, last, at=now)
    told("closed", last, now)
    keep_running(at=timezone.now())
    for axis in Axis:
        query = f"?by={axis.name.lower()}"
        tell(f"page, running, by {axis}", lambda q=query: ask(f"{PAGE}{q}"))  # type: ignore[misc]
        tell(
            f"page, closed, by {axis}",
            lambda q=query: ask(f"{PAGE}{q}&period={last.code}"),  # type: ignore[misc]
        )
    return rows, over


def _close(*periods: Period, at: datetime) -> None:
    """Close what is over, each in turn, as the worker does."""
    from incidents.leading.closing import close

    for each in periods:
        began = perf_counter()
        if close(each, at=at) is None:
            raise RuntimeError("Nothing else closes a period here.")
        print(f"closing a period: {perf_counter() - began:.1f} s")  # noqa: T201


def _timed(call: Callable[[], object]) -> tuple[str, str]:
    return spread(milliseconds(call for _ in range(TIMES)))


if __name__ == "__main__":
    sys.exit(main())
