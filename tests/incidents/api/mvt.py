"""Vector tiles, read as any program would read them: by GDAL."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import asinh, pi, radians, tan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.gis.gdal import DataSource

#: A number of the feature in the tile, which GDAL adds of its own.
OWN = "mvt_id"


@dataclass(frozen=True)
class Tile:
    """What each layer of a tile holds: the properties of its features."""

    layers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def points(self) -> list[dict[str, Any]]:
        return self.layers.get("reports", [])

    @property
    def clusters(self) -> list[dict[str, Any]]:
        return self.layers.get("clusters", [])

    @property
    def total(self) -> int:
        return len(self.points) + sum(each["count"] for each in self.clusters)


def read_tile(content: bytes) -> Tile:
    """Read a tile; one without content is empty."""
    if not content:
        return Tile()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tile.mvt"
        path.write_bytes(content)
        return Tile(
            {
                str(layer.name): [
                    {name: feature.get(name) for name in layer.fields if name != OWN}
                    for feature in layer
                ]
                for layer in DataSource(path)
            }
        )


def spots_of(content: bytes, layer: str) -> list[tuple[float, float]]:
    """Return where on the tile the points of a layer stand, from its upper left."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tile.mvt"
        path.write_bytes(content)
        return [
            (feature.geom.x, 4096 - feature.geom.y)  # GDAL counts from below.
            for found in DataSource(path)
            if found.name == layer
            for feature in found
        ]


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Return the column and row of the tile that a point lies in."""
    side = 2**z
    x = int((lon + 180) / 360 * side)
    y = int((1 - asinh(tan(radians(lat))) / pi) / 2 * side)
    return x, y


def around(x: int, y: int, z: int) -> set[tuple[int, int]]:
    """Return a tile with the eight about it, as far as the world reaches."""
    steps = (-1, 0, 1)
    return {
        (x + east, y + south)
        for east in steps
        for south in steps
        if 0 <= x + east < 2**z and 0 <= y + south < 2**z
    }
