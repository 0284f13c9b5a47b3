import { LngLatBounds, NavigationControl, Popup, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, token } from "./map-base";

/** A place on the map where something is to be looked at. */
interface Mark {
  at: string;
  what: string;
  label: string;
}

/** What happens to a place, and the token of the colour that says so. */
const FILLS: Record<string, string> = {
  opened: "--in-progress",
  redrawn: "--waiting",
  closed: "--danger",
};

/**
 * Drawings over the map in force, and marks where something is odd. The page lists the
 * same in words; a button with `data-at` brings its place into view.
 *
 * @example <workshop-map data-style="…" data-shapes="…" data-view="w,s,e,n" data-label="…"><p role="status"></p></workshop-map>
 */
class WorkshopMap extends HTMLElement {
  #map?: Map;
  #around = new LngLatBounds();
  #popup = new Popup({ maxWidth: "18rem", closeButton: false });

  connectedCallback(): void {
    document.addEventListener("click", this.#go);
    this.#draw().catch(() => this.#say(this.dataset.failed));
  }

  disconnectedCallback(): void {
    document.removeEventListener("click", this.#go);
    this.#map?.remove();
  }

  async #draw(): Promise<void> {
    const { style, shapes, view, label } = this.dataset;
    if (!style) throw new Error("workshop-map needs data-style");
    const asked = shapes ? fetch(shapes, { headers: { Accept: "application/geo+json" } }) : undefined;
    const frame = document.createElement("div");
    frame.className = "workshop-map-frame";
    this.prepend(frame);
    const map = await makeMap(frame, readStyle(style), {
      bounds: boxOf(view),
      fitBoundsOptions: { padding: 24 },
      maxZoom: 19,
      cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    if (label) map.getCanvas().setAttribute("aria-label", label);
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    await new Promise<void>((ready) => (map.isStyleLoaded() ? ready() : void map.once("load", () => ready())));
    const answer = await asked;
    if (answer && !answer.ok) throw new Error(`No shapes at ${shapes}: ${answer.status}`);
    if (answer) this.#lay(map, (await answer.json()) as GeoJSON.FeatureCollection);
    this.#mark(map, marks());
    if (this.dataset.fit !== undefined) this.#fit(map);
    this.toggleAttribute("data-ready", true);
  }

  /** Lay the drawings over the ground: filled by what happens to them, named when touched. */
  #lay(map: Map, data: GeoJSON.FeatureCollection): void {
    map.addSource("drawn", { type: "geojson", data });
    for (const { geometry } of data.features) {
      if (geometry.type !== "GeometryCollection") eachPosition(geometry.coordinates, (at) => this.#around.extend(at));
    }
    const what = ["coalesce", ["get", "what"], "drawn"];
    const colours = ["match", what, ...Object.entries(FILLS).flatMap(([name, colour]) => [name, token(colour)]), token("--brand")];
    const filled = ["match", what, "kept", 0, "drawn", 0.12, 0.38];
    map.addLayer({
      id: "drawn",
      type: "fill",
      source: "drawn",
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colours as never, "fill-opacity": filled as never },
    });
    map.addLayer({
      id: "drawn-lines",
      type: "line",
      source: "drawn",
      filter: ["!=", ["geometry-type"], "Point"],
      layout: { "line-join": "round" },
      paint: {
        "line-color": colours as never,
        "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 13, 2] as never,
      },
    });
    map.addLayer({
      id: "drawn-points",
      type: "circle",
      source: "drawn",
      filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 4, "circle-color": token("--brand") },
    });
    for (const layer of ["drawn", "drawn-points"]) {
      map.on("click", layer, ({ lngLat, features }) => {
        const told = features?.[0]?.properties;
        if (told) this.#tell(map, lngLat.toArray(), String(told.label ?? told.name ?? told.code));
      });
    }
  }

  #mark(map: Map, found: Mark[]): void {
    const features = found.map(({ at, label, what }) => ({
      type: "Feature" as const,
      properties: { label, what },
      geometry: { type: "Point" as const, coordinates: at.split(",").map(Number) },
    }));
    map.addSource("marks", { type: "geojson", data: { type: "FeatureCollection", features } });
    map.addLayer({
      id: "marks",
      type: "circle",
      source: "marks",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 7, 3, 12, 7],
        "circle-color": token("--danger"),
        "circle-opacity": 0.85,
        "circle-stroke-color": token("--surface"),
        "circle-stroke-width": 2,
      },
    });
    map.on("click", "marks", ({ lngLat, features }) => {
      const label: unknown = features?.[0]?.properties.label;
      if (typeof label === "string") this.#tell(map, lngLat.toArray(), label);
    });
    for (const layer of ["marks", "drawn-points"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
    for (const { geometry } of features) this.#around.extend(geometry.coordinates as [number, number]);
  }

  /** Bring all that is drawn and marked into view. */
  #fit(map: Map): void {
    if (!this.#around.isEmpty()) map.fitBounds(this.#around, { padding: 48, maxZoom: 14, animate: false });
  }

  /** A row of the list was chosen: bring its place into view, and say what it is. */
  #go = ({ target }: MouseEvent): void => {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-at]") : null;
    const map = this.#map;
    if (!button?.dataset.at || !map) return;
    const at = button.dataset.at.split(",").map(Number) as [number, number];
    map.jumpTo({ center: at, zoom: Number(button.dataset.zoom ?? 17) });
    this.#tell(map, at, button.textContent.trim());
    this.scrollIntoView({ block: "nearest" });
    this.#say(button.textContent.trim());
  };

  #tell(map: Map, at: [number, number], words: string): void {
    const said = Object.assign(document.createElement("p"), { className: "workshop-said", textContent: words });
    this.#popup.setLngLat(at).setDOMContent(said).addTo(map);
  }

  #say(words = ""): void {
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = words;
  }
}

/** Go through the positions of a shape, however deep they lie. */
function eachPosition(coordinates: unknown, tell: (at: [number, number]) => void): void {
  if (!Array.isArray(coordinates)) return;
  const [lon, lat] = coordinates as unknown[];
  if (typeof lon === "number" && typeof lat === "number") tell([lon, lat]);
  else coordinates.forEach((inner) => eachPosition(inner, tell));
}

function marks(): Mark[] {
  const said = document.getElementById("workshop-marks")?.textContent;
  return said ? (JSON.parse(said) as Mark[]) : [];
}

customElements.define("workshop-map", WorkshopMap);
