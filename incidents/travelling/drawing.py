"""Drawing a map that travels with folium: heat, clusters, turn by turn, by ward.

Another kind is a function here and its name in `Kind`; what it counts is read in
`gathering`, and `DRAWN` leads from one to the other. Hot spots are drawn in `hot`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import folium
from folium.plugins import FastMarkerCluster, HeatMap

from incidents.exports import (
    BLUR,
    MARGIN,
    RADIUS,
    Drawn,
    Labels,
    Manners,
    ReadBack,
    Warmth,
    parts_of,
    with_room,
)
from incidents.models import ReportQuerySet

from .elements import MANY_TOGETHER, ONE, Lapse, Told
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

#: Squares of a heat map are some 300 metres wide, those of a time-lapse 600.
HEAT_ZOOM, LAPSE_ZOOM, CLUSTER_ZOOM = 17, 16, 20
#: No map that travels is looked at more closely.
CLOSEST = 18


class Kind(StrEnum):
    """The kinds of map that travel."""

    HEAT = "heat"
    CLUSTERS = "clusters"
    LAPSE = "lapse"
    WARDS = "wards"
    HOT_SPOTS = "hot-spots"


#: Those that strangers may take: drawn from reports. Hot spots are of incidents.
PUBLIC = (Kind.HEAT, Kind.CLUSTERS, Kind.LAPSE, Kind.WARDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """A map with all that its page tells beside it."""

    kind: Kind
    gathered: Gathered
    drawn: Drawn
    zoom: int | None = None  #: Of the squares that were counted, where there are any.
    tones: tuple[Tone, ...] = ()
    turns: tuple[Turn, ...] = ()
    step: Step | None = None


def map_of(
    reports: ReportQuerySet,
    kind: Kind,
    *,
    on: date,
    files: Mapping[str, str],
    words: Mapping[str, str],
) -> Map:
    """Gather what these reports come to, and draw it, in four statements at most.

    `reports` are what the reader may see. Nothing finer than the cells that strangers
    see goes into it, and no word of a report's.
    """
    gathered = by_ward(reports, on=on)
    drawn = folium.Map(
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        zoom_snap=0.5,
    )
    # folium gives it to layers of pictures alone, and ours has none.
    drawn.options["max_zoom"] = CLOSEST
    ReadBack().add_to(drawn)  # type: ignore[no-untyped-call]
    made = DRAWN[kind](drawn, reports, gathered, words)
    Manners(words).add_to(drawn)
    return Map(kind=kind, gathered=gathered, drawn=parts_of(drawn, files), **made)


def _heat(
    drawn: folium.Map,
    reports: ReportQuerySet,
    gathered: Gathered,
    words: Mapping[str, str],
) -> dict[str, Any]:
    squares = squares_of(reports, zoom=HEAT_ZOOM)
    _ground(drawn, gathered.wards)
    heat = _warm(drawn, squares.spots)
    _fit(drawn, squares.spots, gathered.wards)
    Warmth(heat, words=words).add_to(drawn)
    _name(drawn, gathered.wards)
    return {"zoom": squares.zoom}


def _clusters(
    drawn: folium.Map,
    reports: ReportQuerySet,
    gathered: Gathered,
    words: Mapping[str, str],
) -> dict[str, Any]:
    squares = squares_of(reports, zoom=CLUSTER_ZOOM)
    _ground(drawn, gathered.wards)
    FastMarkerCluster(  # type: ignore[no-untyped-call]
        [spot.row for spot in squares.spots],
        callback=ONE,
        icon_create_function=MANY_TOGETHER,
        show_coverage_on_hover=False,
        animate=False,
        max_cluster_radius=56,
    ).add_to(drawn)
    _fit(drawn, squares.spots, gathered.wards)
    return {"zoom": squares.zoom}


def _lapse(
    drawn: folium.Map,
    reports: ReportQuerySet,
    gathered: Gathered,
    words: Mapping[str, str],
) -> dict[str, Any]:
    step = step_for(gathered.first, gathered.last)
    zoom, turns = turns_of(reports, step=step, zoom=LAPSE_ZOOM)
    turns = tuple(without_gaps(turns, step))
    _ground(drawn, gathered.wards)
    heat = _warm(drawn, turns[-1].spots if turns else ())
    _fit(drawn, [spot for turn in turns for spot in turn.spots], gathered.wards)
    sets = [[spot.row for spot in turn.spots] for turn in turns]
    Warmth(heat, words=words, sets=sets or None).add_to(drawn)
    Lapse(heat, turns, step=step, words=words).add_to(drawn)
    return {"zoom": zoom, "turns": turns, "step": step}


def _wards(
    drawn: folium.Map,
    reports: ReportQuerySet,
    gathered: Gathered,
    words: Mapping[str, str],
) -> dict[str, Any]:
    tones = tones_of([ward.density for ward in gathered.wards if ward.received])
    shapes = folium.GeoJson(
        _features(gathered.wards, tones=tones), style_function=_tinted
    )
    shapes.add_to(drawn)
    Told(shapes, words=words).add_to(drawn)
    there = [ward for ward in gathered.wards if ward.received] or gathered.wards
    middles = [Spot(*ward.middle, ward.received) for ward in there]
    _fit(drawn, middles, gathered.wards)
    _name(drawn, gathered.wards)
    return {"tones": tones}


DRAWN: dict[
    Kind,
    Callable[[folium.Map, ReportQuerySet, Gathered, Mapping[str, str]], dict[str, Any]],
] = {
    Kind.HEAT: _heat,
    Kind.CLUSTERS: _clusters,
    Kind.LAPSE: _lapse,
    Kind.WARDS: _wards,
}


def _features(wards: Sequence[WardCount], *, tones: Sequence[Tone]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "name": ward.name,
                    "received": ward.received,
                    "open": ward.open,
                    "density": round(ward.density, 2),
                    "tone": tone_of(ward.density, tones),
                },
                "geometry": ward.shape,
            }
            for ward in wards
        ],
    }


def _tinted(feature: Mapping[str, Any]) -> dict[str, Any]:
    tone = feature["properties"]["tone"]
    return {"className": f"ward tone-{tone}", "fillOpacity": 1, "weight": 1}


def _ground(drawn: folium.Map, wards: Sequence[WardCount]) -> None:
    plain = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": ward.shape}
            for ward in wards
        ],
    }
    folium.GeoJson(plain, class_name="ground", interactive=False).add_to(drawn)


def _warm(drawn: folium.Map, spots: Sequence[Spot]) -> HeatMap:
    heat = HeatMap(  # type: ignore[no-untyped-call]
        [spot.row for spot in spots],
        radius=RADIUS,
        blur=BLUR,
        # One report weighs the same at every zoom; what many are, `Warmth` says.
        max_zoom=1,
    )
    heat.add_to(drawn)
    return heat


def _name(drawn: folium.Map, wards: Sequence[WardCount]) -> None:
    """Name the wards with most, where there is room."""
    if not any(ward.received for ward in wards):
        return
    (south, west), (north, east) = box_of([ward.middle for ward in wards])
    first = sorted(wards, key=lambda ward: (-ward.received, ward.code))
    wanted = [(*ward.middle, ward.name, ward.received) for ward in first]
    shown = with_room(
        (each for each in wanted if each[3]), span=max(east - west, north - south) / 2
    )
    Labels(list(shown)).add_to(drawn)


def _fit(drawn: folium.Map, spots: Sequence[Spot], wards: Sequence[WardCount]) -> None:
    """Show where most lies: one stray report far out moves nothing."""
    places = [(spot.lat, spot.lon) for spot in spots]
    places = places or [ward.middle for ward in wards]
    if not places:
        return
    corners = box_of(places, trimmed=0.01 if len(places) > 100 else 0)
    drawn.fit_bounds([list(each) for each in corners], padding=(8, 8))


def box_of(
    places: Sequence[tuple[float, float]], *, trimmed: float = 0
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the corners about these places, without the share of stray ones."""
    off = int(len(places) * trimmed)
    up = sorted(lat for lat, _lon in places)
    across = sorted(lon for _lat, lon in places)
    return (
        (up[off] - MARGIN, across[off] - MARGIN),
        (up[-1 - off] + MARGIN, across[-1 - off] + MARGIN),
    )


def without_gaps(turns: Sequence[Turn], step: Step) -> list[Turn]:
    """Put in the turns in which nothing came: time does not jump over them."""
    if not turns:
        return []
    there = {turn.first: turn for turn in turns}
    on, filled = turns[0].first, []
    while on <= turns[-1].first:
        filled.append(there.get(on, Turn(first=on, spots=())))
        on = after(on, step)
    return filled


def after(on: date, step: Step) -> date:
    """Return the first day of the next turn."""
    if step is Step.MONTH:
        return (on.replace(day=28) + timedelta(days=4)).replace(day=1)
    return on + timedelta(days=7 if step is Step.WEEK else 1)
