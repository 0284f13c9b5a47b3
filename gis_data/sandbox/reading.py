"""Read inside: what the confined process does once it is asked, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException

from gis_data.errors import UnreadableBoundaries
from gis_data.importing import Fields, layers_of, read_sheet
from gis_data.opening import forget_other_formats, parts_of
from gis_data.surveying import AssetFields, each_asset
from gis_data.tables import each_row

from .confinement import confine, limit
from .frames import packed

#: So many rows of a table go in one frame.
ROWS_A_FRAME = 500


def answer(asked: dict[str, Any], out: BinaryIO, *, code: Sequence[Path]) -> None:
    """Confine this process, read what is asked for, and hand it back."""
    path = Path(asked["path"])
    forget_other_formats()
    limit(memory_bytes=asked["memory_bytes"], cpu_seconds=asked["cpu_seconds"])
    held = confine([*code, *parts_of(path)])
    out.write(packed({"is": "held", "held": held}))
    out.flush()
    try:
        for frame in READERS[asked["what"]](path, asked):
            out.write(frame)
        out.write(packed({"is": "done"}))
    except UnreadableBoundaries as refused:
        out.write(packed({"is": "refused", "why": str(refused)}))
    except (GDALException, GEOSException, MemoryError, ValueError, OSError) as error:
        why = f"{type(error).__name__}: {error}"
        out.write(packed({"is": "failed", "why": why[:500]}))
    out.flush()


def _boundaries(path: Path, asked: dict[str, Any]) -> Iterator[bytes]:
    sheet = read_sheet(
        path,
        fields=Fields(**asked["fields"]),
        layer=asked["layer"],
        around=_box(asked),
    )
    yield packed({"is": "sheet", "checksum": sheet.checksum})
    for repair in sheet.repairs:
        yield packed({"is": "repair"} | asdict(repair))
    for each in sheet.drawings:
        said = {
            "is": "drawing",
            "code": each.code,
            "name": each.name,
            "name_en": each.name_en,
            "area": each.official_area_km2,
        }
        yield packed(said, bytes(each.shape.wkb))


def _assets(path: Path, asked: dict[str, Any]) -> Iterator[bytes]:
    fields = AssetFields(**asked["fields"])
    for each in each_asset(
        path, fields=fields, layer=asked["layer"], around=_box(asked)
    ):
        said = {
            "is": "asset",
            "code": each.code,
            "name": each.name,
            "class": each.asset_class,
        }
        yield packed(said, bytes(each.shape.wkb))


def _table(path: Path, asked: dict[str, Any]) -> Iterator[bytes]:
    columns: tuple[str, ...] | None = None
    rows: list[list[Any]] = []
    for row in each_row(path, layer=asked["layer"]):
        if columns is None:
            columns = tuple(row.said)
            yield packed({"is": "columns", "columns": columns})
        rows.append([row.number, list(row.said.values()), row.point, row.why])
        if len(rows) == ROWS_A_FRAME:
            yield packed({"is": "rows", "rows": rows})
            rows = []
    if rows:
        yield packed({"is": "rows", "rows": rows})


def _layers(path: Path, _asked: dict[str, Any]) -> Iterator[bytes]:
    for each in layers_of(path):
        yield packed({"is": "layer"} | asdict(each))


def _box(asked: dict[str, Any]) -> tuple[float, float, float, float] | None:
    if asked["around"] is None:
        return None
    west, south, east, north = asked["around"]
    return west, south, east, north


READERS: dict[str, Callable[[Path, dict[str, Any]], Iterator[bytes]]] = {
    "boundaries": _boundaries,
    "assets": _assets,
    "table": _table,
    "layers": _layers,
}
