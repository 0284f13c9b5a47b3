import { read, wardName, write } from "./filing-fields";
import { say } from "./filing-words";
import type { PinMoved, PlaceFound } from "./pin-picker";
import type { PlaceChosen } from "./place-search";
import { WardCombo } from "./ward-combo";

interface Area {
  kind: string;
  code: string;
  share: number;
}
interface Located {
  areas: Area[];
  beside: Area[];
  doubts: string[];
}
interface Spot {
  lat: number;
  lon: number;
  accuracy: number;
  source: "gps" | "tap";
}

/** Good enough to tell one side of a street from the other. */
const PRECISE_M = 20;
const PATIENCE_MS = 20_000;

/**
 * Says where it is, in whichever way one can: the device's own position, waited for until
 * it is precise; a map, fetched only when it is wanted; a ward; or no place. A position
 * that may lie in several wards is asked about.
 *
 * @example <place-finder data-locate="/api/v1/locate">…</place-finder>
 * @fires place-found - a PlaceFound, for a map that follows
 * @fires ward-named - the code of a ward one has named
 */
class PlaceFinder extends HTMLElement {
  #form!: HTMLFormElement;
  #combo?: WardCombo;
  #watch?: number;
  #patience = 0;
  #best?: Spot;
  #asked?: AbortController;

