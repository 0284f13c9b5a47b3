import { NavigationControl, ScaleControl, type GeoJSONSource, type Map, type StyleSpecification, type VectorTileSource } from "maplibre-gl";
import { SHAPES, boxOf, drawShape, makeMap, readStyle, showWard, token, words } from "./map-base";
import { Fan, Stacks, told } from "./map-fan";
import { NearMe, type Nearness } from "./near-me";
import type { PlaceChosen } from "./place-search";

/** Which report was chosen, and where its panel is. */
export type ReportChosen = CustomEvent<{ public_id: string; url: string }>;

const NARROW = matchMedia("(max-width: 59.99rem)");
/** How much of the map the list covers where it is drawn up over it. */
const COVERED = 104;
/** What is drawn of the reports; nothing of it where what is asked for makes no sense. */
const OF_REPORTS = ["about", "clusters", "cluster-counts", "reports", "stacked"];

/**
 * The public map. Says which report was chosen, and what part of the city is in its frame;
 * what happens next is the page's affair.
 *
 * The page lists the same reports beside it for those who see no map. It draws what the
 * list says it shows (`data-drawn`), and asks again when the list has changed.
 *
 * With `data-leads` it stands among other things of a page: a report that is chosen is gone
 * to, and a finger scrolls the page.
 *
 * @example <incident-map data-style="/ban-do/style.json" data-report="/su-viec/_"></incident-map>
 * @fires report-chosen - a ReportChosen
 * @fires map-ready - with west,south,east,north of the first frame
 * @fires map-moved - the same, when somebody moved the map or asked for a place
 */
class IncidentMap extends HTMLElement {
  #isDressed = false;
  #map?: Map;
  #ward = "";
  #night = matchMedia("(prefers-color-scheme: dark)");

