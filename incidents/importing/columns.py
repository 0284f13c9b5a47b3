"""Columns: which column of the file tells what, as whoever imports it says."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from gis_data.models import search_key
from incidents.errors import UnusableFile

SAID = re.compile(r"\s*([a-z_]+)\s*=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The file's own name of each column that we read; empty where it has none."""

    lat: str = ""
    lon: str = ""
    category: str = ""
    created: str = ""
    closed: str = ""
    description: str = ""
    external_id: str = ""
    address: str = ""
    status: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)  #: By what each names.

    @property
    def named(self) -> dict[str, str]:
        """By what each tells, the columns that are named."""
        told = {each: getattr(self, each) for each in TELLING}
        return {each: column for each, column in told.items() if column}

    def refuse_missing(self, header: Sequence[str]) -> None:
        """Refuse a file that lacks a column it is to be read by."""
        asked = [*self.named.values(), *self.labels.values()]
        missing = [column for column in asked if column not in header]
        if missing:
            raise UnusableFile(
                f"There is no column {_listed(missing)}; there are {_listed(header)}."
            )
        if twice := [column for column in asked if header.count(column) > 1]:
            raise UnusableFile(f"There are several columns {_listed(twice)}.")


TELLING = tuple(each.name for each in fields(Columns) if each.name != "labels")
#: A comma ends a column's name only where another pair begins.
BETWEEN = re.compile(rf",(?=\s*(?:{'|'.join(TELLING)})\s*=)")


def read_columns(said: Iterable[str], labels: Iterable[str] = ()) -> Columns:
    """Read `lat=LATITUDE,lon=LONGITUDE` and `ward=WARD_NAME`, or say what is wrong."""
    named: dict[str, str] = {}
    for pair in (pair for each in said for pair in BETWEEN.split(each)):
        found = SAID.fullmatch(pair)
        if found is None or found[1] not in TELLING:
            raise UnusableFile(
                f"“{pair}” maps nothing: say {'=…, '.join(TELLING)}=… with the "
                "name of the column."
            )
        named[found[1]] = found[2].strip()
    return Columns(**named, labels=dict(_pair(each) for each in labels))


def read_categories(said: Iterable[str]) -> dict[str, str]:
    """Read what the file's words for a category mean: from pairs and files of pairs.

    A file is a CSV of two columns, theirs and ours, with any header.
    """
    meant: dict[str, str] = {}
    for each in said:
        path = Path(each)
        if "=" not in each or path.is_file():
            meant |= _pairs_of(path)
        else:
            theirs, ours = _pair(each)
            meant[search_key(theirs)] = ours
    return meant


def _pairs_of(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))[1:]
    except (OSError, UnicodeError, csv.Error) as error:
        raise UnusableFile(f"{path}: cannot be read: {error}") from error
    short = [number for number, row in enumerate(rows, start=2) if len(row) == 1]
    if short:
        raise UnusableFile(f"{path}, row {short[0]}: our code is missing.")
    return {search_key(row[0]): row[1].strip() for row in rows if row}


def _pair(said: str) -> tuple[str, str]:
    name, equals, column = said.rpartition("=")
    if not equals or not name.strip() or not column.strip():
        raise UnusableFile(f"“{said}” is no pair: write NAME=NAME.")
    return name.strip(), column.strip()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
