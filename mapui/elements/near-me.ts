import type { IControl, Map } from "maplibre-gl";

/** How it went: where the device is, or why nobody knows. */
export type Nearness = { lon: number; lat: number; metres: number } | "near.refused" | "near.unknown";

/**
 * The button that asks where the device is, once a press; it keeps no track of anybody.
 *
 * It can be pressed whatever was allowed before, so that it can say what to do about it.
 */
export class NearMe implements IControl {
  #group = document.createElement("div");

  constructor(
    private readonly label: string,
    private readonly tell: (found: Nearness) => void,
  ) {}

  onAdd(_map: Map): HTMLElement {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "maplibregl-ctrl-geolocate",
      title: this.label,
    });
    button.setAttribute("aria-label", this.label);
    const icon = Object.assign(document.createElement("span"), { className: "maplibregl-ctrl-icon" });
    icon.setAttribute("aria-hidden", "true");
    button.append(icon);
    button.addEventListener("click", () => this.#ask(button));
    this.#group.className = "maplibregl-ctrl maplibregl-ctrl-group";
    this.#group.append(button);
    return this.#group;
  }

  onRemove(): void {
    this.#group.remove();
  }

  #ask(button: HTMLElement): void {
    // Where a site is not fetched safely the browser offers nothing to ask.
    if (!navigator.geolocation) return this.tell("near.unknown");
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-busy");
        this.tell({ lon: coords.longitude, lat: coords.latitude, metres: coords.accuracy });
      },
      ({ code, PERMISSION_DENIED }) => {
        button.removeAttribute("aria-busy");
        this.tell(code === PERMISSION_DENIED ? "near.refused" : "near.unknown");
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  }
}
