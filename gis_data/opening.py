"""Opened: a publisher's file, if it is of a format that holds its own shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ctypes import c_char_p, c_int, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.gis.gdal import (
    CoordTransform,
    DataSource,
    Driver,
    GDALException,
    OGRGeometry,
    SpatialReference,
)
from django.contrib.gis.gdal.feature import Feature
from django.contrib.gis.gdal.layer import Layer
from django.contrib.gis.gdal.libgdal import lgdal
from django.contrib.gis.geos import GEOSException
from django.utils.translation import gettext as _

from .errors import UnreadableBoundaries
from .lettering import code_page, is_garbled, left_as_written, shown
from .models import tidy
from .unpacking import is_archive, refuse_hostile

#: West, south, east, north, in degrees.
Box = tuple[float, float, float, float]

#: Formats that hold their own shapes. A VRT may point anywhere, so it is not one.
DRIVERS = frozenset(
    {
        "ESRI Shapefile",
        "FlatGeobuf",
        "GeoJSON",
        "GeoJSONSeq",
        "GML",
        "GPKG",
        "KML",
        "LIBKML",
        "MapInfo File",
        "TopoJSON",
    }
)
FEATURES_AT_MOST = 20_000
WHOLE_WORLD: Box = (-180.0, -90.0, 180.0, 90.0)
#: JSON that GDAL cannot open is read again to say where it breaks, if it is no larger.
JSON_BYTES_AT_MOST = 64 * 2**20
FEATURE = re.compile(r'"type"\s*:\s*"Feature"')


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Let whatever goes wrong with a file be refused by its name, with the cause."""
    try:
        yield
    except UnreadableBoundaries as refused:
        raise UnreadableBoundaries(f"{path.name}: {refused}") from refused
    except (GDALException, GEOSException, OSError, UnicodeError) as error:
        said = _("%(file)s: cannot be read: %(error)s")
        why = _where_json_breaks(path) or in_one_line(error)
        raise UnreadableBoundaries(said % {"file": path.name, "error": why}) from error


def parts_of(path: Path) -> list[Path]:
    """Return a file with those beside it that belong to it: a shapefile has many."""
    return sorted({path, *path.parent.glob(f"{_literal(path.stem)}.*")})


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def open_source(path: Path) -> DataSource:
    """Open a file of a format that holds its own shapes, or refuse it."""
    if not path.is_file():
        raise UnreadableBoundaries(_("there is no such file."))
    refuse_hostile(path)
    is_kmz = path.suffix.lower() == ".kmz"
    address = f"/vsizip/{path}" if is_archive(path) and not is_kmz else str(path)
    driver = _driver(address)
    if driver not in DRIVERS:
        if why := _where_json_breaks(path):
            raise UnreadableBoundaries(why)
        said = _(
            "is not a format of areas that we read (%(driver)s); we read %(known)s."
        )
        raise UnreadableBoundaries(
            said % {"driver": driver or "?", "known": ", ".join(sorted(DRIVERS))}
        )
    encoding = code_page(path)
    if not encoding:
        return DataSource(address)
    with left_as_written():
        source = DataSource(address, encoding=encoding)
        # Words are left as they are in the layers that are opened until now.
        for number in range(source.layer_count):
            source[number]
    return source


def forget_other_formats() -> None:
    """Let GDAL open nothing in this process but the formats we read."""
    Driver.ensure_registered()
    get, forget = lgdal.GDALGetDriver, lgdal.GDALDeregisterDriver
    get.argtypes, get.restype = [c_int], c_void_p
    forget.argtypes, forget.restype = [c_void_p], None
    for number in reversed(range(lgdal.GDALGetDriverCount())):
        driver = get(number)
        if _short_name(driver) not in DRIVERS:
            forget(driver)


def _driver(address: str) -> str:
    """Ask GDAL which of its drivers would open a file, without opening it."""
    identify = lgdal.GDALIdentifyDriver
    identify.restype, identify.argtypes = c_void_p, [c_char_p, c_void_p]
    Driver.ensure_registered()
    found = identify(address.encode(), None)
    return _short_name(found) if found else ""


