"""How long a suggestion takes, beside the least a question of the database could take.

`SELECT 1` and `propose()` are asked in turn on one connection, about texts of any
length, so that whatever else the machine does strikes both alike. The model is the
city's own.
"""

from __future__ import annotations

import sys
from statistics import median
from time import perf_counter

from benchmarks._scratch import milliseconds, scratch, spread, table

ROUNDS, AT_MOST_MS = 1000, 20.0


def main() -> int:
    """Print the figures; fail where a suggestion takes longer than it may."""
    with scratch():
        from django.conf import settings
        from django.db import connection
        from django.utils import timezone

        from incidents.suggesting import propose, train
        from incidents.suggesting.examples import read_written

        at = timezone.now()
        day = timezone.localdate(at)
        started = perf_counter()
        trained = train(settings.CITY_DIR, at=at)
        taken_s = perf_counter() - started
        texts = [each.text for each in read_written(settings.CITY_DIR)]
        long = " ".join(texts[:60])[:2000]

        def least() -> object:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return cursor.fetchall()

        (cold,) = milliseconds(iter([lambda: propose(texts[0], on=day)]))
        taken: dict[str, list[float]] = {"SELECT 1": [], "propose()": []}
        longest: list[float] = []
        for turn in range(ROUNDS):
            text = texts[turn * 7 % len(texts)]
            taken["SELECT 1"] += milliseconds(iter([least]))
            taken["propose()"] += milliseconds(
                iter([lambda t=text: propose(t, on=day)])
            )
            if turn % 10 == 0:
                longest += milliseconds(iter([lambda: propose(long, on=day)]))
    rows = [(name, *spread(each)) for name, each in taken.items()]
    rows.append(("propose(), 2,000 letters", *spread(longest)))
    table(("", "p50 ms", "p95 ms"), rows)
    said = f"{trained.features:,} features, {len(trained.model.arrays) // 1024} KB"
    print(f"{said}; trained in {taken_s:.0f} s, loaded in {cold:.0f} ms.")  # noqa: T201
    return int(median(taken["propose()"]) > AT_MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
