"""Taken: where and when a photo was, as the camera wrote it into the file itself."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot, isfinite
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.gis.geos import Point
from PIL import ExifTags, Image

from gis_data.geometry import metres_a_degree

#: A camera whose clock runs ahead by no more is believed.
AHEAD = timedelta(minutes=10)
FORMATS = ("JPEG", "PNG", "WEBP")
#: What makes a tag unreadable is the file's affair; then the camera said nothing.
BROKEN = (
    ArithmeticError,
    AttributeError,
    Image.DecompressionBombError,
    KeyError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What a photo says of itself; nothing where the camera wrote nothing."""

    at: datetime | None = None
    metres_off: int | None = None  #: From the place of the case.

    def is_far(self) -> bool:
        """Tell whether it was taken farther off than the city takes for the place."""
        metres = settings.CITY.after_photo_metres
        return self.metres_off is not None and self.metres_off > metres

    def is_old(self, *, at: datetime) -> bool:
        """Tell whether it was taken longer ago than the city takes for recent.

        What is yet to come was taken by a clock that is wrong, and shows nothing.
        """
        oldest = at - timedelta(hours=settings.CITY.after_photo_hours)
        return self.at is not None and not oldest <= self.at <= at + AHEAD


def read_shot(file: Any, *, of: Point | None) -> Shot:
    """Read when a photo was taken, and how far from the place of the case."""
    tags = _read(file)
    spot = _spot(tags.get("gps", {}))
    return Shot(
        at=_moment(tags.get("exif", {})),
        metres_off=_metres(spot, of) if spot and of is not None else None,
    )


def _read(file: Any) -> dict[str, Mapping[int, Any]]:
    """Read the two parts of the header that tell time and place; no pixel is read."""
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as photo:
                exif = photo.getexif()
                return {
                    "exif": exif.get_ifd(ExifTags.IFD.Exif),
                    "gps": exif.get_ifd(ExifTags.IFD.GPSInfo),
                }
    except BROKEN:
        return {}
    finally:
        file.seek(0)


def _moment(exif: Mapping[int, Any]) -> datetime | None:
    """Read the moment of the shutter; without an offset it is by the city's clock."""
    said = exif.get(ExifTags.Base.DateTimeOriginal) or exif.get(
        ExifTags.Base.DateTimeDigitized
    )
    offset = exif.get(ExifTags.Base.OffsetTimeOriginal)
    try:
        plain = datetime.strptime(  # noqa: DTZ007
            str(said).strip("\0 "), "%Y:%m:%d %H:%M:%S"
        )
        if offset:
            zone = datetime.strptime(str(offset).strip("\0 "), "%z").tzinfo
            return plain.replace(tzinfo=zone)
    except ValueError:
        if not said or offset is None:
            return None
        return _moment({**exif, ExifTags.Base.OffsetTimeOriginal: None})
    return plain.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def _spot(gps: Mapping[int, Any]) -> Point | None:
    """Read the place, if it is one on Earth and not where a camera has no signal."""
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude])
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude])
        if str(gps.get(ExifTags.GPS.GPSLatitudeRef, "N")).startswith("S"):
            lat = -lat
        if str(gps.get(ExifTags.GPS.GPSLongitudeRef, "E")).startswith("W"):
            lon = -lon
    except BROKEN:
        return None
    if not (isfinite(lat) and isfinite(lon)) or abs(lat) > 85 or abs(lon) > 180:
        return None
    return None if lat == lon == 0 else Point(lon, lat, srid=4326)


def _degrees(said: Sequence[Any]) -> float:
    degrees, minutes, seconds = (float(part) for part in said)
    return degrees + minutes / 60 + seconds / 3600


def _metres(spot: Point, of: Point) -> int:
    east, north = metres_a_degree(of.y)
    metres = hypot((spot.x - of.x) * east, (spot.y - of.y) * north)
    return round(min(metres, 20_000_000))
