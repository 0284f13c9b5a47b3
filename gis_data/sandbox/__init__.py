"""Opened apart: a file from outside is read by a process that has nothing to lose.

It has no network, no secrets and no database, reads no other file, and knows only
formats that hold their own shapes. What it reads comes back as words and shapes
(`frames`); when it dies, is killed or takes too long, the file is refused with a
sentence on what to do.
"""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal, overload

from django.conf import settings
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gis_data.errors import UnreadableBoundaries
from gis_data.importing import Drawing, Fields, LayerTold, Repair, Sheet
from gis_data.opening import Box
from gis_data.surveying import AssetFields, Surveyed
from gis_data.tables import Row

from .frames import BrokenFrame, Frame, next_frame

logger = logging.getLogger(__name__)

What = Literal["boundaries", "assets", "table", "layers"]
PROGRAM = Path(__file__).with_name("__main__.py")
MEGABYTE = 2**20
#: What the process gives up, as `confinement` calls it, where the machine lets it.
MEASURES = ("network", "files", "calls")
#: Said to GDAL and PROJ before they are loaded. Nothing else is said, no secret.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_NUM_THREADS": "1",
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "VSI_CACHE": "FALSE",
    "PROJ_NETWORK": "OFF",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    # One process on one core reads one file.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a file may cost to be read; `seconds` are those we wait for it."""

    seconds: float = 300
    cpu_seconds: int = 240
    memory_mb: int = 3072


@overload
def read_in_own_process(
    path: Path,
    *,
    what: Literal["boundaries"],
    fields: Fields | None = None,
    layer: str = "",
    is_approximate: bool = False,
    around: Box | None = None,
    limits: Limits | None = None,
) -> Sheet: ...
@overload
def read_in_own_process(
    path: Path,
    *,
    what: Literal["assets"],
    fields: AssetFields | None = None,
    layer: str = "",
    around: Box | None = None,
    limits: Limits | None = None,
) -> tuple[Surveyed, ...]: ...
@overload
def read_in_own_process(
    path: Path,
    *,
    what: Literal["table"],
    layer: str = "",
    limits: Limits | None = None,
) -> Iterator[Row]: ...
@overload
def read_in_own_process(
    path: Path,
    *,
    what: Literal["layers"],
    limits: Limits | None = None,
) -> tuple[LayerTold, ...]: ...
def read_in_own_process(
    path: Path,
    *,
    what: What,
    fields: Fields | AssetFields | None = None,
    layer: str = "",
    is_approximate: bool = False,
    around: Box | None = None,
    limits: Limits | None = None,
) -> Any:
    """Read apart what `read_sheet`, `read_assets`, `each_row` or `layers_of` would.

    The rows of a table come as they are asked for, and may be refused half way; all
    else comes whole or is refused. `around` is where the city lies, its bounds if not
    given: what lies elsewhere is refused, and it is said if its axes look swapped.
    Raises `UnreadableBoundaries` in the reader's language.
    """
    asked = {
        "what": what,
        "path": os.path.abspath(path),
        "layer": layer,
        "fields": {},
        "around": around or settings.CITY.bounds,
    }
    if what == "boundaries":
        asked["fields"] = asdict(fields or Fields())
        return _sheet(path, asked, is_approximate=is_approximate, limits=limits)
    if what == "assets":
        asked["fields"] = asdict(fields or AssetFields())
        return _assets(path, asked, limits=limits)
    if what == "layers":
        return _layers(path, asked, limits=limits)
    return _rows(path, asked, limits=limits)


def _sheet(
    path: Path,
    asked: dict[str, Any],
    *,
    is_approximate: bool,
    limits: Limits | None,
) -> Sheet:
    checksum, repairs, drawings = "", [], []
    with closing(_frames(path, asked, limits=limits)) as frames, _in_form(path):
        for frame in frames:
            said = frame.said
            if said["is"] == "sheet":
                checksum = str(said["checksum"])
            elif said["is"] == "repair":
                repairs.append(
                    Repair(
                        feature=int(said["feature"]),
                        code=str(said["code"]),
                        what=str(said["what"]),
                    )
                )
            else:
                shape = _shape(frame)
                if not isinstance(shape, MultiPolygon):
                    raise BrokenFrame(shape.geom_type)
                area = said["area"]
                drawings.append(
                    Drawing(
                        code=str(said["code"]),
                        name=str(said["name"]),
                        name_en=str(said["name_en"]),
                        official_area_km2=None if area is None else float(area),
                        shape=shape,
                    )
                )
    return Sheet(
        source=path.name,
        checksum=checksum,
        drawings=tuple(drawings),
        repairs=tuple(repairs),
        is_approximate=is_approximate,
    )


def _assets(
    path: Path, asked: dict[str, Any], *, limits: Limits | None
) -> tuple[Surveyed, ...]:
    with closing(_frames(path, asked, limits=limits)) as frames, _in_form(path):
        return tuple(
            Surveyed(
                code=str(frame.said["code"]),
                name=str(frame.said["name"]),
                asset_class=str(frame.said["class"]),
                shape=_shape(frame),
            )
            for frame in frames
        )


