"""How long a suggestion takes while somebody types, beside the least it could take.

The addresses as callers say them, each letter by letter as it is typed, with the whole
city's names in memory; `SELECT 1` is asked in turn, so that whatever else the machine
does strikes both alike; the work is what the process itself took of a processor.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from benchmarks._scratch import milliseconds, scratch, spread, table

SAID = Path(__file__).resolve().parent.parent / "tests/gis_data/addresses_as_said.csv"
SEED, AT_MOST_MS, KEYSTROKES = 1022, 50.0, 1500


def main() -> int:
    """Print the figures; fail where a suggestion takes longer than one waits."""
    with scratch():
        from django.db import connection
        from django.utils.timezone import localdate

        from gis_data import addresses
        from gis_data.models import Place, Street

        with SAID.open(encoding="utf8", newline="") as file:
            said = [row["said"] for row in csv.DictReader(file)]
        typed = [each[:end] for each in said for end in range(2, len(each))]
        Random(SEED).shuffle(typed)  # noqa: S311
        typed = typed[:KEYSTROKES]
        day = localdate()

        def least(_: str) -> object:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return cursor.fetchone()

        def suggest(text: str) -> object:
            return addresses.suggest(text, on=day)

        started = perf_counter()
        suggest("")
        read = (perf_counter() - started) * 1000
        taken: dict[str, list[float]] = {
            "SELECT 1": [],
            "a whole address": [],
            "a keystroke": [],
        }
        work: dict[str, list[float]] = {name: [] for name in taken}
        for turn, text in enumerate(typed):
            whole = said[turn % len(said)]
            for name, call, given in (
                ("SELECT 1", least, text),
                ("a whole address", suggest, whole),
                ("a keystroke", suggest, text),
            ):
                worked = process_time()
                (one,) = milliseconds(iter([lambda c=call, g=given: c(g)]))
                taken[name].append(one)
                work[name].append((process_time() - worked) * 1000)
        streets, places = Street.objects.count(), Place.objects.count()
    rows = [
        (name, *spread(each), f"{max(each):.1f}", f"{max(work[name]):.1f}")
        for name, each in taken.items()
    ]
    table(("", "p50 ms", "p95 ms", "max ms", "max ms of work"), rows)
    print(  # noqa: T201
        f"{streets} streets by ward and {places} places, read in {read:.0f} ms; "
        f"{len(said)} addresses, {len(typed)} keystrokes; at most {AT_MOST_MS:g} ms."
    )
    return int(max(work["a keystroke"]) > AT_MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
