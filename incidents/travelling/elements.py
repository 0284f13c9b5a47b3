"""What folium has not: spots with numbers, wards that tell, turns of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import folium
from branca.element import MacroElement
from django.utils.formats import date_format
from folium.plugins import HeatMap
from folium.template import Template

from .gathering import Step, Turn

#: How FastMarkerCluster makes a spot of a row; a number is text and never markup.
ONE = """function (row) {
    const many = document.createElement("span");
    many.textContent = row[2];
    return L.marker([row[0], row[1]], {
        icon: L.divIcon({
            html: many, className: row[2] > 1 ? "spot spot-many" : "spot",
            iconSize: [30, 30]
        }),
        count: row[2]
    });
}"""
MANY_TOGETHER = """function (cluster) {
    const sum = cluster.getAllChildMarkers()
        .reduce((sum, each) => sum + each.options.count, 0);
    const many = document.createElement("span");
    many.textContent = sum;
    const side = sum < 10 ? 30 : sum < 100 ? 38 : sum < 1000 ? 46 : 56;
    return L.divIcon({
        html: many, className: "spot spot-many", iconSize: [side, side]
    });
}"""


class Told(MacroElement):
    """What a ward had, said beside it when it is pointed at; as text, never markup."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {
            const said = {{ this.said|tojson }};
            {{ this.shapes }}.eachLayer((layer) => {
                const ward = layer.feature.properties;
                const text = said
                    .replace("{received}", ward.received)
                    .replace("{open}", ward.open)
                    .replace("{density}", ward.density);
                const place = document.createElement("div");
                const name = document.createElement("b");
                name.textContent = ward.name;
                place.append(name, document.createElement("br"), text);
                layer.bindTooltip(place, {sticky: true});
            });
        }
        {% endmacro %}
        """
    )

    def __init__(self, shapes: folium.GeoJson, *, words: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Told"
        self.shapes, self.said = shapes.get_name(), words["ward"]


class Numbered(MacroElement):
    """The numbers of spots, where each ends, without a picture of Leaflet's."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        for (const [lat, lon, number] of {{ this.rows|tojson }}) {
            L.marker([lat, lon], {
                icon: L.divIcon({
                    html: String(number), className: "spot spot-hot",
                    iconSize: [30, 30]
                }),
                interactive: false, keyboard: false
            }).addTo({{ this._parent.get_name() }});
        }
        {% endmacro %}
        """
    )

    def __init__(self, rows: Sequence[tuple[float, float, int]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Numbered"
        self.rows = rows


class Lapse(MacroElement):
    """One turn of time after the other: by the slider and its keys, or by itself.

    Nothing moves before somebody asks for it; who wants less motion moves it alone.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        {
            const turns = {{ this.turns|tojson }};
            const slider = document.getElementById("turn");
            const play = document.getElementById("play");
            const said = document.getElementById("turn-said");
            const words = {{ this.words|tojson }};
            const show = () => {
                const [name, count, spots] = turns[slider.value] ?? ["", 0, []];
                const text = words.turn
                    .replace("{turn}", name).replace("{count}", count);
                said.textContent = text;
                slider.setAttribute("aria-valuetext", text);
                {{ this.heat }}.setLatLngs(spots);
            };
            let running = 0;
            const stop = () => {
                clearInterval(running);
                running = 0;
                play.textContent = words.play;
            };
            slider.addEventListener("input", () => { stop(); show(); });
            play.addEventListener("click", () => {
                if (running) return stop();
                if (+slider.value >= turns.length - 1) slider.value = 0;
                play.textContent = words.pause;
                show();
                running = setInterval(() => {
                    if (+slider.value >= turns.length - 1) return stop();
                    slider.value = +slider.value + 1;
                    show();
                }, 900);
            });
            play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
            show();
        }
        {% endmacro %}
        """
    )

    def __init__(
        self,
        heat: HeatMap,
        turns: Sequence[Turn],
        *,
        step: Step,
        words: Mapping[str, str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Lapse"
        self.heat, self.words = heat.get_name(), dict(words)
        self.turns = [
            (
                said_of(turn.first, step, words=words),
                sum(spot.count for spot in turn.spots),
                [spot.row for spot in turn.spots],
            )
            for turn in turns
        ]


def said_of(turn: date, step: Step, *, words: Mapping[str, str]) -> str:
    """Say which turn it is, as people here say a day, a week or a month."""
    if step is Step.MONTH:
        return words["month"].format(month=f"{turn:%m/%Y}")
    if step is Step.WEEK:
        last = turn + timedelta(days=6)
        return words["week"].format(first=_day(turn), last=_day(last))
    return _day(turn)


def _day(on: date) -> str:
    return date_format(on, "d/m/Y")
