"""Tables that leave as files: read by spreadsheets as text and numbers, never run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

#: What a spreadsheet takes for the beginning of a formula.
BEGINS_A_FORMULA = frozenset("=+-@\t\r")
#: Without it a spreadsheet takes UTF-8 for Latin.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def as_spreadsheet(rows: Iterable[Sequence[str | float]]) -> str:
    """Write rows as CSV that opens with its letters whole and its names as names.

    Names come from publishers' files and from people's hands: one that reads like a
    formula is marked as text, as spreadsheets themselves mark it. Numbers stay numbers.
    """
    file = StringIO()
    csv.writer(file).writerows([_cell(each) for each in row] for row in rows)
    return MARK + file.getvalue()


def guarded(words: str) -> str:
    """Mark words as text where a spreadsheet would take them for a formula."""
    return f"'{words}" if words[:1] in BEGINS_A_FORMULA else words


def guarded_all(words: Iterable[str]) -> list[str]:
    """Mark each of a row's words so."""
    return [f"'{each}" if each[:1] in BEGINS_A_FORMULA else each for each in words]


def _cell(value: str | float) -> str | float:
    return guarded(value) if isinstance(value, str) else value
