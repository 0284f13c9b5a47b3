import { Marker, type GeoJSONSource, type Map, type MapGeoJSONFeature, type Point } from "maplibre-gl";
import { words } from "./map-base";

/** A report of a tile, as far as a map knows it. */
export interface Told {
  public_id: string;
  status_group: string;
}

/** So many are fanned out; what is more is in the list alone. */
const AT_MOST = 12;
/** How far from their place, in dots of the screen. */
const REACH = 46;
const ROOM = 40;
/** As far apart as this, two pins are told apart by nobody. */
const ALIKE = 6;

/** The reports of a press, each once: a tile's edge shows some twice. */
export function told(features: MapGeoJSONFeature[]): Told[] {
  const found = new globalThis.Map<string, Told>();
  for (const { properties } of features) {
    const { public_id, status_group } = properties as Partial<Told>;
    if (public_id) found.set(public_id, { public_id, status_group: status_group ?? "" });
  }
  return [...found.values()];
}

/**
 * Opens reports that share a point like a fan: buttons of the page, so that a key reaches
 * them and a voice reads them. It is put away when the map is moved, or by Escape.
 */
export class Fan {
  #marker?: Marker;

  constructor(
    private map: Map,
    private choose: (public_id: string) => void,
  ) {
    for (const name of ["zoomstart", "click"] as const) map.on(name, () => this.close());
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#marker) {
        event.stopPropagation();
        this.close();
        map.getCanvas().focus();
      }
    });
  }

  open(reports: Told[], at: { lng: number; lat: number }): void {
    this.close();
    const said = words();
    const fan = Object.assign(document.createElement("div"), { className: "fan" });
    fan.setAttribute("role", "group");
    fan.setAttribute("aria-label", (said["fan.here"] ?? "").replace("{n}", String(reports.length)));
    const shown = reports.slice(0, AT_MOST);
    const reach = Math.max(REACH, (shown.length * ROOM) / (2 * Math.PI));
    shown.forEach(({ public_id, status_group }, turn) => {
      const angle = (turn / shown.length) * 2 * Math.PI - Math.PI / 2;
      const button = Object.assign(document.createElement("button"), { type: "button", className: `fan-one is-${status_group}` });
      button.textContent = String(turn + 1);
      const status = said[`group.${status_group}`] ?? "";
      button.setAttribute("aria-label", `${turn + 1}/${reports.length}: ${status}`);
      button.style.setProperty("--x", `${Math.cos(angle) * reach}px`);
      button.style.setProperty("--y", `${Math.sin(angle) * reach}px`);
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        this.choose(public_id);
      });
      fan.append(button);
    });
    if (reports.length > shown.length) {
      const rest = Object.assign(document.createElement("span"), { className: "fan-rest" });
      rest.textContent = `+${reports.length - shown.length}`;
      fan.append(rest);
    }
    this.#marker = new Marker({ element: fan }).setLngLat(at).addTo(this.map);
    fan.querySelector("button")?.focus({ preventScroll: true });
  }

  close(): void {
    this.#marker?.remove();
    this.#marker = undefined;
  }
}

/** Put a number beside pins that lie on one another, since only the topmost is seen. */
export class Stacks {
  #last = "";

  constructor(private map: Map) {
    map.on("idle", () => this.#count());
  }

  #count(): void {
    const source = this.map.getSource<GeoJSONSource>("stacked");
    if (!source || !this.map.getLayer("reports")) return;
    const places: { at: Point; coordinates: GeoJSON.Position; ids: Set<string> }[] = [];
    for (const { geometry, properties } of this.map.queryRenderedFeatures({ layers: ["reports"] })) {
      if (geometry.type !== "Point") continue;
      const at = this.map.project(geometry.coordinates as [number, number]);
      const there = places.find((each) => each.at.dist(at) < ALIKE);
      if (there) there.ids.add(String(properties.public_id));
      else places.push({ at, coordinates: geometry.coordinates, ids: new Set([String(properties.public_id)]) });
    }
    const stacked = places.filter(({ ids }) => ids.size > 1);
    const features = stacked.map(({ coordinates, ids }) => ({
      type: "Feature" as const,
      properties: { count: ids.size },
      geometry: { type: "Point" as const, coordinates },
    }));
    const now = JSON.stringify(features);
    if (now === this.#last) return; // Or drawing it would never come to rest.
    this.#last = now;
    source.setData({ type: "FeatureCollection", features });
  }
}
