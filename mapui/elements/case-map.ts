import { Marker, NavigationControl, type Map } from "maplibre-gl";
import { makeMap, readStyle, token } from "./map-base";

/**
 * One case on the map, for the staff who work on it.
 *
 * @example <case-map data-style="…" data-lat="10.77" data-lon="106.7" data-accuracy="12"></case-map>
 */
class CaseMap extends HTMLElement {
  #map?: Map;

  async connectedCallback(): Promise<void> {
    const { style, lat, lon } = this.dataset;
    if (!style) throw new Error("case-map needs data-style");
    const center = { lat: Number(lat), lng: Number(lon) };
    const map = await makeMap(this, readStyle(style), { center, zoom: 13, maxZoom: 19, cooperativeGestures: true });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    new Marker({ color: token("--call") }).setLngLat(center).addTo(map);
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }
}

customElements.define("case-map", CaseMap);
