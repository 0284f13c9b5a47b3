"""Read: a file row by row, however large; what is not text is told and passed over."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol

from gis_data.errors import UnreadableBoundaries
from gis_data.sandbox import Limits, read_in_own_process
from gis_data.tables import Row
from incidents.errors import UnusableFile

from .encodings import NOT_TEXT, find_encoding

TABLES = frozenset({".csv", ".tsv", ".txt", ".tab"})
DELIMITERS = ",;\t|"
#: What is longer is no line of a table.
LINE_AT_MOST = 2**20
#: So long a file of shapes may take to be read, in its own process.
PATIENT = Limits(seconds=3600, cpu_seconds=3600, memory_mb=3072)


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the file has it; `flaw` says why it is none."""

    number: int  #: As a spreadsheet counts: the header is row 1.
    cells: Sequence[str]
    point: tuple[float, float] | None = None  #: Of a file of shapes.
    flaw: str = ""


class Table(Protocol):
    """A file that is read row by row."""

    header: Sequence[str]
    form: str  #: What it was found to be.
    has_shapes: bool

    def lines(self) -> Iterator[Line]:
        """Read from the first row to the last."""
        ...

    def read_so_far(self) -> float:
        """Tell which part of the file has been read, from 0 to 1."""
        ...


def open_table(
    path: Path, *, encoding: str = "", delimiter: str = "", layer: str = ""
) -> Table:
    """Open a table, or a file of shapes in a process of its own; or refuse it."""
    if not path.is_file():
        raise UnusableFile(f"{path}: there is no such file.")
    if path.suffix.lower() in TABLES:
        return TextTable(path, encoding=encoding, delimiter=delimiter)
    return ShapeTable(path, layer=layer)


class TextTable:
    """A CSV or a TSV, in whatever encoding and with whatever between its columns."""

    has_shapes = False

    def __init__(self, path: Path, *, encoding: str, delimiter: str) -> None:
        self.path, self._bytes = path, max(path.stat().st_size, 1)
        self.encoding = encoding or find_encoding(path)
        self._file: TextIOWrapper | None = None
        with self._open() as file:
            first = file.readline(LINE_AT_MOST)
        if not first.strip() or "\0" in first:
            raise UnusableFile(f"{path.name}: its first row names no columns.")
        self.delimiter = delimiter or max(DELIMITERS, key=first.count)
        named = next(csv.reader([first], delimiter=self.delimiter), [])
        self.header: Sequence[str] = tuple(name.strip() for name in named)
        between = "tabs" if self.delimiter == "\t" else f"“{self.delimiter}”"
        self.form = f"{self.encoding}, {between} between its columns"

    def lines(self) -> Iterator[Line]:
        """Read row by row; memory does not grow, whatever the file holds."""
        with self._open() as self._file:
            rows = csv.reader(_bounded(self._file), delimiter=self.delimiter)
            number, width = 1, len(self.header)
            next(rows, None)
            while True:
                number += 1
                try:
                    cells = next(rows)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Line(number, [], flaw=f"cannot be read: {error}")
                    continue
                if cells:
                    yield Line(number, cells, flaw=self._flaw(cells, width))

    def read_so_far(self) -> float:
        """Tell which part of the bytes has been read."""
        if self._file is None or self._file.closed:
            return float(self._file is not None)
        return min(os.lseek(self._file.fileno(), 0, os.SEEK_CUR) / self._bytes, 1.0)

    def _open(self) -> TextIOWrapper:
        try:
            return self.path.open(encoding=self.encoding, errors="replace", newline="")
        except (OSError, LookupError) as error:
            raise UnusableFile(f"{self.path.name}: cannot be read: {error}") from error

    def _flaw(self, cells: Sequence[str], width: int) -> str:
        if len(cells) != width:
            return f"has {len(cells)} columns where the header has {width}"
        whole = "".join(cells)
        if NOT_TEXT in whole:
            return f"is not {self.encoding}; say another --encoding"
        if "\0" in whole:
            return "is not text"
        return ""


class ShapeTable:
    """A file of shapes that GDAL reads, opened in a process that has nothing to lose.

    It is read to its end before anything is done with it, so that one that breaks off
    half way is refused as a whole.
    """

    has_shapes = True

    def __init__(self, path: Path, *, layer: str) -> None:
        self.path, self.layer = path, layer
        self._count, self._read = 0, 0
        self.header: Sequence[str] = ()
        for row in self._rows():
            self._count += 1
            self.header = self.header or tuple(row.said)
        if not self._count:
            raise UnusableFile(f"{path.name}: there is nothing in it.")
        self.form = f"{self._count} shapes"

    def lines(self) -> Iterator[Line]:
        """Read shape by shape; what is no point counts as the middle of it."""
        self._read = 0
        for row in self._rows():
            self._read += 1
            cells = tuple(row.said.values())
            yield Line(row.number, cells, row.point, flaw=row.why)

    def read_so_far(self) -> float:
        """Tell which part of the shapes has been read."""
        return self._read / self._count

    def _rows(self) -> Iterator[Row]:
        told = read_in_own_process(
            self.path, what="table", layer=self.layer, limits=PATIENT
        )
        try:
            yield from told
        except UnreadableBoundaries as error:
            raise UnusableFile(str(error)) from error


def _bounded(file: TextIOWrapper) -> Iterator[str]:
    """Hand on line by line; what is too long for one is put aside as no text."""
    while line := file.readline(LINE_AT_MOST):
        if len(line) < LINE_AT_MOST or line.endswith("\n"):
            yield line
            continue
        while line and not line.endswith("\n"):
            line = file.readline(LINE_AT_MOST)
        yield NOT_TEXT + "\n"
