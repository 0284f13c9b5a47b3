import { Marker, NavigationControl, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, token } from "./map-base";

/**
 * Puts a pin elsewhere: by dragging it, by a tap on the map, or by what is typed or
 * pasted into the field, which alone is sent and works without this.
 *
 * @example <pin-mover data-style="…" data-view="w,s,e,n" data-lat="10.77" data-lon="106.7"><input name="point"><div class="pin-mover-map"></div></pin-mover>
 */
class PinMover extends HTMLElement {
  #map?: Map;
  #pin?: Marker;

  async connectedCallback(): Promise<void> {
    const frame = this.querySelector<HTMLElement>(".pin-mover-map");
    const field = this.querySelector("input");
    if (!frame || !field || !this.dataset.style) throw new Error("pin-mover needs a field, .pin-mover-map and data-style");
    const from = read(field.value);
    const map = await makeMap(frame, readStyle(this.dataset.style), {
      ...(from ? { center: from, zoom: 16 } : { bounds: boxOf(this.dataset.view), fitBoundsOptions: { padding: 12 } }),
      maxZoom: 19,
      cooperativeGestures: true,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    const { lat, lon } = this.dataset;
    if (lat && lon) {
      // Where it was stays to be seen beside where it goes.
      new Marker({ color: token("--muted"), scale: 0.7, opacity: "0.7" }).setLngLat([Number(lon), Number(lat)]).addTo(map);
    }
    if (from) this.#put(from, field);
    map.on("click", ({ lngLat }) => {
      this.#put(lngLat, field);
      field.value = `${lngLat.lat.toFixed(6)}, ${lngLat.lng.toFixed(6)}`;
    });
    field.addEventListener("input", () => {
      const typed = read(field.value);
      if (!typed) return;
      this.#put(typed, field);
      map.easeTo({ center: typed, zoom: Math.max(map.getZoom(), 14) });
    });
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }

  #put(at: { lat: number; lng: number }, field: HTMLInputElement): void {
    if (this.#pin) return void this.#pin.setLngLat(at);
    const pin = new Marker({ color: token("--call"), draggable: true }).setLngLat(at).addTo(this.#map as Map);
    pin.on("dragend", () => {
      const { lat, lng } = pin.getLngLat();
      field.value = `${lat.toFixed(6)}, ${lng.toFixed(6)}`;
    });
    this.#pin = pin;
  }
}

function read(typed: string): { lat: number; lng: number } | null {
  const [lat, lng] = typed.split(/[,;\s]+/).filter(Boolean).map(Number);
  if (lat === undefined || lng === undefined || !(Math.abs(lat) <= 90 && Math.abs(lng) <= 180)) return null;
  return { lat, lng };
}

customElements.define("pin-mover", PinMover);
