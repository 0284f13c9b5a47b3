"""Places as vector tiles: their borders as fine as each zoom can show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from .errors import NoSuchTile
from .models import BoundaryDrawing

LAST_ZOOM = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One square of the world, by zoom, column and row; there is none beyond them."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        side = 2**self.z if 0 <= self.z <= LAST_ZOOM else 0
        if not (0 <= self.x < side and 0 <= self.y < side):
            raise NoSuchTile(_("There is no such tile."))


def area_tile(kind: str, tile: Tile, *, on: date) -> bytes:
    """Return the places of a kind in force that day: layer `areas`, `code`, `name`.

    One statement; empty bytes where there is nothing.
    """
    drawn = min(zoom for zoom in BoundaryDrawing.ZOOMS if zoom >= tile.z)
    asked: dict[str, str | int | date] = {
        "kind": kind,
        "on": on,
        "drawn": drawn,
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
    }
    with connection.cursor() as cursor:
        cursor.execute(AREAS, asked)
        ((made,),) = cursor.fetchall()
    return bytes(made)


AREAS = """
SELECT coalesce(ST_AsMVT(areas, 'areas', 4096, 'shape'), '')
FROM (
  SELECT l.code, l.name, ST_AsMVTGeom(
    d.shape, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS shape
  FROM gis_data_boundarydrawing d
  JOIN gis_data_boundary b ON b.id = d.boundary_id
  JOIN gis_data_place l ON l.id = b.place_id
  JOIN gis_data_placekind k ON k.id = l.kind_id
  WHERE k.code = %(kind)s AND b.validity @> %(on)s AND upper_inf(b.recorded)
    AND d.zoom = %(drawn)s
    AND d.shape && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.015625)
  ORDER BY l.code
) areas
WHERE shape IS NOT NULL
"""
