import { LngLatBounds, Marker, NavigationControl, Popup, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, token } from "./map-base";

/** One stop of a round, with its turn. */
interface StopTold {
  at: [number, number];
  number: number;
  title: string;
  where: string;
  due: string;
  state: "late" | "soon" | "fine";
  case: string;
  directions: string;
}

interface Pins {
  start: [number, number] | null;
  stops: StopTold[];
}

/**
 * A round on the map: its stops by their turn, and a line from one to the next. The same
 * stops stand in the list below.
 *
 * @example <round-map data-style="…" data-pins="id-of-json" data-view="w,s,e,n" data-way="Directions" data-begin="…" data-failed="…"><p role="status"></p></round-map>
 */
class RoundMap extends HTMLElement {
  #map?: Map;

  connectedCallback(): void {
    this.#draw().catch(() => {
      const said = this.querySelector("[role='status']");
      if (said) said.textContent = this.dataset.failed ?? "";
    });
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }

  async #draw(): Promise<void> {
    const { style, pins, view } = this.dataset;
    const told = document.getElementById(pins ?? "")?.textContent;
    if (!style || !told) throw new Error("round-map needs data-style and data-pins");
    const { start, stops } = JSON.parse(told) as Pins;
    const frame = document.createElement("div");
    frame.className = "round-map-frame";
    this.prepend(frame);
    const around = new LngLatBounds();
    for (const at of [start, ...stops.map((stop) => stop.at)]) if (at) around.extend(at);
    const map = await makeMap(frame, readStyle(style), {
      bounds: around.isEmpty() ? boxOf(view) : around,
      fitBoundsOptions: { padding: 48, maxZoom: 16 },
      maxZoom: 19,
      cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.on("load", () => this.#line(map, start, stops));
    if (start) new Marker({ element: this.#begin() }).setLngLat(start).addTo(map);
    for (const stop of [...stops].reverse()) {
      const popup = new Popup({ offset: 18, maxWidth: "18rem", closeButton: false }).setDOMContent(this.#card(stop));
      new Marker({ element: pin(stop) }).setLngLat(stop.at).setPopup(popup).addTo(map);
    }
    this.toggleAttribute("data-ready", true);
  }

  #line(map: Map, start: [number, number] | null, stops: StopTold[]): void {
    const coordinates = [...(start ? [start] : []), ...stops.map((stop) => stop.at)];
    if (coordinates.length < 2) return;
    map.addSource("round", {
      type: "geojson",
      data: { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } },
    });
    map.addLayer({
      id: "round",
      type: "line",
      source: "round",
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": token("--brand"), "line-width": 3, "line-opacity": 0.75, "line-dasharray": [1, 1.6] },
    });
  }

  #begin(): HTMLElement {
    const made = document.createElement("div");
    made.className = "round-begin";
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", this.dataset.begin ?? "");
    return made;
  }

  #card(stop: StopTold): HTMLElement {
    const card = document.createElement("div");
    card.className = "pin-card";
    const title = link(stop.case, `${stop.number}. ${stop.title}`);
    title.className = "pin-title";
    card.append(title, line(stop.where), line(stop.due));
    if (stop.directions) {
      const ways = Object.assign(document.createElement("p"), { className: "pin-ways" });
      const way = link(stop.directions, this.dataset.way ?? "");
      Object.assign(way, { rel: "noreferrer", target: "_blank" });
      ways.append(way);
      card.append(ways);
    }
    return card;
  }
}

function pin({ number, title, state }: StopTold): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `round-pin round-pin-${state}`;
  made.setAttribute("aria-label", `${number}. ${title}`);
  made.append(Object.assign(document.createElement("span"), { textContent: String(number) }));
  return made;
}

function link(href: string, text: string): HTMLAnchorElement {
  return Object.assign(document.createElement("a"), { href, textContent: text });
}

function line(text: string): HTMLElement {
  return Object.assign(document.createElement("p"), { textContent: text });
}

customElements.define("round-map", RoundMap);
