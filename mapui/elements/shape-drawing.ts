import type { Map } from "maplibre-gl";
import * as terra from "terra-draw";
import type { GeoJSONStoreFeatures, TerraDraw } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { boxOf, makeMap, readStyle, token } from "./map-base";

type Position = number[];
type Ring = Position[];
type Mode = "part" | "hole" | "line" | "point" | "select";

/** Finer than a hand can mean, and as fine as the map takes. */
const DIGITS = 7;
/** From this zoom on one sees what a line could be drawn along. */
const NEAR = 14;
const round = (position: Position): Position => position.slice(0, 2).map((each) => Number(each.toFixed(DIGITS)));

/**
 * A shape that is drawn by hand. What it is stands in the text field within, as GeoJSON:
 * there it is read from and written to, so the page keeps it without this map.
 *
 * The buttons within name what they do by `data-do`: a mode, or undo, redo, remove. What
 * lies round it is fetched from `data-shapes`, or for what is in view from `data-nearby`,
 * and drawn lines snap to it.
 *
 * @example <shape-drawing data-style="…" data-shapes="…" data-view="w,s,e,n" data-kinds="part hole"><textarea></textarea></shape-drawing>
 */
class ShapeDrawing extends HTMLElement {
  #map?: Map;
  #draw?: TerraDraw;
  #chosen?: string | number;
  #isChanged = false;

  connectedCallback(): void {
    this.#open().catch(() => this.#say(this.dataset.failed));
    addEventListener("beforeunload", this.#warn);
    this.closest("form")?.addEventListener("submit", () => (this.#isChanged = false));
  }

  disconnectedCallback(): void {
    removeEventListener("beforeunload", this.#warn);
    this.#draw?.stop();
    this.#map?.remove();
  }

  get #text(): HTMLTextAreaElement {
    const found = this.querySelector("textarea");
    if (!found) throw new Error("shape-drawing needs a text field");
    return found;
  }

  get #kinds(): Mode[] {
    return (this.dataset.kinds ?? "part hole").split(" ") as Mode[];
  }

  async #open(): Promise<void> {
    const { style, shapes, view } = this.dataset;
    if (!style) throw new Error("shape-drawing needs data-style");
    const around = shapes ? fetch(shapes, { headers: { Accept: "application/geo+json" } }) : undefined;
    const frame = document.createElement("div");
    frame.className = "drawing-frame";
    this.querySelector(".drawing-bar")?.after(frame);
    const map = await makeMap(frame, readStyle(style), { bounds: boxOf(view), maxZoom: 20 });
    if (!this.isConnected) return map.remove();
    this.#map = map;
    if (!map.loaded()) await map.once("load");
    this.#draw = this.#made(new TerraDrawMapLibreGLAdapter({ map }));
    this.#draw.start();
    await this.#lay(around);
    this.#read();
    this.#listen(this.#draw);
    if (this.dataset.nearby) {
      map.on("moveend", () => void this.#look(map).catch(() => this.#say(this.dataset.failed)));
      await this.#look(map);
    }
    this.#turn(this.#text.value.trim() ? "select" : (this.#kinds[0] ?? "part"));
    const [only, ...others] = this.#draw.getSnapshot().filter((each) => modeOf(each) !== "beside");
    if (only?.id !== undefined && !others.length) this.#draw.selectFeature(only.id);
    this.toggleAttribute("data-ready", true);
  }

  /** Set the pen up: one mode for each kind of line, all snapping to what is there. */
  #made(adapter: ConstructorParameters<typeof TerraDraw>[0]["adapter"]): TerraDraw {
    const own = colour("--brand");
    const cut = colour("--danger");
    const other = colour("--muted");
    const toFeature = { filter: () => true, toLine: true, toCoordinate: true };
    const snapping = { toLine: true, toCoordinate: true, toFeature };
    const validation = terra.ValidateNotSelfIntersecting;
    const fill = (paint: `#${string}`, fillOpacity: number) => ({
      fillColor: paint,
      fillOpacity,
      outlineColor: paint,
      outlineWidth: 2.5,
      closingPointColor: paint,
      snappingPointColor: colour("--call"),
    });
    const flags = {
      feature: { validation, coordinates: { midpoints: true, draggable: true, deletable: true, snappable: snapping } },
    };
    return new terra.TerraDraw({
      adapter,
      modes: [
        new terra.TerraDrawPolygonMode({ modeName: "part", snapping, validation, styles: fill(own, 0.18) }),
        new terra.TerraDrawPolygonMode({ modeName: "hole", snapping, validation, styles: fill(cut, 0.3) }),
        new terra.TerraDrawLineStringMode({
          modeName: "line",
          snapping,
          styles: { lineStringColor: own, lineStringWidth: 4 },
        }),
        new terra.TerraDrawPointMode({ modeName: "point", styles: { pointColor: own, pointWidth: 9 } }),
        new terra.TerraDrawRenderMode({
          modeName: "beside",
          styles: {
            polygonFillColor: other,
            polygonFillOpacity: 0.06,
            polygonOutlineColor: other,
            polygonOutlineWidth: 1.5,
            lineStringColor: other,
            lineStringWidth: 2,
            pointColor: other,
            pointWidth: 4,
          },
        }),
        new terra.TerraDrawSelectMode({
          flags: { part: flags, hole: flags, line: flags, point: { feature: { draggable: true } } },
          styles: {
            selectedPolygonColor: own,
            selectedPolygonFillOpacity: 0.25,
            selectedPolygonOutlineColor: own,
            selectedPolygonOutlineWidth: 3,
            selectionPointColor: own,
            midPointColor: colour("--surface"),
            midPointOutlineColor: own,
          },
        }),
      ],
      undoRedo: {
        modeLevel: new terra.TerraDrawModeUndoRedo(),
        sessionLevel: new terra.TerraDrawSessionUndoRedo(),
        keyboardShortcuts: new terra.TerraDrawUndoRedoKeyboardShortcuts(),
      },
    });
  }

  /** Draw what lies round it, faintly; it is snapped to and cannot be moved. */
  async #lay(asked?: Promise<Response>): Promise<void> {
    const answer = await asked;
    if (!answer) return;
    if (!answer.ok) throw new Error(`No shapes: ${answer.status}`);
    const { features } = (await answer.json()) as GeoJSON.FeatureCollection;
    const beside = features.flatMap(({ geometry }) => flat(geometry)).map((each) => feature("beside", each));
    this.#draw?.addFeatures(beside);
  }

