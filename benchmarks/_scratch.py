"""A database to measure on: made, filled with map and city, and dropped again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit

import django

NAME = "bando_benchmark"
ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def scratch(
    *, is_empty: bool = False, name: str = NAME, is_kept: bool = False
) -> Iterator[str]:
    """Yield the address of a database of our own, with a map and the city's data.

    The map comes from GIS_DATA_DIR, else from where the city's folder says. An empty
    one has neither map nor city. One that is kept is left as it is found.
    """
    sys.path.insert(0, str(ROOT))
    os.environ["DEMO"] = "1"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    given = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = name
    silenced, sys.stderr = sys.stderr, StringIO()
    try:
        connection.creation.create_test_db(
            0, autoclobber=True, serialize=False, keepdb=is_kept
        )
    finally:
        sys.stderr = silenced
    try:
        connection.ensure_connection()
        # The types of PostGIS have other numbers in each database.
        connection.register_geometry_adapters(  # type: ignore[attr-defined]
            connection.connection, clear_caches=True
        )
        if not (is_empty or _is_filled()):
            for command in ("setup_map", "load_city"):
                call_command(command, commit=True, stdout=StringIO())
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    finally:
        connection.creation.destroy_test_db(given, verbosity=0, keepdb=is_kept)


def _is_filled() -> bool:
    """Whether a run before has left a city here."""
    from incidents.models import Category

    return Category.objects.exists()


def milliseconds(calls: Iterator[Callable[[], object]]) -> list[float]:
    """Time each call, in milliseconds."""
    taken = []
    for call in calls:
        started = perf_counter()
        call()
        taken.append((perf_counter() - started) * 1000)
    return taken


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print rows under a head, words to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, tuple("-" * width for width in widths), *rows):
        rest = map(str.rjust, row[1:], widths[1:])
        print(row[0].ljust(widths[0]), *rest, sep="  ")  # noqa: T201


def spread(taken: list[float]) -> tuple[str, str]:
    """Return the median and the 95th percentile, in milliseconds."""
    return f"{median(taken):.3f}", f"{quantiles(taken, n=20)[-1]:.3f}"
