"""A table as GeoJSON: one feature a line, so that it can be read a line at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .table import DECIMALS, Row, Table

TOGETHER = 2000


def geojson_of(table: Table) -> Iterator[bytes]:
    """Write the table as one FeatureCollection, a piece at a time."""
    names = [column.name for column in table.columns]
    yield b'{"type":"FeatureCollection","features":[\n'
    rows, joint = iter(table.rows), b""
    while piece := [_feature(names, row) for row in islice(rows, TOGETHER)]:
        yield joint + ",\n".join(piece).encode()
        joint = b",\n"
    yield b"\n]}\n"


def _feature(names: list[str], row: Row) -> str:
    *words, lon, lat = row
    told: dict[str, Any] = {
        name: said or None for name, said in zip(names, words, strict=True)
    }
    feature = {
        "type": "Feature",
        "id": words[0],
        "geometry": None
        if lon is None
        else {
            "type": "Point",
            "coordinates": [round(lon, DECIMALS), round(lat, DECIMALS)],
        },
        "properties": told,
    }
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
