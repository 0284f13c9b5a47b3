"""The MapLibre style document: wards, their names, reports one by one and in clusters.

Colours are the page's own tokens; the map element fills them in, so that day and night
have one style, and the map never differs from the page around it.
"""

from __future__ import annotations

from typing import Any

FONT = ["Be Vietnam Pro"]
BOLD = ["Be Vietnam Pro SemiBold"]
#: A square of zoom 20 is 32 dots wide on a map at zoom 16; half its diagonal reaches
#: every place in it; no latitude changes that.
ROUNDED_AT_16 = 22.6
NOTHING: dict[str, Any] = {"type": "FeatureCollection", "features": []}


def style_document(*, tiles: str, labels: str) -> dict[str, Any]:
    """Return the style; `tiles` and `labels` are full addresses on this site."""
    return {
        "version": 8,
        "sources": {
            "wards": {
                "type": "vector",
                "tiles": [f"{tiles}/areas/ward/{{z}}/{{x}}/{{y}}.mvt"],
                "minzoom": 6,
                "maxzoom": 14,
            },
            "city": {
                "type": "vector",
                "tiles": [f"{tiles}/areas/city/{{z}}/{{x}}/{{y}}.mvt"],
                "minzoom": 6,
                "maxzoom": 12,
            },
            "names": {"type": "geojson", "data": labels},
            "reports": {
                "type": "vector",
                "tiles": [f"{tiles}/reports/{{z}}/{{x}}/{{y}}.mvt"],
                "minzoom": 5,
                "maxzoom": 17,
            },
            "chosen": {"type": "geojson", "data": NOTHING},
            "pointed": {"type": "geojson", "data": NOTHING},
            "stacked": {"type": "geojson", "data": NOTHING},
            "me": {"type": "geojson", "data": NOTHING},
        },
        "layers": [*_ground(), *_names(), *_reports()],
    }


def pin_style_document(*, tiles: str, labels: str) -> dict[str, Any]:
    """Return the style to choose a place on: the same city, without reports."""
    whole = style_document(tiles=tiles, labels=labels)
    sources = {name: whole["sources"][name] for name in ("wards", "city", "names")}
    return whole | {"sources": sources, "layers": [*_ground(), *_names()]}


def _ground() -> list[dict[str, Any]]:
    return [
        {
            "id": "water",
            "type": "background",
            "paint": {"background-color": "var(--water)"},
        },
        {
            "id": "land",
            "type": "fill",
            "source": "wards",
            "source-layer": "areas",
            "paint": {"fill-color": "var(--land)", "fill-antialias": False},
        },
        {
            "id": "ward-borders",
            "type": "line",
            "source": "wards",
            "source-layer": "areas",
            "layout": {"line-join": "round"},
            "paint": {
                "line-color": "var(--border-ward)",
                "line-width": _by_zoom((8, 0.5), (12, 1.2), (16, 2.5)),
                "line-opacity": _by_zoom((7, 0.4), (10, 1)),
            },
        },
        {
            "id": "city-outline",
            "type": "line",
            "source": "city",
            "source-layer": "areas",
            "layout": {"line-join": "round"},
            "paint": {
                "line-color": "var(--border-city)",
                "line-width": _by_zoom((7, 1.4), (12, 2.5), (16, 4)),
            },
        },
    ]


def _names() -> list[dict[str, Any]]:
    return [
        {
            "id": "ward-names",
            "type": "symbol",
            "source": "names",
            "minzoom": 9,
            "layout": {
                "text-field": ["get", "name"],
                "text-font": FONT,
                "text-size": _by_zoom((9, 10), (12, 12.5), (15, 16)),
                "text-max-width": 7,
                "text-padding": 3,
                "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
                "text-radial-offset": 0.9,
                "text-justify": "auto",
            },
            "paint": {
                "text-color": "var(--label)",
                "text-halo-color": "var(--halo)",
                "text-halo-width": 1.4,
            },
        }
    ]


def _reports() -> list[dict[str, Any]]:
    """Put counts and pins last: they stand where they are, and names make way."""
    count = ["get", "count"]
    return [
        {
            "id": "chosen",
            "type": "circle",
            "source": "chosen",
            "paint": {
                "circle-radius": 20,
                "circle-color": "var(--call)",
                "circle-opacity": 0.25,
                "circle-stroke-color": "var(--call)",
                "circle-stroke-width": 2.5,
            },
        },
        {
            # Where a report is, is known to the square it was rounded to.
            "id": "about",
            "type": "circle",
            "source": "reports",
            "source-layer": "reports",
            "minzoom": 16,
            "paint": {
                "circle-color": "var(--in-progress)",
                "circle-opacity": 0.1,
                "circle-stroke-color": "var(--in-progress)",
                "circle-stroke-width": 1,
                "circle-stroke-opacity": 0.45,
                "circle-radius": [
                    "interpolate",
                    ["exponential", 2],
                    ["zoom"],
                    *(16, ROUNDED_AT_16, 20, ROUNDED_AT_16 * 16),
                ],
            },
        },
        {
            "id": "clusters",
            "type": "circle",
            "source": "reports",
            "source-layer": "clusters",
            "paint": {
                "circle-color": "var(--brand)",
                "circle-opacity": 1,
                "circle-radius": ["step", count, 12, 10, 14, 50, 17, 200, 20, 1000, 24],
                "circle-stroke-color": "var(--surface)",
                "circle-stroke-width": 2,
            },
        },
        {
            "id": "cluster-counts",
            "type": "symbol",
            "source": "reports",
            "source-layer": "clusters",
            "layout": {
                "text-field": ["to-string", count],
                "text-font": BOLD,
                "text-size": 12,
                "text-allow-overlap": True,
                "text-padding": 9,
            },
            "paint": {"text-color": "var(--on-brand)"},
        },
        {
            "id": "reports",
            "type": "symbol",
            "source": "reports",
            "source-layer": "reports",
            "layout": {
                "icon-image": ["get", "status_group"],
                "icon-size": _by_zoom((8, 0.65), (13, 0.9), (17, 1.15)),
                "icon-allow-overlap": True,
            },
        },
        {
            "id": "stacked",
            "type": "symbol",
            "source": "stacked",
            "layout": {
                "text-field": ["to-string", count],
                "text-font": BOLD,
                "text-size": 12,
                "text-anchor": "bottom-left",
                "text-offset": [0.6, -0.5],
                "text-allow-overlap": True,
            },
            "paint": {
                "text-color": "var(--ink)",
                "text-halo-color": "var(--halo)",
                "text-halo-width": 2,
            },
        },
        {
            "id": "me",
            "type": "circle",
            "source": "me",
            "paint": {
                "circle-radius": 7,
                "circle-color": "var(--in-progress)",
                "circle-stroke-color": "var(--surface)",
                "circle-stroke-width": 3,
            },
        },
        {
            "id": "pointed",
            "type": "circle",
            "source": "pointed",
            "paint": {
                "circle-radius": 16,
                "circle-color": "var(--focus)",
                "circle-opacity": 0.25,
                "circle-stroke-color": "var(--ink)",
                "circle-stroke-width": 2.5,
            },
        },
    ]


def _by_zoom(*stops: tuple[float, float]) -> list[Any]:
    flat = [each for stop in stops for each in stop]
    return ["interpolate", ["linear"], ["zoom"], *flat]