  /** Draw what lies in view now, once one is near enough to draw along it. */
  async #look(map: Map): Promise<void> {
    if (map.getZoom() < NEAR) return;
    const box = map.getBounds().toArray().flat().map((each) => each.toFixed(5)).join(",");
    const asked = fetch(`${this.dataset.nearby}?bbox=${box}`, { headers: { Accept: "application/geo+json" } });
    const answer = await asked;
    const before = this.#draw?.getSnapshot().filter((each) => modeOf(each) === "beside") ?? [];
    this.#draw?.removeFeatures(before.flatMap(({ id }) => (id === undefined ? [] : [id])));
    await this.#lay(Promise.resolve(answer));
  }

  /** Take up the shape from the text field, each ring by itself, and look at it. */
  #read(): void {
    const said = this.#text.value.trim();
    if (!said) return;
    let geometry: GeoJSON.Geometry;
    try {
      geometry = JSON.parse(said) as GeoJSON.Geometry;
    } catch {
      return;
    }
    const kept = this.#draw?.getSnapshot().filter((each) => modeOf(each) !== "beside") ?? [];
    this.#draw?.removeFeatures(kept.flatMap(({ id }) => (id === undefined ? [] : [id])));
    const drawn = rings(geometry);
    this.#draw?.addFeatures(drawn.map(([mode, shape]) => feature(mode, shape)));
    this.#draw?.clearUndoRedoHistory();
    const corners = drawn.flatMap(([, shape]) => flatten(shape.coordinates as never));
    if (!corners.length) return;
    const [lons, lats] = [corners.map(([x = 0]) => x), corners.map(([, y = 0]) => y)];
    const box: [number, number, number, number] = [
      Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats),
    ];
    this.#map?.fitBounds(box, { padding: 56, maxZoom: 18, animate: false });
  }

  /** Put what is drawn into the text field. */
  #write(): void {
    const drawn = (this.#draw?.getSnapshot() ?? []).filter(({ properties }) => !properties.currentlyDrawing);
    const of = (mode: Mode) => drawn.filter((each) => modeOf(each) === mode).map(({ geometry }) => geometry);
    const shape = together(of("part"), of("hole")) ?? whole(of("line"), "MultiLineString") ?? whole(of("point"), "MultiPoint");
    const said = shape ? JSON.stringify(shape) : "";
    if (said === this.#text.value) return;
    this.#text.value = said;
    this.#isChanged = true;
    this.#say(this.dataset.changed);
  }

  #listen(draw: TerraDraw): void {
    draw.on("finish", (id, { mode }) => {
      this.#write();
      if (mode !== "select") {
        this.#turn("select");
        draw.selectFeature(id);
      }
    });
    draw.on("select", (id) => this.#choose(id));
    draw.on("deselect", () => this.#choose());
    draw.on("history", () => {
      this.#write();
      this.#enable();
    });
    draw.on("change", (_ids, type) => type === "delete" && this.#write());
    this.addEventListener("click", ({ target }) => {
      const pressed = target instanceof Element ? target.closest<HTMLButtonElement>("[data-do]") : null;
      if (pressed?.dataset.do) this.#act(pressed.dataset.do);
    });
    this.#text.addEventListener("change", () => this.#read());
  }

  #act(what: string): void {
    const draw = this.#draw;
    if (!draw) return;
    if (what === "undo") draw.undo();
    else if (what === "redo") draw.redo();
    else if (what === "remove") {
      if (this.#chosen !== undefined) draw.removeFeatures([this.#chosen]);
      this.#choose();
      this.#write();
    } else this.#turn(what as Mode);
    this.#enable();
  }

  #turn(mode: Mode): void {
    this.#draw?.setMode(mode);
    for (const each of this.querySelectorAll<HTMLButtonElement>("[data-mode]")) {
      each.setAttribute("aria-pressed", String(each.dataset.do === mode));
    }
    this.#say(this.querySelector<HTMLElement>(`[data-do="${mode}"]`)?.dataset.hint);
    this.#enable();
  }

  #choose(id?: string | number): void {
    this.#chosen = id;
    this.#enable();
  }

  #enable(): void {
    const able: Record<string, boolean> = {
      undo: this.#draw?.canUndo() ?? false,
      redo: this.#draw?.canRedo() ?? false,
      remove: this.#chosen !== undefined,
    };
    for (const [what, isAble] of Object.entries(able)) {
      this.querySelector(`[data-do="${what}"]`)?.setAttribute("aria-disabled", String(!isAble));
    }
  }

  #warn = (event: BeforeUnloadEvent): void => {
    if (this.#isChanged) event.preventDefault();
  };

  #say(words = ""): void {
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = words;
  }
}

