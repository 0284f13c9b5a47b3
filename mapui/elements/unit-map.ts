import { GeolocateControl, LngLatBounds, Marker, NavigationControl, Popup, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, words } from "./map-base";

/** What the list tells of a case, at its true point. */
interface Told {
  title: string;
  where: string;
  due: string;
  state: "late" | "soon" | "fine";
  case: string;
  result: string;
  directions: string;
}

type Points = GeoJSON.FeatureCollection<GeoJSON.Point, Told> & { placeless: number };

/**
 * A unit's cases where they are. The same cases stand in the list beside it; each pin is a
 * link that opens what one needs on the way there.
 *
 * @example <unit-map data-style="…" data-points="…" data-view="w,s,e,n" data-result="Result" data-way="Directions"><p role="status"></p></unit-map>
 */
class UnitMap extends HTMLElement {
  #map?: Map;

  connectedCallback(): void {
    this.#draw().catch(() => this.#say(this.dataset.failed));
  }

  async #draw(): Promise<void> {
    const { style, points, view } = this.dataset;
    if (!style || !points) throw new Error("unit-map needs data-style and data-points");
    const asked = fetch(points, { headers: { Accept: "application/geo+json" } });
    const frame = document.createElement("div");
    frame.className = "unit-map-frame";
    this.prepend(frame);
    const map = await makeMap(frame, readStyle(style), {
      bounds: boxOf(view),
      maxZoom: 19,
      cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
    const near = this.querySelector(".maplibregl-ctrl-geolocate");
    near?.setAttribute("aria-label", words()["GeolocateControl.FindMyLocation"] ?? "");
    const answer = await asked;
    if (!answer.ok) throw new Error(`No points at ${points}: ${answer.status}`);
    this.#show(map, (await answer.json()) as Points);
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }

  #show(map: Map, { features, placeless }: Points): void {
    const around = new LngLatBounds();
    for (const { geometry, properties } of [...features].reverse()) {
      const [lng = 0, lat = 0] = geometry.coordinates;
      around.extend([lng, lat]);
      const popup = new Popup({ offset: 16, maxWidth: "18rem", closeButton: false }).setDOMContent(this.#card(properties));
      new Marker({ element: pin(properties) }).setLngLat([lng, lat]).setPopup(popup).addTo(map);
    }
    if (!around.isEmpty()) map.fitBounds(around, { padding: 48, maxZoom: 16, animate: false });
    const sentence = placeless ? (this.dataset.placeless ?? "").replace("{n}", String(placeless)) : "";
    this.#say(features.length ? sentence : this.dataset.none);
    this.toggleAttribute("data-ready", true);
  }

  #say(words = ""): void {
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = words;
  }

  #card(told: Told): HTMLElement {
    const card = document.createElement("div");
    card.className = "pin-card";
    const title = link(told.case, told.title);
    title.className = "pin-title";
    const where = Object.assign(document.createElement("p"), { textContent: told.where });
    const due = Object.assign(document.createElement("p"), { textContent: told.due });
    const ways = Object.assign(document.createElement("p"), { className: "pin-ways" });
    if (told.result) ways.append(link(told.result, this.dataset.result ?? ""));
    if (told.directions) {
      const way = link(told.directions, this.dataset.way ?? "");
      Object.assign(way, { rel: "noreferrer", target: "_blank" });
      ways.append(way);
    }
    card.append(title, where, due, ways);
    return card;
  }
}

function pin({ title, due, state }: Told): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `job-pin job-pin-${state}`;
  made.setAttribute("aria-label", `${title}. ${due}`);
  made.append(document.createElement("span"));
  return made;
}

function link(href: string, text: string): HTMLAnchorElement {
  return Object.assign(document.createElement("a"), { href, textContent: text });
}

customElements.define("unit-map", UnitMap);