  connectedCallback(): void {
    const form = this.closest("form");
    if (!form) return;
    this.#form = form;
    this.#on("gps", () => this.#findMe());
    this.#on("map", () => this.#openMap());
    this.#on("accept", () => this.#settle());
    this.#on("clear", () => this.#clear());
    this.addEventListener("pin-moved", (event) => {
      this.#stop();
      this.#take({ ...(event as PinMoved).detail, accuracy: 0, source: "tap" });
    });
    const combo = this.querySelector<HTMLElement>("[data-combo]");
    if (combo) this.#combo = new WardCombo(combo, form, (code) => this.#nameWard(code));
    this.addEventListener("place-chosen", (event) => this.#look((event as PlaceChosen).detail));
    this.querySelector("input[name='no_place']")?.addEventListener("change", ({ target }) => {
      if ((target as HTMLInputElement).checked) this.#clear({ ward: true });
    });
    form.addEventListener("draft-restored", () => this.#restore());
    this.closest("filing-steps")?.addEventListener("screen-shown", () => this.#settle());
    this.#restore();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  #on(act: string, does: () => void): void {
    this.querySelector(`[data-act='${act}']`)?.addEventListener("click", does);
  }

  #restore(): void {
    this.#combo?.show();
    const [lat, lon] = [read(this.#form, "lat"), read(this.#form, "lon")];
    if (!lat || !lon) return;
    const source = read(this.#form, "place_source") === "gps" ? "gps" : "tap";
    void this.#name({ lat: Number(lat), lon: Number(lon), accuracy: Number(read(this.#form, "accuracy")), source });
  }

  /** Watch the position until it is precise, time is up, or the person has enough. */
  #findMe(): void {
    this.#stop();
    this.#best = undefined;
    if (!("geolocation" in navigator)) return this.#say(say("no_gps"));
    this.#say(say("seeking"));
    this.#patience = window.setTimeout(() => this.#settle(), PATIENCE_MS);
    this.#watch = navigator.geolocation.watchPosition(
      ({ coords }) => this.#weigh(coords),
      // A position that is lost for a moment may come back; a refusal is final.
      ({ code, PERMISSION_DENIED }) => (code === PERMISSION_DENIED ? this.#giveUp() : undefined),
      { enableHighAccuracy: true, maximumAge: 0, timeout: PATIENCE_MS },
    );
  }

  /** A position that jumps: the most precise one so far is the one that counts. */
  #weigh({ latitude: lat, longitude: lon, accuracy }: GeolocationCoordinates): void {
    if (this.#best && accuracy >= this.#best.accuracy) return;
    this.#best = { lat, lon, accuracy, source: "gps" };
    this.#write(this.#best);
    if (accuracy <= PRECISE_M) return this.#settle();
    this.#say(say("better", { metres: accuracy.toFixed(0) }));
    this.#offer("accept", true);
  }

  #settle(): void {
    if (this.#watch === undefined) return;
    const best = this.#best;
    this.#stop();
    if (best) this.#take(best);
    else this.#giveUp();
  }

  #giveUp(): void {
    this.#stop();
    this.#say(say("no_gps"));
  }

  #stop(): void {
    clearTimeout(this.#patience);
    if (this.#watch !== undefined) navigator.geolocation.clearWatch(this.#watch);
    this.#watch = undefined;
    this.#offer("accept", false);
  }

  #take(spot: Spot): void {
    // Which of several wards it was is no answer for another point.
    if (this.querySelector("input[name='disc']:checked")) {
      write(this.#form, "ward", "");
      this.#combo?.show();
    }
    this.#write(spot);
    if (spot.source === "gps") {
      const found: PlaceFound = new CustomEvent("place-found", { bubbles: true, detail: spot });
      this.dispatchEvent(found);
    }
    void this.#name(spot);
  }

  #write({ lat, lon, accuracy, source }: Spot): void {
    write(this.#form, "lat", lat.toFixed(6));
    write(this.#form, "lon", lon.toFixed(6));
    write(this.#form, "accuracy", accuracy ? accuracy.toFixed(1) : "");
    write(this.#form, "place_source", source);
    write(this.#form, "no_place", "");
    this.#offer("clear", true);
    this.#changed();
  }

  #clear({ ward = false } = {}): void {
    this.#stop();
    this.#asked?.abort();
    for (const name of ["lat", "lon", "accuracy", "place_source"]) write(this.#form, name, "");
    if (ward) write(this.#form, "ward", "");
    this.#combo?.show();
    this.#offer("clear", false);
    this.#ask([]);
    this.#say(say("ward_cleared"));
    this.#changed();
    if (!ward) this.querySelector<HTMLElement>("[data-act='gps']")?.focus();
  }

  #nameWard(code: string): void {
    if (code) write(this.#form, "no_place", "");
    this.dispatchEvent(new CustomEvent("ward-named", { bubbles: true, detail: code }));
    this.#changed();
  }

  /** An address names its ward, and where to look: a pin is put by hand or by position. */
  #look({ ward, box }: PlaceChosen["detail"]): void {
    const picker = this.querySelector<HTMLElement>("pin-picker");
    if (picker && box) picker.dataset.view = box.join(",");
    if (ward && !read(this.#form, "lat")) {
      write(this.#form, "ward", ward);
      write(this.#form, "no_place", "");
      this.#combo?.show();
      this.#changed();
    }
  }

  #openMap(): void {
    const map = this.querySelector<HTMLElement>("#filing-map");
    if (!map) return;
    map.hidden = !map.hidden;
    this.querySelector("[data-act='map']")?.setAttribute("aria-expanded", String(!map.hidden));
    map.scrollIntoView({ block: "nearest" });
  }

  /** Say which ward the point is in; ask where it may lie in several. */
  async #name(spot: Spot): Promise<void> {
    this.#asked?.abort();
    this.#asked = new AbortController();
    const { lat, lon, accuracy, source } = spot;
    this.#offer("clear", true);
    const query = new URLSearchParams({ lat: lat.toFixed(6), lon: lon.toFixed(6) });
    if (accuracy) query.set("accuracy", accuracy.toFixed(1));
    const tell = (ward: string) =>
      this.#say(source === "gps" ? say("found", { ward, metres: accuracy.toFixed(0) }) : say("chosen", { ward }));
    try {
      const answer = await fetch(`${this.dataset.locate}?${query}`, { signal: this.#asked.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const { areas, beside, doubts } = (await answer.json()) as Located;
      const [ward] = areas;
      if (!ward) {
        this.#ask([]);
        return this.#say(say("outside"));
      }
      const same = [...areas, ...beside].filter(({ kind }) => kind === ward.kind);
      const several = doubts.includes("disc") && same.length > 1 ? same : [];
      this.#ask(several.map(({ code }) => code));
      if (several.length) this.#say(this.#question(several, accuracy));
      else tell(wardName(this.#form, ward.code));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) tell(say("unnamed"));
    }
  }

  #question(several: Area[], accuracy: number): string {
    const names = several.map(({ code }) => wardName(this.#form, code));
    const wards = new Intl.ListFormat(document.documentElement.lang, { type: "disjunction" }).format(names);
    return `± ${accuracy.toFixed(0)} m. ${say("disc", { wards })}`;
  }

  /** Put the wards that the position may lie in before the person; none takes it away. */
  #ask(codes: string[]): void {
    const disc = this.querySelector<HTMLElement>("[data-disc]");
    const options = disc?.querySelector("[data-disc-options]");
    if (!disc || !options) return;
    disc.hidden = !codes.length;
    const ward = read(this.#form, "ward");
    options.replaceChildren(
      ...codes.map((code) => {
        const radio = Object.assign(document.createElement("input"), {
          type: "radio",
          name: "disc",
          value: code,
          checked: code === ward,
        });
        radio.addEventListener("change", () => {
          write(this.#form, "ward", code);
          this.#combo?.show();
          this.#say(say("found", { ward: wardName(this.#form, code), metres: read(this.#form, "accuracy").replace(/\..*/, "") }));
          this.#changed();
        });
        const label = Object.assign(document.createElement("label"), { className: "choice" });
        label.append(radio, Object.assign(document.createElement("span"), { textContent: wardName(this.#form, code) }));
        return label;
      }),
    );
  }

  #offer(act: string, offered: boolean): void {
    this.querySelector(`[data-act='${act}']`)?.toggleAttribute("hidden", !offered);
  }

  #say(words: string): void {
    const said = this.querySelector("[data-said='place']");
    if (said) said.textContent = words;
  }

  #changed(): void {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

customElements.define("place-finder", PlaceFinder);