function colour(name: string): `#${string}` {
  return token(name) as `#${string}`;
}

function feature(mode: string, geometry: GeoJSON.Geometry): GeoJSONStoreFeatures {
  return { type: "Feature", properties: { mode }, geometry } as GeoJSONStoreFeatures;
}

function modeOf({ properties }: GeoJSONStoreFeatures): unknown {
  return properties.mode;
}

function flatten(coordinates: Position | Ring | Ring[]): Position[] {
  if (typeof coordinates[0] === "number") return [coordinates as Position];
  return (coordinates as Ring[]).flatMap((each) => flatten(each as never));
}

function polygon(ring: Ring): GeoJSON.Polygon {
  return { type: "Polygon", coordinates: [ring.map(round)] };
}

/** Every outer ring, hole, line and point of a shape by itself: the pen knows no more. */
function rings(geometry: GeoJSON.Geometry): [Mode, GeoJSON.Polygon | GeoJSON.LineString | GeoJSON.Point][] {
  switch (geometry.type) {
    case "Polygon":
      return geometry.coordinates.map((ring, turn) => [turn ? "hole" : "part", polygon(ring)]);
    case "MultiPolygon":
      return geometry.coordinates.flatMap((coordinates) => rings({ type: "Polygon", coordinates }));
    case "LineString":
      return [["line", { type: "LineString", coordinates: geometry.coordinates.map(round) }]];
    case "MultiLineString":
      return geometry.coordinates.flatMap((coordinates) => rings({ type: "LineString", coordinates }));
    case "Point":
      return [["point", { type: "Point", coordinates: round(geometry.coordinates) }]];
    case "MultiPoint":
      return geometry.coordinates.flatMap((coordinates) => rings({ type: "Point", coordinates }));
    default:
      return [];
  }
}

function flat(geometry: GeoJSON.Geometry): GeoJSON.Geometry[] {
  return rings(geometry).map(([, each]) => each);
}

/** Put the parts of an area together again, each with the holes that lie in it. */
function together(parts: GeoJSON.Geometry[], holes: GeoJSON.Geometry[]): GeoJSON.MultiPolygon | null {
  const outer = parts.filter((each) => each.type === "Polygon").map(({ coordinates }) => [coordinates[0] ?? []]);
  if (!outer.length) return null;
  for (const hole of holes) {
    if (hole.type !== "Polygon") continue;
    const [ring = []] = hole.coordinates;
    const around = outer.find(([first = []]) => ring[0] && isWithin(ring[0], first));
    around?.push(ring);
  }
  return { type: "MultiPolygon", coordinates: outer.map((each) => each.map((ring) => ring.map(round))) };
}

function whole(
  drawn: GeoJSON.Geometry[],
  type: "MultiLineString" | "MultiPoint",
): GeoJSON.Geometry | null {
  const simple = drawn.filter((each) => each.type === "LineString" || each.type === "Point");
  if (simple.length < 2) return simple[0] ?? null;
  return { type, coordinates: simple.map(({ coordinates }) => coordinates) } as GeoJSON.Geometry;
}

function isWithin([x = 0, y = 0]: Position, ring: Ring): boolean {
  let isIn = false;
  ring.forEach(([x1 = 0, y1 = 0], turn) => {
    const [x2 = 0, y2 = 0] = ring[(turn + ring.length - 1) % ring.length] ?? [];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isIn = !isIn;
  });
  return isIn;
}

customElements.define("shape-drawing", ShapeDrawing);
