"""How many rows a second leave as each form of file, and how much memory it takes.

Each form is written in a process of its own, whose highest use of memory is told: what
a million rows take more than a hundred thousand is what is not flat.
"""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks._among import among
from benchmarks._scratch import ROOT, table

ALL_FORMS = 1_000_000
WRITE = """
import resource, sys
from time import perf_counter
import django
django.setup()
from django.db import connection
from incidents.carried.forms import FORMS
from incidents.carried.table import public_table
from incidents.filters import ReportFilter
form = FORMS[sys.argv[1]]
connection.ensure_connection()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun = perf_counter()
first = size = 0
for piece in form.write(public_table(ReportFilter())):
    first = first or perf_counter() - begun
    size += len(piece)
took = perf_counter() - begun
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with connection.cursor() as cursor:
    begun = perf_counter()
    cursor.execute("SELECT 1")
    print(took, first, size, (after - before) / 1024, (perf_counter() - begun) * 1000)
"""


def main() -> None:
    """Print the figures, size by size."""
    rows: list[tuple[str, ...]] = []
    for size, address in among():
        from incidents.carried.forms import FORMS
        from incidents.models import Report

        count = Report.objects.public().count()
        rows += [
            (f"{ending}, {count:,} rows", *_written(ending, address, count))
            # Of ten million, the form that takes any number.
            for ending in (FORMS if size <= ALL_FORMS else ["csv"])
        ]
    table(
        ("form", "rows/s", "s", "first byte, s", "MB", "memory, MB", "SELECT 1, ms"),
        rows,
    )


def _written(ending: str, address: str, count: int) -> tuple[str, ...]:
    env = os.environ | {"DATABASE_URL": address, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITE, ending]
    done = subprocess.run(  # noqa: S603
        command, env=env, cwd=ROOT, capture_output=True, check=True, text=True
    )
    took, first, size, memory, one = map(float, done.stdout.split())
    return (
        f"{count / took:,.0f}",
        f"{took:.1f}",
        f"{first:.2f}",
        f"{size / 1e6:.0f}",
        f"{memory:.0f}",
        f"{one:.2f}",
    )


if __name__ == "__main__":
    main()
