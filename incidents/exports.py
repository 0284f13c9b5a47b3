"""Exported: the reports a person may see, drawn by folium as a map of its own.

What leaves is gathered by squares of the world's grid: a count to each, never the point
of a report. Scripts and styles are files of this site, so that nobody else is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import folium
from branca.element import Figure, MacroElement
from django.contrib.gis.db.models.functions import AsGeoJSON, Transform
from django.contrib.gis.geos import Polygon
from folium.elements import JSCSSMixin
from folium.plugins import HeatMap
from folium.template import Template

from gis_data.models import BoundaryDrawing, Place

from .density import MANY, SQUARE_ZOOM, Density, Square

#: What folium asks other sites for by default and these maps do without.
UNUSED = frozenset(
    {
        "jquery",
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "markerclusterdefaultcss",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)
#: A label takes so much of the map's longer side, across and up.
LABEL_WIDE, LABEL_HIGH = 0.44, 0.08
LABELS_AT_MOST = 8
#: How far a report warms its surroundings, in dots of the screen.
RADIUS, BLUR = 26, 20
#: How much ground is shown around what is counted, in degrees.
MARGIN = 0.012


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A map that folium drew, in the parts that a page is put together from."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    body: str
    script: str


def heat_map(
    shown: Density,
    *,
    on: date,
    files: Mapping[str, str],
    words: Mapping[str, str],
    names: Mapping[int, Place],
) -> Drawn:
    """Draw where reports lie thick, on the wards of that day, in one statement.

    `files` are our own addresses for what folium would fetch elsewhere.
    """
    west, south, east, north = _extent(shown.squares)
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326
    drawn = folium.Map(
        tiles=None,
        zoom_control=False,
        attribution_control=False,
        scroll_wheel_zoom=False,
        zoom_snap=0.5,
    )
    # folium gives it to layers of pictures alone, and ours has none.
    drawn.options["max_zoom"] = SQUARE_ZOOM
    folium.GeoJson(
        ground_about(box, on=on), class_name="ground", interactive=False
    ).add_to(drawn)
    ReadBack().add_to(drawn)  # type: ignore[no-untyped-call]
    heat = HeatMap(  # type: ignore[no-untyped-call]
        [
            (middle.y, middle.x, square.count)
            for square in shown.squares
            for middle in [square.middle]
        ],
        radius=RADIUS,
        blur=BLUR,
        # One report weighs the same at every zoom; what many are, `Manners` says.
        max_zoom=1,
    )
    heat.add_to(drawn)
    span = max(east - west, north - south)
    Labels(list(_labels(shown, names, span=span))).add_to(drawn)
    drawn.fit_bounds([[south, west], [north, east]], padding=(4, 4))
    Manners(words).add_to(drawn)
    Warmth(heat, words=words).add_to(drawn)
    return parts_of(drawn, files)


class ReadBack(MacroElement):
    """Canvases that are read as often as drawn: heat is coloured dot by dot."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {
            const make = L.DomUtil.create;
            L.DomUtil.create = (name, ...more) => {
                const made = make(name, ...more);
                const often = {willReadFrequently: true};
                if (name === "canvas") made.getContext("2d", often);
                return made;
            };
        }
        {% endmacro %}
        """
    )


class Labels(MacroElement):
    """What wards are called and how many lie there, as text and never as markup."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        for (const [lat, lon, name, count] of {{ this.rows|tojson }}) {
            const label = document.createElement("span");
            const number = document.createElement("b");
            number.textContent = count;
            label.append(`${name} `, number);
            L.marker([lat, lon], {
                icon: L.divIcon({
                    html: label, className: "ward-name", iconSize: [0, 0]
                }),
                interactive: false, keyboard: false
            }).addTo({{ this._parent.get_name() }});
        }
        {% endmacro %}
        """
    )

    def __init__(self, rows: Sequence[tuple[float, float, str, int]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Labels"
        self.rows = rows


class Manners(MacroElement):
    """Buttons in the reader's language, a scale, and a name for who cannot see."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {
            const map = {{ this._parent.get_name() }};
            const words = {{ this.words|tojson }};
            L.control.zoom({
                zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out
            }).addTo(map);
            L.control.scale({imperial: false}).addTo(map);
            map.getContainer().setAttribute("role", "application");
            map.getContainer().setAttribute("aria-label", words.title);
            if (L.Browser.mobile) map.dragging.disable();
        }
        {% endmacro %}
        """
    )

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Manners"
        self.words = dict(words)


class Warmth(MacroElement):
    """Colours of the page, scaled to what is there; of several maps, to all of them.

    From afar more reports fall on one spot of the map than close by, so at each zoom
    the darkest colour stands for the fullest spot, and the legend says how many.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {
            const map = {{ this._parent.get_name() }};
            const many = {{ this.words.many|tojson }};
            const sets = {{ this.sets|tojson }};
            const together = (points) => {
                const sums = new Map();
                for (const [lat, lon, count] of points) {
                    const at = map.project([lat, lon]);
                    const {x, y} = at.divideBy({{ this.reach }}).floor();
                    const spot = `${x} ${y}`;
                    sums.set(spot, (sums.get(spot) ?? 0) + count);
                }
                return Math.max({{ this.many }}, ...sums.values());
            };
            const tint = () => {
                const page = getComputedStyle(document.documentElement);
                const colour = (turn) =>
                    page.getPropertyValue(`--heat-${turn}`).trim();
                const most = Math.max(...sets.map(together));
                {{ this.heat }}.setOptions({
                    max: most,
                    minOpacity: Math.min(0.42, Math.max(0.14, 2 / most)),
                    gradient: {
                        0.15: colour(1), 0.35: colour(2), 0.55: colour(3),
                        0.75: colour(4), 1: colour(5)
                    }
                });
                document.getElementById("many").textContent =
                    many.replace("{n}", most);
            };
            tint();
            map.on("zoomend", tint);
            matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tint);
        }
        {% endmacro %}
        """
    )

    def __init__(
        self,
        heat: HeatMap,
        *,
        words: Mapping[str, str],
        sets: Sequence[Sequence[Sequence[float]]] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Warmth"
        self.heat, self.words = heat.get_name(), dict(words)
        self.sets = [heat.data] if sets is None else sets
        self.many, self.reach = MANY, RADIUS + BLUR


def _extent(squares: Sequence[Square]) -> tuple[float, float, float, float]:
    middles = [square.middle for square in squares]
    across, up = [each.x for each in middles], [each.y for each in middles]
    return (
        min(across) - MARGIN,
        min(up) - MARGIN,
        max(across) + MARGIN,
        max(up) + MARGIN,
    )


def ground_about(box: Polygon, *, on: date) -> dict[str, Any]:
    """Read the wards about a box, as fine as a map of that width can show them."""
    west, _south, east, _north = box.extent
    zoom = 11 if east - west > 0.25 else 13
    # What is just beyond the box is seen too where the window is of another shape.
    around = box.buffer((east - west) * 1.5).transform(3857, clone=True)
    drawings = BoundaryDrawing.objects.filter(
        zoom=zoom,
        shape__bboverlaps=around,
        boundary__place__kind__code="ward",
        boundary__validity__contains=on,
        boundary__recorded__upper_inf=True,
    )
    shapes = drawings.annotate(
        drawn=AsGeoJSON(Transform("shape", 4326), precision=5)
    ).values_list("drawn", flat=True)
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {}, "geometry": json.loads(shape)}
            for shape in shapes
        ],
    }


def _labels(
    shown: Density, names: Mapping[int, Place], *, span: float
) -> Iterable[tuple[float, float, str, int]]:
    """Name the wards with most, where there is room, at their fullest square."""
    wanted = []
    for place, count in shown.by_place.items():
        fullest = next(each for each in shown.squares if each.place == place)
        if place in names:
            at = fullest.middle
            wanted.append((at.y, at.x, names[place].label, count))
    return with_room(wanted, span=span)


def with_room(
    wanted: Iterable[tuple[float, float, str, int]], *, span: float
) -> Iterator[tuple[float, float, str, int]]:
    """Keep the labels that stand clear of those before them, as many as can be read."""
    taken: list[tuple[float, float]] = []
    for lat, lon, name, count in wanted:
        if all(
            abs(lon - other_lon) > span * LABEL_WIDE
            or abs(lat - other_lat) > span * LABEL_HIGH
            for other_lat, other_lon in taken
        ):
            taken.append((lat, lon))
            yield lat, lon, name, count
        if len(taken) == LABELS_AT_MOST:
            return


def parts_of(drawn: folium.Map, files: Mapping[str, str]) -> Drawn:
    """Render a map with our own files only; one that we have not is an error."""
    scripts: dict[str, str] = {}
    styles: dict[str, str] = {}
    for element in _all(drawn):
        if isinstance(element, JSCSSMixin):
            for kept, wanted in (
                (scripts, element.default_js),
                (styles, element.default_css),
            ):
                kept |= {name: files[name] for name, _ in wanted if name not in UNUSED}
            element.default_js, element.default_css = [], []
    figure = drawn.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("folium puts a map into a figure")
    for child in figure._children.values():
        child.render()
    return Drawn(
        scripts=tuple(scripts.values()),
        styles=tuple(styles.values()),
        body=figure.html.render(),
        script=figure.script.render(),
    )


def _all(element: Any) -> Iterable[Any]:
    yield element
    for child in element._children.values():
        yield from _all(child)
