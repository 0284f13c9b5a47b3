"""A file of the city's folder as lines that can say what is wrong with them."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gis_data.models.place import tidy
from incidents.errors import BrokenCityFile

#: So much of what is no text is shown of it.
SHOWN = 40
ANSWERS = {"yes": True, "no": False}
Thing = TypeVar("Thing")


def quoting(cause: str | Promise, said: str) -> str | Promise:
    """Put what a cell says into the sentence on what is wrong with it."""
    return format_lazy(cause, said=repr(said))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: what each column says, and where it stands."""

    file: str
    where: str
    cells: Mapping[str, str]

    def broken(self, column: str, cause: str | Promise) -> BrokenCityFile:
        return BrokenCityFile(self.file, self.where, column, cause)

    def text(self, column: str) -> str:
        return self.cells[column]

    def needed(self, column: str) -> str:
        if not self.cells[column]:
            raise self.broken(column, _("is empty"))
        return self.cells[column]

    def words(self, column: str) -> list[str]:
        return self.cells[column].split()

    def flag(self, column: str) -> bool:
        if self.cells[column] not in ANSWERS:
            cause = quoting(_("{said} is neither yes nor no"), self.cells[column])
            raise self.broken(column, cause)
        return ANSWERS[self.cells[column]]

    def whole(self, column: str) -> int:
        try:
            return int(self.cells[column])
        except ValueError as error:
            cause = quoting(_("{said} is not a whole number"), self.cells[column])
            raise self.broken(column, cause) from error

    def degrees(self, column: str) -> float:
        try:
            return float(self.cells[column])
        except ValueError as error:
            cause = quoting(_("{said} is not a number of degrees"), self.cells[column])
            raise self.broken(column, cause) from error

    def day(self, column: str) -> date:
        try:
            return date.fromisoformat(self.cells[column])
        except ValueError as error:
            cause = quoting(
                _("{said} is not a day like 2025-07-01"), self.cells[column]
            )
            raise self.broken(column, cause) from error

    def validity(self) -> DateRange:
        """Read the first and the last day in force; empty is without an end.

        So is the last day there is, which other systems write for it.
        """
        first = self.day("valid_from") if self.cells["valid_from"] else None
        last = self.day("valid_to") if self.cells["valid_to"] else None
        if first and last and last < first:
            raise self.broken("valid_to", _("comes before valid_from"))
        if last is None or last == date.max:
            return DateRange(first, None)
        return DateRange(first, last + timedelta(days=1))

    def known(self, column: str, among: Mapping[str, Thing]) -> Thing:
        return self.found(column, self.needed(column), among)

    def found(self, column: str, name: str, among: Mapping[str, Thing]) -> Thing:
        """Return what `name` stands for, or say that nothing here has that name."""
        if name not in among:
            raise self.broken(column, quoting(_("{said} is not known"), name))
        return among[name]


def read_table(path: Path, columns: Iterable[str]) -> list[Line]:
    """Read a CSV file with exactly these columns, in any order."""
    wanted = set(columns)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, restkey="", restval="")
            named = set(table.fieldnames or ())
            if odd := [*sorted(named - wanted), *sorted(wanted - named)]:
                cause = (
                    _("unknown column") if odd[0] in named else _("column is missing")
                )
                raise BrokenCityFile(path.name, "line 1", odd[0], cause)
            return [_line(path, table.line_num, cells) for cells in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BrokenCityFile(path.name, "", "", str(error)) from error


def read_tables(path: Path, columns: Iterable[str]) -> dict[str, Line]:
    """Read a TOML file of tables that say exactly these things, by their names."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenCityFile(path.name, "", "", str(error)) from error
    wanted, lines = set(columns), {}
    for name, table in said.items():
        where = f"[{name}]"
        if odd := [*sorted(set(table) - wanted), *sorted(wanted - set(table))]:
            cause = "unknown" if odd[0] in table else "is missing"
            raise BrokenCityFile(path.name, where, odd[0], cause)
        cells = {key: tidy(str(value)) for key, value in table.items()}
        lines[name] = Line(file=path.name, where=where, cells=cells)
    return lines


def _line(path: Path, number: int, cells: Mapping[str, Any]) -> Line:
    if "" in cells:
        cause = _("more cells than columns")
        raise BrokenCityFile(path.name, f"line {number}", "", cause)
    tidied = {column: tidy(value) for column, value in cells.items()}
    for column, said in tidied.items():
        if "\0" in said:
            odd = quoting(_("{said} is not text"), said[:SHOWN])
            raise BrokenCityFile(path.name, f"line {number}", column, odd)
    return Line(file=path.name, where=f"line {number}", cells=tidied)
