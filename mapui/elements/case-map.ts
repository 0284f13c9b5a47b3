import { Marker, NavigationControl, type Map } from "maplibre-gl";
import { makeMap, readStyle, token } from "./map-base";

/**
 * One case on the map, for the staff who work on it.
 *
 * With `data-area`, the id of a script with an area in GeoJSON, it shows that.
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
    const area = this.#area();
    if (area) return this.#outline(map, area);
    new Marker({ color: token("--call") }).setLngLat(center).addTo(map);
  }

  /** The area it is about, where it is about more than a point. */
  #area(): GeoJSON.MultiPolygon | null {
    const said = this.dataset.area && document.getElementById(this.dataset.area)?.textContent;
    return said ? (JSON.parse(said) as GeoJSON.MultiPolygon) : null;
  }

  #outline(map: Map, area: GeoJSON.MultiPolygon): void {
    const corners = area.coordinates.flat(2) as [number, number][];
    const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
    const box: [number, number, number, number] = [
      Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats),
    ];
    map.fitBounds(box, { padding: 32, maxZoom: 16, animate: false });
    const draw = (): void => {
      map.addSource("area", { type: "geojson", data: area });
      const paint = token("--danger");
      map.addLayer({ id: "area", type: "fill", source: "area", paint: { "fill-color": paint, "fill-opacity": 0.16 } });
      map.addLayer({ id: "area-edge", type: "line", source: "area", paint: { "line-color": paint, "line-width": 2 } });
    };
    if (map.loaded()) draw();
    else map.once("load", draw);
  }

  disconnectedCallback(): void {
    this.#map?.remove();
  }
}

customElements.define("case-map", CaseMap);
