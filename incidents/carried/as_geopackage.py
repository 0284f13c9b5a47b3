"""A table as a GeoPackage that QGIS opens in the colours and shapes of the public map.

A GeoPackage is an SQLite file with some tables about its tables (OGC 12-128r17); QGIS
looks for its style in `layer_styles`. Such a file is written here and there, so it
leaves when it is whole: from the disk, in pieces.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from struct import Struct
from tempfile import NamedTemporaryFile

from .qgis import style_of_layer
from .table import Row, Table

LAYER, SHAPE = "reports", "geom"
PIECE = 256 * 1024
#: "GP", version 0, little-endian without an envelope, WGS 84; then a point as WKB.
POINT = Struct("<2sBBiBIdd")
WGS_84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],'
    'AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
TABLES = """
PRAGMA application_id = 0x47504B47;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
    description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
    ('Undefined Cartesian', -1, 'NONE', -1, 'undefined', NULL),
    ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,
    identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL,
    srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys (srs_id),
    z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name),
    UNIQUE (table_name));
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT, f_table_schema TEXT,
    f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT,
    styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT,
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""


@dataclass(slots=True)
class Extent:
    """The box about all points so far."""

    west: float = inf
    south: float = inf
    east: float = -inf
    north: float = -inf

    def take(self, lon: float, lat: float) -> None:
        """Widen the box to a point."""
        self.west, self.east = min(self.west, lon), max(self.east, lon)
        self.south, self.north = min(self.south, lat), max(self.north, lat)

    @property
    def corners(self) -> tuple[float | None, ...]:
        """West, south, east and north; of no point, none."""
        found = (self.west, self.south, self.east, self.north)
        return found if self.west <= self.east else (None, None, None, None)


def geopackage_of(table: Table) -> Iterator[bytes]:
    """Write the table as a GeoPackage on the disk, then hand it over in pieces."""
    with NamedTemporaryFile(suffix=".gpkg") as file:
        _fill(Path(file.name), table)
        while piece := file.read(PIECE):
            yield piece


def _fill(path: Path, table: Table) -> None:
    base = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody else has the file, and a half of it is thrown away.
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        base.executescript(TABLES)
        base.execute("BEGIN")
        named = ", ".join(f'"{column.name}" TEXT' for column in table.columns)
        shaped = f'fid INTEGER PRIMARY KEY, "{SHAPE}" POINT'
        base.execute(f'CREATE TABLE "{LAYER}" ({shaped}, {named})')
        extent = Extent()
        marks = ", ".join("?" * (len(table.columns) + 1))
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        base.executemany(
            f'INSERT INTO "{LAYER}" ("{SHAPE}", {columns}) VALUES ({marks})',  # noqa: S608
            (_told(row, extent) for row in table.rows),
        )
        _describe(base, extent)
        base.execute("COMMIT")
    finally:
        base.close()


def _told(row: Row, extent: Extent) -> tuple[object, ...]:
    *words, lon, lat = row
    if lon is None:
        return None, *(said or None for said in words)
    extent.take(lon, lat)
    shape = POINT.pack(b"GP", 0, 1, 4326, 1, 1, lon, lat)
    return shape, *(said or None for said in words)


def _describe(base: sqlite3.Connection, extent: Extent) -> None:
    base.execute(
        "INSERT INTO gpkg_spatial_ref_sys VALUES "
        "('WGS 84', 4326, 'EPSG', 4326, ?, NULL)",
        (WGS_84,),
    )
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, "
        "max_x, max_y, srs_id) VALUES (?, 'features', ?, ?, ?, ?, ?, 4326)",
        (LAYER, LAYER, *extent.corners),
    )
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles')"
    )
    base.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, 'POINT', 4326, 0, 0)",
        (LAYER, SHAPE),
    )
    base.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, useAsDefault) "
        "VALUES ('', '', ?, ?, 'status', ?, 1)",
        (LAYER, SHAPE, style_of_layer()),
    )
