"""A map on paper: the same counts as lines and shapes, to be printed and filed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, radians, sqrt
from typing import Any

from incidents.exports import with_room
from incidents.models import ReportQuerySet

from .drawing import Kind, box_of
from .gathering import Gathered, WardCount, by_ward, squares_of
from .toning import Tone, tone_of, tones_of

#: A square is some two kilometres wide: on paper nobody comes closer.
SQUARE_ZOOM = 14
#: The longer side of the drawing; what it is on paper, the paper says.
SIDE = 1000.0
#: From nothing to most, on white.
INKS = ("#fbfaf5", "#d5e8ea", "#9ccbd0", "#5ba4ad", "#23747f", "#0b4f5c")
SMALLEST, LARGEST = 7.0, 26.0
#: What is drawn on paper.
KINDS = (Kind.WARDS, Kind.CLUSTERS, Kind.HOT_SPOTS)


@dataclass(frozen=True, slots=True)
class Area:
    """A ward as a path, in the ink of how many it has."""

    path: str
    ink: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A name or a number, where it stands; with a disc under it, of that radius."""

    x: float
    y: float
    words: str
    count: int
    radius: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A map as lines and shapes, from the corner at the north-west on."""

    gathered: Gathered
    areas: tuple[Area, ...]
    names: tuple[Mark, ...]
    discs: tuple[Mark, ...]
    tones: tuple[tuple[Tone, str], ...]
    wide: float
    high: float
    zoom: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """How degrees become dots of the drawing."""

    west: float
    north: float
    across: float
    scale: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        x = (lon - self.west) * self.across * self.scale
        return round(x, 1), round((self.north - lat) * self.scale, 1)


def drawing_of(reports: ReportQuerySet, kind: Kind, *, on: date) -> Drawing:
    """Draw these reports for paper, in three statements at most."""
    gathered = by_ward(reports, on=on)
    squares = squares_of(reports, zoom=SQUARE_ZOOM) if kind is Kind.CLUSTERS else None
    spots = squares.spots if squares else ()
    there = [ward for ward in gathered.wards if ward.received] or gathered.wards
    places = [(spot.lat, spot.lon) for spot in spots]
    places = places or [ward.middle for ward in there]
    if not places:
        return _nothing(gathered)
    frame, wide, high = _framed(places)
    tones = tones_of([ward.density for ward in gathered.wards if ward.received])
    is_toned = kind is Kind.WARDS
    most = max((spot.count for spot in spots), default=1)
    discs = tuple(
        Mark(
            *frame.at(spot.lon, spot.lat),
            "",
            spot.count,
            SMALLEST + (LARGEST - SMALLEST) * sqrt(spot.count / most),
        )
        # Small ones last, or they would lie under large ones.
        for spot in spots
    )
    return Drawing(
        gathered=gathered,
        areas=tuple(
            Area(
                _path(ward.shape, frame),
                INKS[tone_of(ward.density, tones) if is_toned else 0],
            )
            for ward in gathered.wards
        ),
        names=tuple(_names(there, frame, wide=wide, high=high)),
        discs=discs,
        tones=tuple((tone, INKS[tone.number]) for tone in tones) if is_toned else (),
        wide=wide,
        high=high,
        zoom=squares.zoom if squares else None,
    )


def _nothing(gathered: Gathered) -> Drawing:
    return Drawing(
        gathered=gathered,
        areas=(),
        names=(),
        discs=(),
        tones=(),
        wide=SIDE,
        high=SIDE / 2,
        zoom=None,
    )


def _framed(places: Sequence[tuple[float, float]]) -> tuple[_Frame, float, float]:
    (south, west), (north, east) = box_of(
        places, trimmed=0.01 if len(places) > 100 else 0
    )
    across = cos(radians((south + north) / 2))
    wide, high = (east - west) * across, north - south
    # A sheet lies on its side; what is narrow gets ground beside it, not a tall page.
    if wide < high * 1.6:
        more = (high * 1.6 - wide) / 2
        west, wide = west - more / across, high * 1.6
    scale = SIDE / max(wide, high)
    frame = _Frame(west=west, north=north, across=across, scale=scale)
    return frame, round(wide * scale, 1), round(high * scale, 1)


def _names(
    wards: Iterable[WardCount], frame: _Frame, *, wide: float, high: float
) -> Iterable[Mark]:
    first = sorted(wards, key=lambda ward: (-ward.received, ward.code))
    wanted = [(*ward.middle, ward.name, ward.received) for ward in first]
    for lat, lon, name, count in with_room(
        wanted, span=max(wide, high) / frame.scale / 2
    ):
        x, y = frame.at(lon, lat)
        if 0 <= x <= wide and 0 <= y <= high:
            yield Mark(x, y, name, count)


def _path(shape: Any, frame: _Frame) -> str:
    rings = (ring for polygon in shape["coordinates"] for ring in polygon)
    return " ".join(
        "M"
        + "L".join(f"{x} {y}" for x, y in (frame.at(*point[:2]) for point in ring))
        + "Z"
        for ring in rings
    )
