"""Hot spots as a map that travels: hexagons and numbered outlines, and no report.

A hexagon is twice as wide at least as the cells that strangers see; its corners are
laid out from the zone's middle and not from anything that was reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import folium
import numpy as np
import shapely
from django.contrib.gis.geos import Polygon
from numpy.typing import NDArray

from gis_data.hexagons import Grid
from incidents.exports import Drawn, Manners, ReadBack, ground_about, parts_of
from incidents.hotspots import HotSpots, Spot

from .drawing import CLOSEST
from .elements import Numbered
from .gathering import DECIMALS


def hot_map(
    found: HotSpots,
    *,
    shades: Sequence[NDArray[np.int64]],
    near: shapely.Geometry,
    ground: Mapping[str, Any],
    files: Mapping[str, str],
    words: Mapping[str, str],
) -> Drawn:
    """Draw a zone's hexagons in their shades, and each hot spot with its number.

    `shades` are the hexagons of each shade, from those with nothing on; `near` is what
    is shown first, in metres.
    """
    grid = found.zone.grid
    drawn = folium.Map(
        tiles=None, zoom_control=False, attribution_control=False, zoom_snap=0.5
    )
    # folium gives it to layers of pictures alone, and ours has none.
    drawn.options["max_zoom"] = CLOSEST
    ReadBack().add_to(drawn)  # type: ignore[no-untyped-call]
    folium.GeoJson(dict(ground), class_name="ground", interactive=False).add_to(drawn)
    for turn, cells in enumerate(shades):
        if len(cells):
            _put(drawn, _polygons(grid, cells), grid, f"hot-shade hot-shade-{turn}")
    outlines = [_outline(grid, spot) for spot in found.spots]
    for style in ("hot-halo", "hot-line"):
        for outline in outlines:
            _put(drawn, outline, grid, style)
    numbers = []
    for number, spot in enumerate(found.spots, start=1):
        end = grid.middles(np.array(spot.cells)).max(axis=0)
        lon, lat = grid.degrees(np.array([end]))[0].round(DECIMALS)
        numbers.append((float(lat), float(lon), number))
    Numbered(numbers).add_to(drawn)
    box = np.array(shapely.bounds(near)).reshape(2, 2)
    corners = grid.degrees(box).round(DECIMALS)
    drawn.fit_bounds([[lat, lon] for lon, lat in corners.tolist()], padding=(8, 8))
    Manners(words).add_to(drawn)
    return parts_of(drawn, files)


def read_ground(found: HotSpots, *, on: date) -> dict[str, Any]:
    """Read the wards about a zone, in one statement."""
    boxes = np.array([shape.extent for shape in found.zone.shapes])
    box = Polygon.from_bbox((*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)))
    box.srid = 4326
    return ground_about(box, on=on)


def _polygons(grid: Grid, cells: NDArray[np.int64]) -> shapely.Geometry:
    return shapely.MultiPolygon([shapely.Polygon(six) for six in grid.outlines(cells)])


def _outline(grid: Grid, spot: Spot) -> shapely.Geometry:
    hexagons = shapely.polygons(grid.outlines(np.array(spot.cells)))
    # Corners of neighbours differ in the last digit: a hand's breadth closes the gap.
    whole = shapely.union_all(shapely.buffer(hexagons, 0.1, join_style="mitre"))
    return shapely.boundary(whole)


def _put(drawn: folium.Map, shape: shapely.Geometry, grid: Grid, style: str) -> None:
    """Put one shape, in metres, on the map."""
    said = shapely.to_geojson(
        shapely.transform(shape, lambda at: grid.degrees(at).round(DECIMALS))
    )
    folium.GeoJson(
        {"type": "Feature", "properties": {}, "geometry": json.loads(said)},
        class_name=style,
        interactive=False,
    ).add_to(drawn)
