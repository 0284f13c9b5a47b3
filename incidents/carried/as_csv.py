"""A table as CSV, that spreadsheets read as text and numbers and never run."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import islice

from incidents.spreadsheets import MARK, guarded_all

from .table import DECIMALS, Row, Table

#: So many rows leave together.
TOGETHER = 2000


def csv_of(table: Table) -> Iterator[bytes]:
    """Write the table as CSV with a head, a piece at a time."""
    heads = [column.label for column in table.columns]
    degrees = ["lon", "lat"] if table.has_degrees else []
    cells = _cells if table.has_degrees else guarded_all
    yield (MARK + _lines([[*heads, *degrees]])).encode()
    rows = iter(table.rows)
    while piece := [cells(row) for row in islice(rows, TOGETHER)]:
        yield _lines(piece).encode()


def _cells(row: Row) -> list[str]:
    *words, lon, lat = row
    degrees = ["" if each is None else f"{each:.{DECIMALS}f}" for each in (lon, lat)]
    return [*guarded_all(words), *degrees]


def _lines(rows: list[list[str]]) -> str:
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
