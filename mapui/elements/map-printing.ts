import type { Map } from "maplibre-gl";

/** How wide a map may be on a sheet held upright, in dots of the page. */
const SHEET = 690;

/**
 * Have a map stand on paper as it is seen. What WebGL drew is gone once it was shown, so a
 * plain picture of it lies over it while the page is printed; the frame keeps its size, for
 * pins to stay where they are, and is made smaller as a whole where the sheet is narrow.
 */
export function printsAsSeen(map: Map): void {
  const frame = map.getContainer();
  const before = (): void => {
    after();
    const seen = map.getCanvas();
    map.redraw();
    const copy = document.createElement("canvas");
    Object.assign(copy, { className: "map-printed", width: seen.width, height: seen.height });
    copy.classList.toggle("is-night", matchMedia("(prefers-color-scheme: dark)").matches);
    copy.getContext("2d")?.drawImage(seen, 0, 0);
    seen.after(copy);
    const { clientWidth, clientHeight } = frame;
    frame.style.setProperty("--seen-wide", `${clientWidth}px`);
    frame.style.setProperty("--seen-high", `${clientHeight}px`);
    frame.style.setProperty("--seen-zoom", String(Math.min(1, SHEET / clientWidth)));
  };
  const after = (): void => frame.querySelector(".map-printed")?.remove();
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  map.on("remove", () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  });
}
