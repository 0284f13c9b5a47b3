import "maplibre-gl/dist/maplibre-gl.css";
import { Map, setWorkerUrl, type GeoJSONSource, type MapOptions, type StyleSpecification } from "maplibre-gl";
import { printsAsSeen } from "./map-printing";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";

setWorkerUrl(worker);

/** A token of the page's own colours, as it is now: by day, or by night. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Fetch a style and fill its tokens in, so that the page and the map have one palette. */
export async function readStyle(url: string): Promise<StyleSpecification> {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`No style at ${url}: ${answer.status}`);
  const text = await answer.text();
  return JSON.parse(text.replace(/var\((--[\w-]+)\)/g, (_, name: string) => token(name))) as StyleSpecification;
}

/** Make a map of the city inside `container`, labelled in the page's own font and language. */
export async function makeMap(
  container: HTMLElement,
  style: Promise<StyleSpecification>,
  options: Partial<MapOptions> = {},
): Promise<Map> {
  const [read] = await Promise.all([
    style,
    document.fonts.load('600 24px "Be Vietnam Pro"', "Đường ế"),
    document.fonts.load('400 24px "Be Vietnam Pro"', "Đường ế"),
  ]);
  const map = new Map({
    container,
    style: read,
    locale: words(),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    // A tile is fresh for a second; a map that is only looked at asks for none again.
    refreshExpiredTiles: false,
    ...options,
  });
  printsAsSeen(map);
  return map;
}

/** Bring a ward into view, by the point at which its name stands; one of before by those of its heirs. */
export async function showWard(map: Map, code: string): Promise<void> {
  const names = await map.getSource<GeoJSONSource>("names")?.getData();
  if (names?.type !== "FeatureCollection") return;
  const points = new globalThis.Map(
    (names as GeoJSON.FeatureCollection<GeoJSON.Point>).features.map(({ properties, geometry }) => [
      properties?.code as string,
      geometry.coordinates as [number, number],
    ]),
  );
  const heirs = document.querySelector<HTMLElement>("[data-heirs]")?.dataset.heirs ?? "";
  const found = (points.has(code) ? [code] : heirs.split(" ")).flatMap((each) => points.get(each) ?? []);
  const lons = found.filter((_, turn) => turn % 2 === 0);
  const lats = found.filter((_, turn) => turn % 2 === 1);
  if (lons.length === 0) return;
  const box: [number, number, number, number] = [
    Math.min(...lons),
    Math.min(...lats),
    Math.max(...lons),
    Math.max(...lats),
  ];
  if (lons.length === 1) map.easeTo({ center: [box[0], box[1]], zoom: 13 });
  else map.fitBounds(box, { padding: 96, maxZoom: 13 });
}

/** West, south, east, north, from an attribute. */
export function boxOf(said: string | undefined): [number, number, number, number] {
  const [west = 105.9, south = 8.4, east = 107.8, north = 11.6] = (said ?? "").split(",").map(Number);
  return [west, south, east, north];
}

/** What the map's own buttons are called on this page. */
export function words(): Record<string, string> {
  const said = document.getElementById("map-words")?.textContent;
  return said ? (JSON.parse(said) as Record<string, string>) : {};
}

export const SHAPES = ["waiting", "in_progress", "done", "refused"] as const;

/** Draw the pin of a status: told apart by its shape as well as by its colour. */
export function drawShape(status: (typeof SHAPES)[number], ratio: number): ImageData {
  const side = 26 * ratio;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("No canvas");
  pen.scale(ratio, ratio);
  pen.translate(13, 13);
  pen.lineJoin = "round";
  pen.beginPath();
  if (status === "waiting") pen.arc(0, 0, 9, 0, 2 * Math.PI);
  else if (status === "in_progress") corners(pen, [[0, -11], [11, 0], [0, 11], [-11, 0]]);
  else if (status === "done") pen.roundRect(-9, -9, 18, 18, 3);
  else corners(pen, [[0, -10], [11, 9], [-11, 9]]);
  pen.closePath();
  pen.fillStyle = token(`--${status.replace("_", "-")}`);
  pen.strokeStyle = token("--surface");
  pen.lineWidth = 2.5;
  pen.fill();
  pen.stroke();
  pen.strokeStyle = pen.fillStyle = token("--surface");
  pen.lineWidth = 2.2;
  pen.lineCap = "round";
  pen.beginPath();
  if (status === "done") {
    pen.moveTo(-4.5, 0.2);
    pen.lineTo(-1.2, 3.6);
    pen.lineTo(4.8, -3.4);
  } else if (status === "waiting") {
    pen.moveTo(0, -4.5);
    pen.lineTo(0, 0.4);
    pen.lineTo(3.2, 2.4);
  } else if (status === "in_progress") pen.arc(0, 0, 2.4, 0, 2 * Math.PI);
  else {
    pen.moveTo(-2.4, 1);
    pen.lineTo(2.4, 5.6);
    pen.moveTo(2.4, 1);
    pen.lineTo(-2.4, 5.6);
  }
  if (status === "in_progress") pen.fill();
  else pen.stroke();
  return pen.getImageData(0, 0, side, side);
}

function corners(pen: CanvasRenderingContext2D, points: [number, number][]): void {
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}
