"""Databases of ever more invented reports, shared by all that is measured in one run.

`REPORTS="100000 1000000 10000000"` says how many. Whoever comes first fills one, in
minutes; the run drops them all at its end. `KEPT=1` leaves them for the next.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import StringIO
from time import perf_counter

import django

from benchmarks._scratch import NAME, ROOT, scratch

SIZES = [int(each) for each in os.environ.get("REPORTS", "100000 1000000").split()]
#: Whether another comes after this one, who wants the same reports.
IS_SHARED = os.environ.get("SHARED_REPORTS") == "1"


def among(*, at_most: int | None = None) -> Iterator[tuple[int, str]]:
    """Yield each number of reports, with the address of a database of so many."""
    for size in SIZES:
        if at_most is not None and size > at_most:
            continue
        with scratch(name=_named(size), is_kept=IS_SHARED) as database:
            print(f"\n{size:,} reports{_fill(size)}", flush=True)  # noqa: T201
            yield size, database


def _fill(size: int) -> str:
    """Have so many reports, and say how long that took."""
    from django.core.management import call_command
    from django.db import connection

    from incidents.models import Report

    if Report.objects.exists():  # They were made all together or not at all.
        return ", made before"
    started = perf_counter()
    call_command("generate_reports", size, commit=True, stdout=StringIO())
    made = perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return f", made in {made:.0f} s"


def _named(size: int) -> str:
    return f"{NAME}_{size}"


def drop() -> None:
    """Drop what a run has shared."""
    sys.path.insert(0, str(ROOT))
    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        there = {name for (name,) in cursor.fetchall()}
        for name in there & set(map(_named, SIZES)):
            cursor.execute(f'DROP DATABASE "{name}"')


if __name__ == "__main__":
    drop()
