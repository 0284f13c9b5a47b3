"""Tabled: the rows of a file as they stand, one after another, each with its point."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.gdal.feature import Feature
from django.contrib.gis.gdal.geometries import Point
from django.contrib.gis.geos import GEOSException
from django.utils.translation import gettext as _

from .errors import UnreadableBoundaries
from .opening import (
    each_feature,
    in_degrees,
    in_one_line,
    open_layer,
    open_source,
    refusing,
    text_of,
)
from .unpacking import refuse_hostile

ROWS_AT_MOST = 20_000_000
LISTS = frozenset({".csv", ".tsv", ".txt"})
SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what it says by column, and where it lies, longitude before latitude.

    `number` counts as its keeper sees it: the lines of a list with the heading as 1,
    the features of a map from 1. `why` says what stands against the row, if anything.
    """

    number: int
    said: Mapping[str, str]
    point: tuple[float, float] | None = None
    why: str = ""


def each_row(path: Path, *, layer: str = "") -> Iterator[Row]:
    """Give the rows of a list (CSV in UTF-8) or of a map, or refuse the file.

    What is wrong with a single row is said in it; what breaks the file raises half way.
    """
    with refusing(path):
        if path.suffix.lower() in LISTS:
            yield from _listed(path)
        else:
            yield from _mapped(path, layer)


def _listed(path: Path) -> Iterator[Row]:
    if not path.is_file():
        raise UnreadableBoundaries(_("there is no such file."))
    refuse_hostile(path)
    lines = _lines(path)
    heading = next(lines, "")
    separator = max(SEPARATORS, key=heading.count)
    columns = [
        each.strip() for each in next(csv.reader([heading], delimiter=separator), [])
    ]
    if len(columns) < 2 or len(set(columns)) < len(columns) or not all(columns):
        said = _("row 1: it has to name each column, once: %(columns)s.")
        raise UnreadableBoundaries(said % {"columns": ", ".join(columns)[:200]})
    reader = csv.reader(lines, delimiter=separator)
    while True:
        number = reader.line_num + 2
        try:
            values = next(reader, None)
        except csv.Error as error:
            said = _("row %(number)s: %(why)s")
            about = {"number": number, "why": in_one_line(error)}
            raise UnreadableBoundaries(said % about) from error
        if values is None:
            return
        if not values:
            continue
        why = ""
        if len(values) != len(columns):
            said = _("it has %(count)s values for %(columns)s columns.")
            why = said % {"count": len(values), "columns": len(columns)}
            values = (values + [""] * len(columns))[: len(columns)]
        yield Row(number=number, said=dict(zip(columns, values, strict=True)), why=why)


def _lines(path: Path) -> Iterator[str]:
    """Decode line by line, so that what cannot be decoded has its number."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                said = _(
                    "row %(number)s is not UTF-8, perhaps Windows-1258. Save the file "
                    "as UTF-8, then send it again."
                )
                raise UnreadableBoundaries(said % {"number": number}) from error
            if "\0" in text:
                said = _("row %(number)s is no text.")
                raise UnreadableBoundaries(said % {"number": number})
            yield text


def _mapped(path: Path, layer: str) -> Iterator[Row]:
    source = open_source(path)
    opened = open_layer(source, layer, features_at_most=ROWS_AT_MOST)
    names = opened.fields
    for number, feature in each_feature(opened):
        said: dict[str, str] = dict.fromkeys(names, "")
        point, why = None, ""
        try:
            said = {name: text_of(feature, name) for name in names}
            point = _point(feature)
        except (UnreadableBoundaries, GDALException, GEOSException) as error:
            why = in_one_line(error)
        yield Row(number=number, said=said, point=point, why=why)


def _point(feature: Feature) -> tuple[float, float]:
    """Return where a feature lies: a point of it, whatever its shape."""
    drawn = in_degrees(feature)
    if isinstance(drawn, Point):
        return drawn.x, drawn.y
    west, south, _east, _north = drawn.geos.point_on_surface.extent
    return west, south