def _layers(
    path: Path, asked: dict[str, Any], *, limits: Limits | None
) -> tuple[LayerTold, ...]:
    with closing(_frames(path, asked, limits=limits)) as frames, _in_form(path):
        return tuple(
            LayerTold(
                name=str(said["name"]),
                fields=tuple(map(str, said["fields"])),
                count=int(said["count"]),
                examples=tuple(tuple(map(str, each)) for each in said["examples"]),
            )
            for said in (frame.said for frame in frames)
        )


def _rows(path: Path, asked: dict[str, Any], *, limits: Limits | None) -> Iterator[Row]:
    columns: tuple[str, ...] = ()
    with closing(_frames(path, asked, limits=limits)) as frames:
        for frame in frames:
            with _in_form(path):
                if frame.said["is"] == "columns":
                    columns = tuple(map(str, frame.said["columns"]))
                    continue
                read = [
                    Row(
                        number=int(number),
                        said=dict(zip(columns, map(str, values), strict=True)),
                        point=(float(point[0]), float(point[1])) if point else None,
                        why=str(why),
                    )
                    for number, values, point, why in frame.said["rows"]
                ]
            yield from read


def _shape(frame: Frame) -> GEOSGeometry:
    return GEOSGeometry(memoryview(frame.shape), srid=4326)


def _frames(
    path: Path, asked: dict[str, Any], *, limits: Limits | None
) -> Generator[Frame]:
    """Start the process, hand on what it reads, and see that it ends."""
    limits = limits or Limits()
    order = asked | {
        "language": get_language() or settings.LANGUAGE_CODE,
        "gdal": getattr(settings, "GDAL_LIBRARY_PATH", None),
        "geos": getattr(settings, "GEOS_LIBRARY_PATH", None),
        "memory_bytes": limits.memory_mb * MEGABYTE,
        "cpu_seconds": limits.cpu_seconds,
    }
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", "-B", str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    try:
        with _in_form(path):
            yield from _told(process, order, path, limits)
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()


def _told(
    process: subprocess.Popen[bytes],
    order: dict[str, Any],
    path: Path,
    limits: Limits,
) -> Generator[Frame]:
    source = _Source(process, seconds=limits.seconds)
    try:
        source.ask(order)
        held = next_frame(source.take).said["held"]
        if missing := [each for each in MEASURES if each not in held]:
            logger.warning(
                "%s is read apart, but this machine cannot take away its %s",
                path.name,
                ", ".join(missing),
            )
        while True:
            frame = next_frame(source.take)
            kind = frame.said["is"]
            if kind == "done":
                return
            if kind == "refused":
                raise UnreadableBoundaries(str(frame.said["why"]))
            if kind == "failed":
                said = _("%(file)s: cannot be read: %(error)s")
                raise UnreadableBoundaries(
                    said % {"file": path.name, "error": frame.said["why"]}
                )
            yield frame
    except TimeoutError as error:
        raise UnreadableBoundaries(_too_long(path, limits)) from error
    except (EOFError, BrokenPipeError) as error:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        code = process.returncode
        logger.warning("the process that read %s ended with %s", path.name, code)
        said = _(
            "%(file)s: reading it failed half way; it is broken, or needs more than "
            "%(memory)s MB of memory. Open it in QGIS, save it as GeoPackage, in parts "
            "if it is large, and send that."
        )
        raise UnreadableBoundaries(
            said % {"file": path.name, "memory": limits.memory_mb}
        ) from error


def _too_long(path: Path, limits: Limits) -> str:
    said = _(
        "%(file)s: reading it takes more than %(seconds)s seconds. Save only the layer "
        "that is needed, as GeoPackage, in parts if it is large, and send that."
    )
    return said % {"file": path.name, "seconds": round(limits.seconds)}


@contextmanager
def _in_form(path: Path) -> Iterator[None]:
    """Refuse a file whose reader answers in another form than agreed."""
    try:
        yield
    except (BrokenFrame, GEOSException, KeyError, TypeError, ValueError) as error:
        logger.warning("the process that read %s answered %r", path.name, error)
        said = _("%(file)s: cannot be read: %(error)s")
        raise UnreadableBoundaries(
            said % {"file": path.name, "error": type(error).__name__}
        ) from error


class _Source:
    """The bytes a process writes, waited for no longer than `seconds` in all."""

    def __init__(self, process: subprocess.Popen[bytes], *, seconds: float) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a process without pipes")
        self._asked, self._told = process.stdin, process.stdout.fileno()
        self._left = seconds
        self._held = bytearray()

    def ask(self, order: dict[str, Any]) -> None:
        """Say what is to be read: one line, far shorter than a pipe is long."""
        self._asked.write(json.dumps(order).encode() + b"\n")
        self._asked.flush()

    def take(self, count: int) -> bytes:
        """Return exactly so many bytes; EOFError where it ends before."""
        while len(self._held) < count:
            begun = monotonic()
            ready, _w, _x = select.select([self._told], [], [], max(self._left, 0))
            self._left -= monotonic() - begun
            if not ready:
                raise TimeoutError
            more = os.read(self._told, 2**20)
            if not more:
                raise EOFError
            self._held += more
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken
