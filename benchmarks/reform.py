"""How long it takes to hand over the open cases of a dissolved city, beside SELECT 1.

The city of June 2025 with its districts and wards, a report in hand in every corner of
it, and the wards of July: measured from the first report that is located anew to the
last case that has its heir, in one process, with history, clocks, notices and jobs.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from benchmarks._scratch import milliseconds, scratch, spread, table

CASES, AT_MOST = 20_000, 300.0


def main() -> int:
    """Print the figures; fail where the hand-over takes longer than aimed at."""
    with scratch(is_empty=True):
        from django.conf import settings
        from django.db import connection

        from incidents.models import Reform, Status
        from incidents.models.status import IN_HAND
        from incidents.reform import hand_over
        from tests.factories.old_city import (
            REFORM,
            file_cases,
            reform_the_map,
            reform_the_units,
        )

        reform_the_map(Path(settings.GIS_DATA_DIR))
        reform_the_units()
        file_cases(CASES, states=sorted(IN_HAND, key=Status))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            one = partial(cursor.execute, "SELECT 1")
            bare = milliseconds(iter([one] * 1000))
        moments: list[tuple[float, int]] = []
        begun = perf_counter()

        def say(reform: Reform) -> None:
            moments.append((perf_counter() - begun, reform.moved + reform.to_desk))

        done = hand_over(on=REFORM, at=datetime(2025, 7, 1, 1, tzinfo=UTC), say=say)
        taken = perf_counter() - begun
    located = max((at for at, gone in moments if not gone), default=0.0)
    batches = [
        (late - early) * 1000
        for (early, before), (late, after) in pairwise(moments)
        if after > before
    ]
    table(
        ("", "p50 ms", "p95 ms"),
        [
            ("SELECT 1", *spread(bare)),
            ("a batch of 1,000", *spread(batches)),
        ],
    )
    print(  # noqa: T201
        f"{done.relocated} reports located anew in {located:.1f} s; {done.moved} cases "
        f"to successors, {done.to_desk} to the operators; {taken:.1f} s in all, "
        f"{done.found / taken:.0f} a second; at most {AT_MOST:g} s are aimed at."
    )
    return int(taken > AT_MOST)


if __name__ == "__main__":
    sys.exit(main())