def _short_name(driver: int) -> str:
    name = lgdal.GDALGetDriverShortName
    name.restype, name.argtypes = c_char_p, [c_void_p]
    return str(name(driver).decode())


def _where_json_breaks(path: Path) -> str:
    """Say in which row a file that begins as JSON is none; nothing if it is whole."""
    try:
        if path.stat().st_size > JSON_BYTES_AT_MOST:
            return ""
        text = path.read_text("utf-8-sig")
        if text.lstrip().startswith("{"):
            json.loads(text)
    except json.JSONDecodeError as error:
        said = _(
            "it is no whole JSON: it breaks in feature %(number)s (line %(line)s, "
            "character %(column)s). Export the file again, then send it."
        )
        begun = len(FEATURE.findall(text, 0, error.pos + 1))
        return said % {"number": begun, "line": error.lineno, "column": error.colno}
    except (OSError, ValueError, RecursionError):
        return ""
    return ""


def open_layer(
    source: DataSource, name: str, *, features_at_most: int = FEATURES_AT_MOST
) -> Layer:
    """Return the layer that is meant, if it is one and not too large."""
    names = [source[each].name for each in range(source.layer_count)]
    if name and name not in names:
        said = _("has no layer “%(layer)s”; it has %(layers)s.")
        raise UnreadableBoundaries(said % {"layer": name, "layers": ", ".join(names)})
    if len(names) > 1 and not name:
        said = _("has several layers, say which: %(layers)s.")
        raise UnreadableBoundaries(said % {"layers": ", ".join(names)})
    if not names:
        raise UnreadableBoundaries(_("no area in it."))
    layer = source[names.index(name) if name else 0]
    if len(layer) > features_at_most:
        said = _("%(count)s features are too many; at most %(most)s.")
        raise UnreadableBoundaries(
            said % {"count": len(layer), "most": features_at_most}
        )
    return layer


def refuse_without_fields(layer: Layer, asked: Iterable[str]) -> None:
    """Refuse a layer that lacks a field it is to be read by."""
    missing = [name for name in asked if name and name not in layer.fields]
    if missing:
        said = _("has no field %(missing)s; it has %(fields)s.")
        about = {"missing": ", ".join(missing), "fields": ", ".join(layer.fields)}
        raise UnreadableBoundaries(said % about)


def each_feature(layer: Layer) -> Iterator[tuple[int, Feature]]:
    """Give the features with their numbers from 1; say after which the file breaks."""
    features = iter(layer)
    number = 0
    while True:
        try:
            feature = next(features)
        except StopIteration:
            return
        except GDALException as error:
            said = _("after feature %(number)s it breaks off. Export the file again.")
            raise UnreadableBoundaries(said % {"number": number}) from error
        number += 1
        yield number, feature


def at_feature(number: int, code: str, why: Exception) -> UnreadableBoundaries:
    """Return what to say of a feature that stands against a file."""
    said = _("feature %(number)s (%(code)s): %(why)s")
    about = {"number": number, "code": code or "?", "why": in_one_line(why)}
    return UnreadableBoundaries(said % about)


def in_degrees(feature: Feature, *, around: Box | None = None) -> OGRGeometry:
    """Return a feature's shape in degrees, flat and without curves.

    `around` is where the city lies: a shape that lies far from there is refused.
    """
    try:
        held = feature.geom
    except GDALException as error:
        raise UnreadableBoundaries(_("it has no shape.")) from error
    if held.empty:
        raise UnreadableBoundaries(_("its shape is empty."))
    drawn: OGRGeometry = held.clone()
    if drawn.has_curve:
        drawn = drawn.get_linear_geometry()
    drawn.set_3d(False)
    drawn.set_measured(False)
    if (system := drawn.srs) is not None:
        as_written = drawn.extent
        try:
            drawn.transform(_into_degrees(system.wkt))
        except GDALException:
            _refuse_swapped(as_written, around)
            raise
        why = _("its coordinates are not in degrees: %(extent)s.")
    else:
        why = _("the file names no reference system and is not in degrees: %(extent)s.")
    extent = drawn.extent
    if not _within(extent, WHOLE_WORLD):
        _refuse_swapped(extent, around)
        raise UnreadableBoundaries(why % {"extent": extent})
    if around is not None:
        _refuse_elsewhere(extent, around)
    drawn.srs = _degrees()
    return drawn


