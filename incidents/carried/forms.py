"""The forms a table is carried off in, and the way to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .as_csv import csv_of
from .as_geojson import geojson_of
from .as_geopackage import geopackage_of
from .as_xlsx import xlsx_of
from .table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of file: what it ends with, what it is, and how it is written."""

    ending: str
    media_type: str
    write: Callable[[Table], Iterator[bytes]]


FORMS = {
    form.ending: form
    for form in (
        Form(ending="csv", media_type="text/csv; charset=utf-8", write=csv_of),
        Form(
            ending="xlsx",
            media_type=(
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            ),
            write=xlsx_of,
        ),
        Form(ending="geojson", media_type="application/geo+json", write=geojson_of),
        Form(
            ending="gpkg",
            media_type="application/geopackage+sqlite3",
            write=geopackage_of,
        ),
    )
}
