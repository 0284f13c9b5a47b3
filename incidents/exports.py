"""Exported: the reports a person may see, drawn by folium as a map of its own.

What leaves is gathered by squares of the world's grid: a count to each, never the point
of a report. Scripts and styles are files of this site, so that nobody else is asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import folium
from branca.element import Figure, MacroElement
from django.contrib.gis.db.models.functions import AsGeoJSON, Transform
from django.contrib.gis.geos import Point, Polygon
from django.db.models import Aggregate, Count, F, Func, TextField, Value
from django.db.models.functions import NullIf
from django.utils.html import format_html
from folium.elements import JSCSSMixin
from folium.plugins import HeatMap
from folium.template import Template

from gis_data.geometry import WORLD_CELL_ZOOM, cell_centre, interleave
from gis_data.models import BoundaryDrawing, Place

from .models import Category, ReportQuerySet
from .worklist import Term, terms

#: Squares of this zoom are some 300 metres wide; where they are many, wider ones serve.
SQUARE_ZOOM = 17
SQUARES_AT_MOST = 3000
#: What folium asks other sites for by default and these maps do without.
UNUSED = frozenset(
    {
        "jquery",
        "bootstrap",
        "bootstrap_css",
        "glyphicons_css",
        "awesome_markers",
        "awesome_markers_css",
        "awesome_markers_font_css",
        "awesome_rotate_css",
    }
)
#: A label takes so much of the map's width and height.
LABEL_WIDE, LABEL_HIGH = 0.24, 0.12
LABELS_AT_MOST = 8
#: How much ground is shown around what is counted, in degrees.
MARGIN = 0.012


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """How many reports lie in one square of the grid, and what they mostly are."""

    cell: int  #: Its number in the z-order of its zoom.
    zoom: int
    count: int
    late: int
    place: int | None
    category: int
    street: str

    @property
    def middle(self) -> Point:
        finer = WORLD_CELL_ZOOM - self.zoom
        half = 1 << finer - 1 if finer else 0
        return cell_centre((self.cell << 2 * finer) + interleave(half, half))

    @property
    def world_cells(self) -> tuple[int, int]:
        """The first and the last of the finest cells in it."""
        finer = 2 * (WORLD_CELL_ZOOM - self.zoom)
        return self.cell << finer, (self.cell + 1 << finer) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """Where reports lie, by squares, the fullest first; and how many have no place."""

    squares: tuple[Square, ...]
    placeless: int

    @property
    def count(self) -> int:
        return sum(square.count for square in self.squares)

    @property
    def fullest(self) -> int:
        return max((square.count for square in self.squares), default=0)

    @property
    def by_place(self) -> dict[int, int]:
        """How many lie in each ward, the most first."""
        counts: dict[int, int] = {}
        for square in self.squares:
            if square.place is not None:
                counts[square.place] = counts.get(square.place, 0) + square.count
        return dict(sorted(counts.items(), key=lambda each: -each[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A map that folium drew, in the parts that a page is put together from."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    body: str
    script: str


class Mode(Aggregate):
    """What occurs most often."""

    function = "mode"
    template = "%(function)s() WITHIN GROUP (ORDER BY %(expressions)s)"


def density(reports: ReportQuerySet, *, at: datetime) -> Density:
    """Count by squares where these reports lie, in one statement.

    `reports` are what the reader may see, each with its due date.
    """
    finer = 2 * (WORLD_CELL_ZOOM - SQUARE_ZOOM)
    counted = (
        reports.order_by()
        .annotate(cell=F("world_cell").bitrightshift(finer))
        .values("cell")
        .annotate(
            n=Count("pk"),
            n_late=Count("pk", filter=terms(at=at)[Term.LATE]),
            mostly=Mode("category"),
            ward=Mode("place"),
            street=Mode(NullIf(_street(), Value(""), output_field=TextField())),
        )
    )
    found = list(counted)
    squares = [
        Square(
            cell=each["cell"],
            zoom=SQUARE_ZOOM,
            count=each["n"],
            late=each["n_late"],
            place=each["ward"],
            category=each["mostly"],
            street=each["street"] or "",
        )
        for each in found
        if each["cell"] is not None
    ]
    while len(squares) > SQUARES_AT_MOST:
        squares = _wider(squares)
    squares.sort(key=lambda square: (-square.count, square.cell))
    placeless = sum(each["n"] for each in found if each["cell"] is None)
    return Density(squares=tuple(squares), placeless=placeless)


def within(reports: ReportQuerySet, square: Square) -> ReportQuerySet:
    """Keep the reports that lie in a square."""
    return reports.filter(world_cell__range=square.world_cells)


def names_of(
    squares: Iterable[Square],
) -> tuple[Mapping[int, Place], Mapping[int, Category]]:
    """Read the wards and categories that squares speak of, in two statements."""
    found = list(squares)
    wards = {square.place for square in found if square.place is not None}
    return (
        Place.objects.in_bulk(sorted(wards)),
        Category.objects.in_bulk(sorted({square.category for square in found})),
    )


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
        max_zoom=SQUARE_ZOOM,
        zoom_snap=0.5,
    )
    folium.GeoJson(_ground(box, on=on), class_name="ground", interactive=False).add_to(
        drawn
    )
    ReadBack().add_to(drawn)  # type: ignore[no-untyped-call]
    heat = HeatMap(  # type: ignore[no-untyped-call]
        [
            (middle.y, middle.x, square.count / shown.fullest)
            for square in shown.squares
            for middle in [square.middle]
        ],
        min_opacity=0.3,
        radius=26,
        blur=20,
        # The same weight at every zoom: the count says how much it is.
        max_zoom=1,
        max=1.0,
    ).add_to(drawn)
    for label in _labels(shown, names, wide=east - west, high=north - south):
        label.add_to(drawn)
    drawn.fit_bounds([[south, west], [north, east]], padding=(4, 4))
    Manners(heat=heat.get_name(), words=words).add_to(drawn)
    return _parts(drawn, files)


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


class Manners(MacroElement):
    """Buttons in the reader's language, and the page's colours by day and by night."""

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
            const tint = () => {
                const page = getComputedStyle(document.documentElement);
                const colour = (turn) =>
                    page.getPropertyValue(`--heat-${turn}`).trim();
                {{ this.heat }}.setOptions({gradient: {
                    0.2: colour(1), 0.4: colour(2), 0.6: colour(3),
                    0.8: colour(4), 1: colour(5)
                }});
            };
            tint();
            matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tint);
        }
        {% endmacro %}
        """
    )

    def __init__(self, *, heat: str, words: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Manners"
        self.heat, self.words = heat, dict(words)


def _street() -> Func:
    """Return the street an address names, without the number of the house."""
    first = Func(
        F("address"),
        Value(","),
        Value(1),
        function="split_part",
        output_field=TextField(),
    )
    number = Value(r"^\s*((số|so|no\.?)\s*)?\d[\w/.-]*\s*")
    return Func(
        first,
        number,
        Value(""),
        Value("i"),
        function="regexp_replace",
        output_field=TextField(),
    )


def _wider(squares: Sequence[Square]) -> list[Square]:
    """Gather four squares into one; what the fullest of them mostly is, it is."""
    gathered: dict[int, list[Square]] = {}
    for square in squares:
        gathered.setdefault(square.cell >> 2, []).append(square)
    wider = []
    for cell, inner in gathered.items():
        first = max(inner, key=lambda square: square.count)
        wider.append(
            Square(
                cell=cell,
                zoom=first.zoom - 1,
                count=sum(square.count for square in inner),
                late=sum(square.late for square in inner),
                place=first.place,
                category=first.category,
                street=first.street,
            )
        )
    return wider


def _extent(squares: Sequence[Square]) -> tuple[float, float, float, float]:
    middles = [square.middle for square in squares]
    across, up = [each.x for each in middles], [each.y for each in middles]
    return (
        min(across) - MARGIN,
        min(up) - MARGIN,
        max(across) + MARGIN,
        max(up) + MARGIN,
    )


def _ground(box: Polygon, *, on: date) -> dict[str, Any]:
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
    shown: Density, names: Mapping[int, Place], *, wide: float, high: float
) -> Iterable[folium.Marker]:
    """Name the wards with most, where there is room, at their fullest square."""
    taken: list[Point] = []
    for place, count in shown.by_place.items():
        fullest = next(each for each in shown.squares if each.place == place)
        at = fullest.middle
        is_free = all(
            abs(at.x - other.x) > wide * LABEL_WIDE
            or abs(at.y - other.y) > high * LABEL_HIGH
            for other in taken
        )
        if place not in names or not is_free:
            continue
        taken.append(at)
        label = format_html("<span>{}<b>{}</b></span>", names[place].label, count)
        yield folium.Marker(
            (at.y, at.x),
            icon=folium.DivIcon(html=str(label), class_name="ward-name"),
            interactive=False,
            keyboard=False,
        )
        if len(taken) == LABELS_AT_MOST:
            return


def _parts(drawn: folium.Map, files: Mapping[str, str]) -> Drawn:
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