@lru_cache(maxsize=1)
def _degrees() -> SpatialReference:
    return SpatialReference(4326)


@lru_cache(maxsize=16)
def _into_degrees(system: str) -> CoordTransform:
    """Prepare once what is done to each of a file's shapes."""
    return CoordTransform(SpatialReference(system), _degrees())


def _refuse_elsewhere(extent: Box, around: Box) -> None:
    """Refuse what lies further from the city than the city is large."""
    west, south, east, north = around
    wide, high = max(east - west, 0.1), max(north - south, 0.1)
    near = west - wide, south - high, east + wide, north + high
    if _meet(extent, near):
        return
    _refuse_swapped(extent, around)
    said = _(
        "it lies far from the city, at %(extent)s. Is the reference system that the "
        "file names the one it is drawn in?"
    )
    raise UnreadableBoundaries(said % {"extent": extent})


def _refuse_swapped(extent: Box, around: Box | None) -> None:
    """Say so if a shape would lie right with its axes exchanged."""
    west, south, east, north = extent
    exchanged = south, west, north, east
    if around is None:
        looks_so = abs(south) > 90 and _within(exchanged, WHOLE_WORLD)
    else:
        looks_so = _meet(exchanged, around)
    if looks_so:
        said = _(
            "it looks as if latitude and longitude were swapped: %(extent)s. Exchange "
            "the two in the file, then send it again."
        )
        raise UnreadableBoundaries(said % {"extent": extent})


def _within(one: Box, other: Box) -> bool:
    return (
        other[0] <= one[0] <= one[2] <= other[2]
        and other[1] <= one[1] <= one[3] <= other[3]
    )


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] <= other[2]
        and other[0] <= one[2]
        and one[1] <= other[3]
        and other[1] <= one[3]
    )


def text_of(feature: Feature, name: str) -> str:
    """Return what a field says, tidied; refuse letters of another encoding."""
    try:
        value: Any = feature.get(name)
    except UnicodeError as error:
        said = _(
            "its field “%(field)s” is not UTF-8. Save the file as UTF-8, or say in a "
            ".cpg file beside it what it is, then send it again."
        )
        raise UnreadableBoundaries(said % {"field": name}) from error
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    if is_garbled(text):
        said = _(
            "its field “%(field)s” says “%(text)s”: its letters are of another "
            "encoding, such as Windows-1258, than the file says. Save the file as "
            "UTF-8, or say in a .cpg file beside it what it is, then send it again."
        )
        raise UnreadableBoundaries(said % {"field": name, "text": shown(text)})
    return tidy(text)


def refuse_too_long(text: str, letters: int | None) -> None:
    """Refuse a word that is longer than we keep."""
    if letters is not None and len(text) > letters:
        said = _("“%(text)s…” is longer than %(letters)s letters.")
        raise UnreadableBoundaries(said % {"text": text[:40], "letters": letters})


def number_of(feature: Feature, name: str) -> float | None:
    """Return the number a field says, or none where it says nothing."""
    value: Any = feature.get(name) if name else None
    try:
        return None if value in (None, "") else float(value)
    except ValueError as error:
        said = _("its area “%(area)s” is not a number.")
        raise UnreadableBoundaries(said % {"area": value}) from error


def in_one_line(error: Exception) -> str:
    """Return what went wrong without line breaks."""
    return " ".join(str(error).split())
