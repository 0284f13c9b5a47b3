import { GeolocateControl, NavigationControl, ScaleControl, type GeoJSONSource, type Map, type StyleSpecification, type VectorTileSource } from "maplibre-gl";
import { SHAPES, boxOf, drawShape, makeMap, readStyle, showWard, words } from "./map-base";

/** Which report was chosen, and where its panel is. */
export type ReportChosen = CustomEvent<{ public_id: string; url: string }>;

/**
 * The public map. Says which report was chosen; what happens next is the page's affair.
 *
 * The page lists the same reports beside it for those who see no map. It shows what the
 * page's address asks for, and asks again when the address changes.
 *
 * @example <incident-map data-style="/ban-do/style.json" data-report="/su-viec/_"></incident-map>
 * @fires report-chosen - a ReportChosen
 */
class IncidentMap extends HTMLElement {
  #map?: Map;
  #ward = "";
  #night = matchMedia("(prefers-color-scheme: dark)");

  async connectedCallback(): Promise<void> {
    const { style, bounds } = this.dataset;
    if (!style) throw new Error("incident-map needs data-style");
    const map = await makeMap(this, this.#style(style), {
      bounds: boxOf(this.dataset.view ?? bounds),
      fitBoundsOptions: { padding: 24 },
      maxZoom: 19,
      minZoom: 6,
      hash: "o",
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
    // The control names its button only once it knows whether the device can be asked.
    const near = this.querySelector(".maplibregl-ctrl-geolocate");
    near?.setAttribute("aria-label", words()["GeolocateControl.FindMyLocation"] ?? "");
    map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-right");
    map.on("style.load", () => this.#dress());
    map.on("click", "reports", ({ features }) => this.#choose(features?.[0]?.properties));
    map.on("click", "clusters", ({ lngLat }) => {
      map.easeTo({ center: lngLat, zoom: Math.min(map.getZoom() + 2, 18) });
    });
    for (const layer of ["reports", "clusters"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
    for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
      document.addEventListener(name, this.#ask);
    }
    document.addEventListener("report-shown", this.#show);
    this.#night.addEventListener("change", this.#redress);
  }

  disconnectedCallback(): void {
    for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
      document.removeEventListener(name, this.#ask);
    }
    document.removeEventListener("report-shown", this.#show);
    this.#night.removeEventListener("change", this.#redress);
    this.#map?.remove();
  }

  #dress(): void {
    const ratio = Math.ceil(devicePixelRatio);
    for (const status of SHAPES) {
      if (this.#map?.hasImage(status)) this.#map.removeImage(status);
      this.#map?.addImage(status, drawShape(status, ratio), { pixelRatio: ratio });
    }
    this.#goToWard();
  }

  #choose(tile: Record<string, unknown> | undefined): void {
    const id = tile?.public_id;
    if (typeof id !== "string") return;
    const url = (this.dataset.report ?? "").replace("_", encodeURIComponent(id));
    const chosen: ReportChosen = new CustomEvent("report-chosen", { bubbles: true, detail: { public_id: id, url } });
    this.dispatchEvent(chosen);
  }

  /** Where the tiles are of what the page's address asks for: the same filters as the list. */
  #tiles(): string {
    const asked = new URLSearchParams(location.search);
    asked.delete("page");
    return `${location.origin}${this.dataset.tiles}${asked.size ? `?${asked}` : ""}`;
  }

  async #style(url: string): Promise<StyleSpecification> {
    const style = await readStyle(url);
    const { reports } = style.sources;
    if (reports?.type === "vector") reports.tiles = [this.#tiles()];
    return style;
  }

  #ask = (): void => {
    const source = this.#map?.getSource<VectorTileSource>("reports");
    const wanted = this.#tiles();
    if (source && source.tiles[0] !== wanted) source.setTiles([wanted]);
    this.#goToWard();
  };

  #goToWard(): void {
    const ward = new URLSearchParams(location.search).get("ward") ?? "";
    if (this.#map && ward && ward !== this.#ward) void showWard(this.#map, ward);
    this.#ward = ward;
  }

  #show = (event: Event): void => {
    const place = (event as CustomEvent<{ lon: number; lat: number } | null>).detail;
    const source = this.#map?.getSource<GeoJSONSource>("chosen");
    const coordinates = place && [place.lon, place.lat];
    source?.setData({
      type: "FeatureCollection",
      features: coordinates ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates } }] : [],
    });
    // Beside the panel, or above it on a phone.
    const offset: [number, number] = this.clientWidth > 700 ? [-180, 0] : [0, 0];
    if (place) this.#map?.easeTo({ center: place, offset, zoom: Math.max(this.#map.getZoom(), 13) });
  };

  #redress = (): void => {
    const { style } = this.dataset;
    if (style) void this.#style(style).then((read) => this.#map?.setStyle(read, { diff: false }));
  };
}

customElements.define("incident-map", IncidentMap);
