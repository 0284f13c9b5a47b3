"""A map on paper: the same counts as lines and shapes, to be printed and filed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import cos, radians, sqrt
from typing import Any

from django.utils.formats import date_format

from incidents.exports import with_room
from incidents.models import ReportQuerySet

from .drawing import Kind, after, box_of, without_gaps
from .elements import said_of
from .gathering import (
    Gathered,
    Spot,
    Step,
    Turn,
    WardCount,
    by_ward,
    squares_of,
    step_for,
    turns_of,
)
from .toning import Tone, tone_of, tones_of

#: A square of numbers is some two kilometres wide: on paper nobody comes closer. Those
#: of heat are 600 metres wide, and 1,200 where the turns of time stand side by side.
SQUARE_ZOOM, HEAT_ZOOM, TURN_ZOOM = 14, 16, 15
#: So many turns of time stand side by side; where there are more, some become one.
TURNS_AT_MOST, ACROSS, GAP, TITLE = 12, 4, 14.0, 26.0
#: The longer side of the drawing; what it is on paper, the paper says.
SIDE = 1000.0
#: From nothing to most, on white.
INKS = ("#fbfaf5", "#d5e8ea", "#9ccbd0", "#5ba4ad", "#23747f", "#0b4f5c")
#: The same as `heat.css` has them by day.
HEATS = ("#fde3a2", "#fdb863", "#f2803b", "#c93f28", "#7a0f22")
SMALLEST, LARGEST = 7.0, 26.0
#: How wide a letter of a name is, on the whole.
LETTER = 6.6


@dataclass(frozen=True, slots=True)
class Area:
    """A ward as a path, in the ink of how many it has."""

    path: str
    ink: str


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the ground in the ink of how many lie in it."""

    x: float
    y: float
    wide: float
    high: float
    ink: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One turn of time beside the others: the same ground, smaller."""

    words: str
    count: int
    squares: tuple[Square, ...]
    x: float
    y: float


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
    squares: tuple[Square, ...] = ()
    panels: tuple[Panel, ...] = ()
    panel_wide: float = 0.0
    panel_high: float = 0.0
    panels_high: float = 0.0


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


def drawing_of(
    reports: ReportQuerySet, kind: Kind, *, on: date, words: Mapping[str, str]
) -> Drawing:
    """Draw these reports for paper, in four statements at most."""
    gathered = by_ward(reports, on=on)
    if kind is Kind.LAPSE:
        return _lapse(reports, gathered, words)
    zoom = {Kind.CLUSTERS: SQUARE_ZOOM, Kind.HEAT: HEAT_ZOOM}.get(kind)
    found = squares_of(reports, zoom=zoom) if zoom else None
    spots = found.spots if found else ()
    frame, drawing = _ground(gathered, spots)
    if frame is None:
        return drawing
    if found is None:
        return replace(drawing, **_toned(gathered, frame))
    drawing = replace(drawing, zoom=found.zoom)
    if kind is Kind.CLUSTERS:
        discs = _discs(spots, frame)
        return replace(drawing, discs=discs, names=tuple(_beside(drawing, discs)))
    tones = tones_of([spot.count for spot in spots])
    squares = tuple(_square(spot, frame, found.zoom, tones) for spot in spots)
    return replace(drawing, squares=squares, tones=_keys(tones))


def _lapse(
    reports: ReportQuerySet, gathered: Gathered, words: Mapping[str, str]
) -> Drawing:
    """Draw the turns of time side by side, where a screen shows one after the other."""
    step = step_for(gathered.first, gathered.last)
    zoom, turns = turns_of(reports, step=step, zoom=TURN_ZOOM)
    together = _together(without_gaps(turns, step))
    spots = [spot for _turns, held in together for spot in held]
    frame, drawing = _ground(gathered, spots)
    if frame is None or not together:
        return drawing
    tones = tones_of([spot.count for spot in spots])
    scale = (SIDE - GAP * (ACROSS - 1)) / ACROSS / drawing.wide
    step_down = drawing.high * scale + TITLE + GAP
    panels = tuple(
        Panel(
            words=_said(turns, step, words),
            count=sum(spot.count for spot in held),
            squares=tuple(_square(spot, frame, zoom, tones) for spot in held),
            x=round(turn % ACROSS * (drawing.wide * scale + GAP), 1),
            y=round(turn // ACROSS * step_down + TITLE, 1),
        )
        for turn, (turns, held) in enumerate(together)
    )
    rows = -(-len(panels) // ACROSS)
    return replace(
        drawing,
        panels=panels,
        panel_wide=round(drawing.wide * scale, 1),
        panel_high=round(drawing.high * scale, 1),
        panels_high=round(rows * step_down, 1),
        tones=_keys(tones),
        zoom=zoom,
    )


def _together(turns: Sequence[Turn]) -> list[tuple[list[Turn], list[Spot]]]:
    """Make one of as many turns as it takes for all to stand on a sheet."""
    each = -(-len(turns) // TURNS_AT_MOST) or 1
    groups = []
    for first in range(0, len(turns), each):
        held = list(turns[first : first + each])
        counts: Counter[tuple[float, float]] = Counter()
        for spot in (spot for turn in held for spot in turn.spots):
            counts[spot.lat, spot.lon] += spot.count
        spots = [Spot(lat, lon, count) for (lat, lon), count in counts.items()]
        groups.append((held, spots))
    return groups


def _said(turns: Sequence[Turn], step: Step, words: Mapping[str, str]) -> str:
    first = said_of(turns[0].first, step, words=words)
    if len(turns) == 1:
        return first
    last = after(turns[-1].first, step) - timedelta(days=1)
    return words["week"].format(first=_day(turns[0].first), last=_day(last))


def _day(on: date) -> str:
    return date_format(on, "d/m/Y")


def _ground(gathered: Gathered, spots: Sequence[Spot]) -> tuple[_Frame | None, Drawing]:
    """Draw the wards about what is counted, with their names."""
    there = [ward for ward in gathered.wards if ward.received] or gathered.wards
    places = [(spot.lat, spot.lon) for spot in spots]
    places = places or [ward.middle for ward in there]
    if not places:
        return None, _nothing(gathered)
    frame, wide, high = _framed(places)
    areas = tuple(Area(_path(ward.shape, frame), INKS[0]) for ward in gathered.wards)
    return frame, replace(
        _nothing(gathered),
        areas=areas,
        names=tuple(_names(there, frame, wide=wide, high=high)),
        wide=wide,
        high=high,
    )


def _toned(gathered: Gathered, frame: _Frame) -> dict[str, Any]:
    tones = tones_of([ward.density for ward in gathered.wards if ward.received])
    return {
        "areas": tuple(
            Area(_path(ward.shape, frame), INKS[tone_of(ward.density, tones)])
            for ward in gathered.wards
        ),
        "tones": tuple((tone, INKS[tone.number]) for tone in tones),
    }


def _discs(spots: Sequence[Spot], frame: _Frame) -> tuple[Mark, ...]:
    most = max((spot.count for spot in spots), default=1)
    return tuple(
        Mark(
            *frame.at(spot.lon, spot.lat),
            "",
            spot.count,
            SMALLEST + (LARGEST - SMALLEST) * sqrt(spot.count / most),
        )
        # Small ones last, or they would lie under large ones.
        for spot in spots
    )


def _beside(drawing: Drawing, discs: Sequence[Mark]) -> Iterable[Mark]:
    """Move names to where they hide no number, or leave them out."""
    for name in drawing.names:
        half = len(name.words) * LETTER / 2
        for down in (0, -20, 20, -34, 34):
            y = name.y + down
            if not any(
                abs(disc.x - name.x) < half + disc.radius
                and abs(disc.y - y + LETTER) < disc.radius + LETTER
                for disc in discs
            ):
                yield replace(name, y=round(y, 1), count=0)
                break


def _square(spot: Spot, frame: _Frame, zoom: int, tones: Sequence[Tone]) -> Square:
    across = 360 / (1 << zoom)
    up = across * cos(radians(spot.lat))
    x, y = frame.at(spot.lon - across / 2, spot.lat + up / 2)
    wide = round(across * frame.across * frame.scale, 1)
    high = round(up * frame.scale, 1)
    return Square(x, y, wide, high, HEATS[tone_of(spot.count, tones) - 1])


def _keys(tones: Sequence[Tone]) -> tuple[tuple[Tone, str], ...]:
    """Tell what each ink stands for: counts are whole, so each begins one further."""
    return tuple(
        (replace(tone, least=tone.least + 1), HEATS[tone.number - 1]) for tone in tones
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
