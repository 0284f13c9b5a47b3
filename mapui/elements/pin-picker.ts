import { NavigationControl, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, showWard } from "./map-base";
import type { PlaceChosen } from "./place-search";

/** Where a person has put the pin. */
export type PinMoved = CustomEvent<{ lat: number; lon: number }>;
/** Where the pin belongs, as found by other means than this map. */
export type PlaceFound = CustomEvent<{ lat: number; lon: number; accuracy: number }>;

/**
 * Chooses a place: the map moves under the pin, by finger, mouse or arrow keys; a tap
 * brings that point under it. It follows what the form says of the place.
 *
 * @example <pin-picker data-style="…" data-view="w,s,e,n"><div class="pin-map"></div></pin-picker>
 * @fires pin-moved - a PinMoved
 */
class PinPicker extends HTMLElement {
  #map?: Map;

  async connectedCallback(): Promise<void> {
    const frame = this.querySelector<HTMLElement>(".pin-map");
    if (!frame || !this.dataset.style) throw new Error("pin-picker needs .pin-map and data-style");
    const given = this.#given();
    const map = await makeMap(frame, readStyle(this.dataset.style), {
      ...(given ? { center: given, zoom: 16 } : { bounds: boxOf(this.dataset.view), fitBoundsOptions: { padding: 12 } }),
      maxZoom: 19,
      minZoom: 7,
      cooperativeGestures: matchMedia("(pointer: fine)").matches,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.on("click", ({ lngLat }) => {
      map.easeTo({ center: lngLat, zoom: Math.max(map.getZoom(), 13) }, { chosen: true });
    });
    map.on("moveend", (event) => {
      if (!event.originalEvent && !("chosen" in event)) return;
      const { lat, lng: lon } = map.getCenter();
      const moved: PinMoved = new CustomEvent("pin-moved", { bubbles: true, detail: { lat, lon } });
      this.dispatchEvent(moved);
    });
    const form = this.closest("form");
    form?.addEventListener("place-found", (event) => {
      const { lat, lon, accuracy } = (event as PlaceFound).detail;
      map.jumpTo({ center: { lat, lng: lon }, zoom: accuracy > 100 ? 15 : 17 });
    });
    form?.addEventListener("place-chosen", (event) => {
      const { box } = (event as PlaceChosen).detail;
      if (box && !this.#given()) map.fitBounds(box, { padding: 24, maxZoom: 17 });
    });
    // A ward that is named shows where to look, until a pin says where it is.
    form?.addEventListener("ward-named", (event) => {
      if (!this.#given()) void showWard(map, (event as CustomEvent<string>).detail);
    });
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }

  /** Where an earlier try, or a draft, had put the pin. */
  #given(): { lat: number; lng: number } | null {
    const field = (name: string) => this.closest("form")?.elements.namedItem(name);
    const [lat, lon] = [field("lat"), field("lon")];
    if (!(lat instanceof HTMLInputElement && lon instanceof HTMLInputElement)) return null;
    return lat.value && lon.value ? { lat: Number(lat.value), lng: Number(lon.value) } : null;
  }
}

customElements.define("pin-picker", PinPicker);