  async connectedCallback(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      this.classList.add("is-broken");
      console.warn(error);
    }
  }

  async #start(): Promise<void> {
    const { style, bounds, view } = this.dataset;
    if (!style) throw new Error("incident-map needs data-style");
    const [west, south, east, north] = boxOf(bounds);
    const frame = new URLSearchParams(location.search).get("bbox");
    const isGiven = /(^|[#&])o=/.test(location.hash);
    // An address that holds a view holds: no ward is gone to over it.
    if (isGiven) this.#ward = this.#asked().get("ward") ?? "";
    const map = await makeMap(this, this.#style(style), {
      bounds: boxOf(frame && this.#drawn() !== null ? frame : (view ?? bounds)),
      fitBoundsOptions: frame ? { padding: 0 } : { padding: 24 },
      maxBounds: [west - 1, south - 1, east + 1, north + 1],
      maxZoom: 19,
      minZoom: 6,
      hash: "o",
      cooperativeGestures: "leads" in this.dataset && matchMedia("(pointer: coarse)").matches,
    });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new NearMe(words()["near.me"] ?? "", this.#goNear), "top-right");
    map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-right");
    map.on("style.load", () => this.#dress());
    map.once("load", () => {
      this.classList.add("is-drawn");
      this.#tell("map-ready");
    });
    const fan = new Fan(map, (public_id) => this.#choose({ public_id }));
    new Stacks(map);
    map.on("click", "reports", ({ features = [], lngLat }) => {
      const here = told(features);
      const place = features[0]?.geometry;
      const [lng = lngLat.lng, lat = lngLat.lat] = place?.type === "Point" ? place.coordinates : [];
      // Closing what is open belongs to the same press, and comes first.
      if (here.length > 1) setTimeout(() => fan.open(here, { lng, lat }));
      else this.#choose(features[0]?.properties);
    });
    map.on("click", "clusters", ({ lngLat, originalEvent }) => {
      map.easeTo({ center: lngLat, zoom: Math.min(map.getZoom() + 2, 18) }, { originalEvent });
    });
    map.on("moveend", (event) => {
      if ((event as { originalEvent?: unknown }).originalEvent) this.#tell("map-moved");
    });
    map.on("error", ({ error }) => this.#fail(error));
    for (const layer of ["reports", "clusters"]) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
    document.addEventListener("htmx:afterSettle", this.#ask);
    document.addEventListener("place-chosen", this.#goTo);
    document.addEventListener("report-shown", this.#show);
    document.addEventListener("report-pointed", this.#point);
    this.#night.addEventListener("change", this.#redress);
  }

  disconnectedCallback(): void {
    document.removeEventListener("htmx:afterSettle", this.#ask);
    document.removeEventListener("place-chosen", this.#goTo);
    document.removeEventListener("report-shown", this.#show);
    document.removeEventListener("report-pointed", this.#point);
    this.#night.removeEventListener("change", this.#redress);
    this.#map?.remove();
  }

  #dress(): void {
    this.#isDressed = true;
    const ratio = Math.ceil(devicePixelRatio);
    for (const status of SHAPES) {
      if (this.#map?.hasImage(status)) this.#map.removeImage(status);
      this.#map?.addImage(status, drawShape(status, ratio), { pixelRatio: ratio });
    }
    this.#goToWard();
    void this.#outline().catch((error: unknown) => console.warn(error));
  }

  /** Draw where many are met by one thing, under the reports; a press leads to it. */
  async #outline(): Promise<void> {
    const { incidents, incident } = this.dataset;
    if (!incidents || !this.#map) return;
    const answer = await fetch(incidents, { headers: { Accept: "application/geo+json" } });
    if (!answer.ok) return;
    const data = (await answer.json()) as GeoJSON.FeatureCollection;
    const map = this.#map;
    // Where the style was changed meanwhile, the next one asks anew.
    if (!this.#isDressed || map.getSource("incidents")) return;
    map.addSource("incidents", { type: "geojson", data });
    const below = OF_REPORTS.find((each) => map.getLayer(each));
    const paint = token("--danger");
    const fill = { "fill-color": paint, "fill-opacity": 0.14 };
    const line = { "line-color": paint, "line-width": 2, "line-dasharray": [2, 1.5] };
    map.addLayer({ id: "incidents", type: "fill", source: "incidents", paint: fill }, below);
    map.addLayer({ id: "incidents-edge", type: "line", source: "incidents", paint: line }, below);
    map.on("click", "incidents", ({ features, point }) => {
      const isOnReport = map.queryRenderedFeatures(point, { layers: ["reports", "clusters"] }).length > 0;
      const id: unknown = features?.[0]?.properties.public_id;
      if (!isOnReport && typeof id === "string") location.assign((incident ?? "").replace("_", encodeURIComponent(id)));
    });
  }

  /** Go to where the device is, or say plainly why not. */
  #goNear = (found: Nearness): void => {
    if (typeof found === "string") return this.#say(found);
    const { lon, lat, metres } = found;
    const [west, south, east, north] = boxOf(this.dataset.bounds);
    if (lon < west || lon > east || lat < south || lat > north) return this.#say("near.outside");
    this.#say();
    this.#mark("me", [lon, lat]);
    const zoom = metres > 1000 ? 13 : 15;
    this.#map?.easeTo({ center: [lon, lat], zoom }, { originalEvent: found });
  };

  #choose(tile: Record<string, unknown> | undefined): void {
    const id = tile?.public_id;
    if (typeof id !== "string") return;
    const url = (this.dataset.report ?? "").replace("_", encodeURIComponent(id));
    if ("leads" in this.dataset) return location.assign(url);
    const chosen: ReportChosen = new CustomEvent("report-chosen", { bubbles: true, detail: { public_id: id, url } });
    this.dispatchEvent(chosen);
  }

  /** What the list shows, wherever it lies; null where what was asked makes no sense. */
  #drawn(): string | null {
    return document.querySelector<HTMLElement>("[data-drawn]")?.dataset.drawn ?? null;
  }

  #asked(): URLSearchParams {
    return new URLSearchParams(this.#drawn() ?? "");
  }

  /** Where the tiles are of what is listed: under the same filters. */
  #tiles(): string {
    const asked = this.#drawn();
    return `${location.origin}${this.dataset.tiles}${asked ? `?${asked}` : ""}`;
  }

  async #style(url: string): Promise<StyleSpecification> {
    const style = await readStyle(url);
    const { reports } = style.sources;
    if (reports?.type === "vector") reports.tiles = [this.#tiles()];
    if (this.#drawn() !== null) return style;
    // Hidden layers ask for no tiles.
    const layers = style.layers.map((layer) =>
      OF_REPORTS.includes(layer.id) ? { ...layer, layout: { ...layer.layout, visibility: "none" } } : layer,
    );
    return { ...style, layers } as StyleSpecification;
  }

  #ask = (event: Event): void => {
    if (!(event.target instanceof Element) || event.target.id !== "results") return;
    const source = this.#map?.getSource<VectorTileSource>("reports");
    const wanted = this.#tiles();
    const isSense = this.#drawn() !== null;
    if (isSense && source && source.tiles[0] !== wanted) source.setTiles([wanted]);
    this.#showReports(isSense);
    this.#goToWard();
  };

  /** Show or hide the reports, where they are not so yet: either draws them all anew. */
  #showReports(shown: boolean): void {
    for (const layer of OF_REPORTS) {
      const isShown = this.#map?.getLayoutProperty(layer, "visibility") !== "none";
      if (isShown !== shown) this.#map?.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
    }
  }

  #goToWard(): void {
    const ward = this.#asked().get("ward") ?? "";
    if (this.#map && ward && ward !== this.#ward) void showWard(this.#map, ward);
    this.#ward = ward;
  }

  #goTo = (event: Event): void => {
    const { code, box, is_now } = (event as PlaceChosen).detail;
    if (is_now) this.#ward = code;
    if (!box) return;
    const asked = is_now ? {} : { originalEvent: event };
    const padding = { top: 84, right: 32, bottom: NARROW.matches ? COVERED + 84 : 84, left: 32 };
    this.#map?.fitBounds(box, { padding, maxZoom: 15 }, asked);
    this.#say();
  };

  #show = (event: Event): void => {
    const place = (event as CustomEvent<{ lon: number; lat: number } | null>).detail;
    this.#mark("chosen", place && [place.lon, place.lat]);
    // Beside the panel, or above it on a phone.
    const offset: [number, number] = this.clientWidth > 700 ? [-180, 0] : [0, -this.clientHeight * 0.24];
    if (place) this.#map?.easeTo({ center: place, offset, zoom: Math.max(this.#map.getZoom(), 13) });
  };

  #point = (event: Event): void => this.#mark("pointed", (event as CustomEvent<[number, number] | null>).detail);

  #mark(name: string, coordinates: [number, number] | null): void {
    this.#map?.getSource<GeoJSONSource>(name)?.setData({
      type: "FeatureCollection",
      features: coordinates ? [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates } }] : [],
    });
  }

  /** Say what part of the city can be seen: not what lies under the list. */
  #tell(name: "map-ready" | "map-moved"): void {
    const map = this.#map;
    if (!map) return;
    const { clientWidth, clientHeight } = this;
    const from = map.unproject([0, 0]);
    const to = map.unproject([clientWidth, clientHeight - (NARROW.matches ? COVERED : 0)]);
    const corners = [from.lng, to.lat, to.lng, from.lat];
    const most = [180, 90, 180, 90];
    const detail = corners.map((each, turn) => Math.max(-most[turn]!, Math.min(most[turn]!, each)).toFixed(4)).join(",");
    document.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Say a thing beside the map, or nothing any more. */
  #say(which?: string): void {
    const place = this.parentElement?.querySelector(".map-said");
    if (place) place.textContent = which ? (words()[which] ?? "") : "";
  }

  /** A tile that does not come is said once, with a way to ask again. */
  #fail(error: { message: string }): void {
    console.warn(error.message);
    this.#say("tiles.failed");
    const place = this.parentElement?.querySelector(".map-said");
    const again = Object.assign(document.createElement("button"), {
      className: "btn btn-quiet",
      type: "button",
      textContent: words()["again"] ?? "",
    });
    again.addEventListener("click", () => {
      this.#say();
      this.#redress(); // A source never asks again for a tile that failed; a new one does.
    });
    place?.append(again);
  }

  #redress = (): void => {
    const { style } = this.dataset;
    if (!style) return;
    void this.#style(style).then((read) => {
      this.#isDressed = false;
      this.#map?.setStyle(read, { diff: false });
    });
  };
}

customElements.define("incident-map", IncidentMap);
