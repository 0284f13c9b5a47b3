"""Read a table of who succeeds whom, as its publisher keeps it; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.utils.translation import gettext as _

from .errors import UnreadableTable
from .models import tidy
from .tables import each_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of the table say what; an empty one is not there."""

    code: str = "old_code"
    name: str = "old_name"
    part_code: str = ""
    part: str = ""
    into_code: str = "new_code"
    into: str = "new_name"
    on: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place of before and one that it passes to, in whole or in part."""

    code: str
    name: str
    into_code: str = ""
    into: str = ""
    part_code: str = ""
    part: str = ""
    on: date | None = None
    source: str = ""


def read_table(path: Path, *, columns: Columns) -> tuple[Row, ...]:
    """Read the pairs of a table, or say which row is wrong and why."""
    asked = {
        name: column
        for name in Columns.__dataclass_fields__
        if (column := getattr(columns, name))
    }
    pairs = []
    for row in each_row(path):
        about = {"file": path.name, "row": row.number}
        missing = ", ".join(sorted(set(asked.values()) - row.said.keys()))
        if missing:
            said = _("%(file)s has no column %(missing)s.")
            raise UnreadableTable(said % {**about, "missing": missing})
        try:
            pairs.append(_pair({name: row.said[asked[name]] for name in asked}))
        except ValueError as error:
            said = _("%(file)s, row %(row)s: %(why)s")
            raise UnreadableTable(said % {**about, "why": row.why or error}) from error
    return tuple(pairs)


def _pair(said: dict[str, str]) -> Row:
    told = {name: tidy(text) for name, text in said.items()}
    day = told.pop("on", "")
    if not told["code"] or not (told.get("into_code") or told.get("into")):
        raise ValueError(_("it names no place, or none that it passes to."))
    return Row(**told, on=date.fromisoformat(day) if day else None)
