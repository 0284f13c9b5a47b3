import { chosen, read } from "./filing-fields";

const PAUSE_MS = 250;

/**
 * Asks what is open near the chosen place as soon as place and category are known, so that
 * it is there by the time its screen would come. `data-any` says that something was found.
 *
 * @example <nearby-open data-near="/…"><div data-found></div></nearby-open>
 */
class NearbyOpen extends HTMLElement {
  /** Kept once the answer to the last question is in, or will not come. */
  settled: Promise<void> = Promise.resolve();
  #asked = "";
  #abort?: AbortController;
  #soon = 0;

  connectedCallback(): void {
    const form = this.closest("form");
    if (!form) return;
    form.addEventListener("change", () => this.#ask(form));
    form.addEventListener("draft-restored", () => this.#ask(form));
    this.#ask(form);
  }

  #ask(form: HTMLFormElement): void {
    const [category, lat, lon] = [chosen(form)?.value, read(form, "lat"), read(form, "lon")];
    const query = category && lat && lon ? String(new URLSearchParams({ category, lat, lon })) : "";
    if (query === this.#asked) return;
    this.#asked = query;
    this.#abort?.abort();
    this.removeAttribute("data-any");
    this.querySelector("[data-found]")?.replaceChildren();
    if (!query) return;
    clearTimeout(this.#soon);
    this.settled = new Promise((done) => {
      this.#soon = window.setTimeout(() => void this.#fetch(query).finally(done), PAUSE_MS);
    });
  }

  async #fetch(query: string): Promise<void> {
    this.#abort = new AbortController();
    try {
      const answer = await fetch(`${this.dataset.near}?${query}`, { signal: this.#abort.signal });
      const text = answer.ok ? await answer.text() : "";
      if (query !== this.#asked) return;
      const page = new DOMParser().parseFromString(text, "text/html");
      this.querySelector("[data-found]")?.replaceChildren(...page.body.childNodes);
      this.toggleAttribute("data-any", this.querySelector("[data-found] li") !== null);
    } catch {
      if (query === this.#asked) this.#asked = ""; // A line that failed is asked again.
    }
  }
}

customElements.define("nearby-open", NearbyOpen);
