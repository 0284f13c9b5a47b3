"""Outputs: what was put aside, and where the file and we differ, row by row."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from incidents.errors import UnusableFile

from .agreement import Disagreement
from .understanding import Reject

REJECT = ("row", "cause", "why")
DISAGREEMENT = (
    "row",
    "external_id",
    "label",
    "theirs",
    "ours",
    "ours_code",
    "theirs_is_known",
    "metres_to_border",
    "doubts",
)
WriteRows = Callable[[Iterable[Sequence[Any]]], None]


@contextmanager
def writing_rows(path: Path, *header: str) -> Iterator[WriteRows]:
    """Write a table that only its owner reads, for rows may name people."""

    def private(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    try:
        path.unlink(missing_ok=True)
        with open(path, "x", encoding="utf-8", newline="", opener=private) as file:
            table = csv.writer(file)
            table.writerow(header)
            yield table.writerows
    except OSError as error:
        raise UnusableFile(f"{path}: cannot be written: {error}") from error


def leaving_out(rows: Iterable[Sequence[Any]]) -> None:
    """Write nothing, where nobody asked for it."""
    for _ in rows:
        pass


def reject_row(reject: Reject) -> list[Any]:
    """Lay a row that was put aside out beside its cause."""
    return [reject.line.number, reject.kind.value, reject.why, *reject.line.cells]


def differing_row(each: Disagreement) -> list[Any]:
    """Lay out what the file says and what we say."""
    return [
        each.row,
        each.external_id,
        each.label,
        each.theirs,
        each.ours,
        each.ours_code,
        "yes" if each.is_known else "no",
        "" if each.border_m is None else each.border_m,
        " ".join(each.doubts),
    ]
