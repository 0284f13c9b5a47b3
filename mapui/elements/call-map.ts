import { Marker, NavigationControl, type LngLat, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, showWard, token } from "./map-base";
import type { PlaceChosen } from "./place-search";

/** From so close a click is a place; from farther off it only brings one nearer. */
const NEAR = 12.5;
const CLOSE = 15;

/** Where the operator pinned the place of a call, or that the pin was taken away. */
export type PlacePinned = CustomEvent<{ lat: number; lon: number } | null>;

/**
 * The place of a call on a small map: a click pins it, Enter pins its middle, dragging
 * mends it; a ward that is named moves the map there.
 *
 * @example <call-map data-style="…" data-view="…"><div class="call-map"></div>…</call-map>
 * @fires place-pinned - a PlacePinned
 */
class CallMap extends HTMLElement {
  #map?: Map;
  #pin?: Marker;

  async connectedCallback(): Promise<void> {
    const frame = this.querySelector<HTMLElement>(".call-map");
    if (!frame || !this.dataset.style) throw new Error("call-map needs .call-map and data-style");
    const given = this.#given();
    const map = await makeMap(frame, readStyle(this.dataset.style), {
      ...(given ? { center: given, zoom: 16 } : { bounds: boxOf(this.dataset.view), fitBoundsOptions: { padding: 8 } }),
      maxZoom: 19,
      minZoom: 7,
      cooperativeGestures: true,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    if (given) this.#put(given as LngLat);
    map.on("click", ({ lngLat }) => this.#aim(map, lngLat));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey) return;
      event.preventDefault();
      this.#aim(map, map.getCenter());
    });
    this.querySelector("[data-act='unpin']")?.addEventListener("click", () => this.#unpin());
    this.closest("form")?.addEventListener("place-chosen", (event) => {
      const { box } = (event as PlaceChosen).detail;
      if (box && !this.#pin) map.fitBounds(box, { padding: 28, maxZoom: 17 });
    });
    const ward = this.#field("ward");
    ward?.addEventListener("change", (event) => {
      // What came with an address is shown closer than the whole ward.
      if (event instanceof CustomEvent) return;
      if (!this.#pin && ward instanceof HTMLSelectElement && ward.value) void showWard(map, ward.value);
    });
    if (!given && ward instanceof HTMLSelectElement && ward.value) map.once("idle", () => void showWard(map, ward.value));
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }

  #field(name: string): Element | null {
    const found = this.closest("form")?.elements.namedItem(name);
    return found instanceof Element ? found : null;
  }

  #given(): { lat: number; lng: number } | null {
    const [lat, lon] = [this.#field("lat"), this.#field("lon")];
    if (!(lat instanceof HTMLInputElement && lon instanceof HTMLInputElement)) return null;
    return lat.value && lon.value ? { lat: Number(lat.value), lng: Number(lon.value) } : null;
  }

  #aim(map: Map, there: LngLat): void {
    const isNear = map.getZoom() >= NEAR;
    map.easeTo({ center: there, zoom: Math.max(map.getZoom(), CLOSE) });
    if (isNear) this.#choose(there);
  }

  #choose(there: LngLat): void {
    this.#put(there);
    this.#tell({ lat: there.lat, lon: there.lng });
  }

  #put(there: LngLat): void {
    if (!this.#map) return;
    if (!this.#pin) {
      const pin = new Marker({ color: token("--call"), draggable: true }).setLngLat(there).addTo(this.#map);
      pin.on("dragend", () => this.#choose(pin.getLngLat()));
      this.#pin = pin;
    }
    this.#pin.setLngLat(there);
    this.#mark(true);
  }

  #mark(isPinned: boolean): void {
    const unpin = this.querySelector<HTMLElement>("[data-act='unpin']");
    if (unpin) unpin.hidden = !isPinned;
    const { pinned = "", unpinned = "" } = this.dataset;
    const said = this.querySelector("[data-said='pin']");
    if (said) said.textContent = isPinned ? pinned : unpinned;
  }

  #unpin(): void {
    this.#pin?.remove();
    this.#pin = undefined;
    this.#mark(false);
    this.#tell(null);
    this.#map?.getCanvas().focus();
  }

  #tell(detail: PlacePinned["detail"]): void {
    this.dispatchEvent(new CustomEvent("place-pinned", { bubbles: true, detail }));
  }
}

customElements.define("call-map", CallMap);
