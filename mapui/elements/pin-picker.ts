import { NavigationControl, type Map } from "maplibre-gl";
import { boxOf, makeMap, readStyle, showWard } from "./map-base";

/** Where the pin is now, how surely, and how it got there. */
export type PinMoved = CustomEvent<{ lat: number; lon: number; accuracy: number; source: "gps" | "tap" }>;

interface Area {
  code: string;
  name: string;
}

/** Good enough to tell one side of a street from the other. */
const PRECISE_M = 20;
const PATIENCE_MS = 20_000;

/**
 * Chooses a place: the map moves under the pin, by finger, mouse or arrow keys; a tap
 * brings that point under it; the button brings the device's own position.
 *
 * @example <pin-picker data-style="…" data-locate="/api/v1/locate">…</pin-picker>
 * @fires pin-moved - a PinMoved
 */
class PinPicker extends HTMLElement {
  #map?: Map;
  #watch?: number;
  #asked?: AbortController;

  async connectedCallback(): Promise<void> {
    const frame = this.querySelector<HTMLElement>(".pin-map");
    if (!frame || !this.dataset.style) throw new Error("pin-picker needs .pin-map and data-style");
    this.querySelector("[data-act='gps']")?.addEventListener("click", () => this.#findMe());
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
      if (event.originalEvent || "chosen" in event) this.#choose("tap", 0);
    });
    this.closest("form")?.addEventListener("change", ({ target }) => {
      // A ward that is named shows where to look; only the pin says where it is.
      if (target instanceof HTMLSelectElement && target.name === "ward") void showWard(map, target.value);
    });
    if (given) void this.#name(given.lat, given.lng);
  }

  disconnectedCallback(): void {
    this.#stop();
    this.#map?.remove();
  }

  /** Where an earlier try, or a draft, had put the pin. */
  #given(): { lat: number; lng: number } | null {
    const field = (name: string) => this.closest("form")?.elements.namedItem(name);
    const [lat, lon] = [field("lat"), field("lon")];
    if (!(lat instanceof HTMLInputElement && lon instanceof HTMLInputElement)) return null;
    return lat.value && lon.value ? { lat: Number(lat.value), lng: Number(lon.value) } : null;
  }

  #findMe(): void {
    this.#stop();
    if (!navigator.geolocation) return this.#say(this.dataset.noGps);
    this.#say(this.dataset.seeking);
    let best: GeolocationCoordinates | undefined;
    const take = () => {
      this.#stop();
      if (!best) return this.#say(this.dataset.noGps);
      const { latitude: lat, longitude: lng, accuracy } = best;
      this.#map?.jumpTo({ center: { lat, lng }, zoom: accuracy > 100 ? 15 : 17 });
      this.#choose("gps", accuracy);
    };
    const patience = setTimeout(take, PATIENCE_MS);
    this.#watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        if (!best || coords.accuracy < best.accuracy) best = coords;
        this.#say((this.dataset.better ?? "").replace("{metres}", best.accuracy.toFixed(0)));
        if (best.accuracy <= PRECISE_M) {
          clearTimeout(patience);
          take();
        }
      },
      () => {
        clearTimeout(patience);
        take();
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: PATIENCE_MS },
    );
  }

  #stop(): void {
    if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = undefined;
  }

  #choose(source: "gps" | "tap", accuracy: number): void {
    if (!this.#map) return;
    if (source === "tap") this.#stop();
    const { lat, lng: lon } = this.#map.getCenter();
    const moved: PinMoved = new CustomEvent("pin-moved", { bubbles: true, detail: { lat, lon, accuracy, source } });
    this.dispatchEvent(moved);
    void this.#name(lat, lon, accuracy);
  }

  /** Say which ward the pin is in. */
  async #name(lat: number, lon: number, accuracy = 0): Promise<void> {
    this.#asked?.abort();
    this.#asked = new AbortController();
    const query = new URLSearchParams({ lat: lat.toFixed(6), lon: lon.toFixed(6) });
    if (accuracy) query.set("accuracy", accuracy.toFixed(1));
    const measured = accuracy ? ` (± ${accuracy.toFixed(0)} m)` : "";
    try {
      const answer = await fetch(`${this.dataset.locate}?${query}`, { signal: this.#asked.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const { areas } = (await answer.json()) as { areas: Area[] };
      const [ward] = areas;
      this.#say(ward ? `${this.dataset.chosen} ${this.#called(ward)}${measured}` : this.dataset.outside);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.#say(`${this.dataset.chosen} ${lat.toFixed(5)}, ${lon.toFixed(5)}${measured}`);
    }
  }

  /** What the page's own list of wards calls it, which is in the reader's language. */
  #called({ code, name }: Area): string {
    const listed = this.closest("form")?.querySelector(`select[name='ward'] option[value='${CSS.escape(code)}']`);
    return listed?.textContent?.trim() || name;
  }

  #say(words: string | undefined): void {
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = words ?? "";
  }
}

customElements.define("pin-picker", PinPicker);
