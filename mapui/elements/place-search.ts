/** A ward of today, or a place of before whose area is looked at instead. */
export type PlaceChosen = CustomEvent<Place>;
interface Place {
  code: string;
  name: string;
  detail: string;
  is_now: boolean;
  box: [number, number, number, number];
}

/** So long nobody types before the site is asked. */
const PAUSE = 180;

/**
 * Finds wards, and districts of before, by name; what is chosen is the page's affair.
 *
 * The box is a combobox: arrows go through what was found, Enter chooses, Escape closes.
 *
 * @example <place-search data-find="/ban-do/tim"><input role="combobox" …><ul role="listbox" …></ul><p role="status"></p></place-search>
 * @fires place-chosen - a PlaceChosen
 */
class PlaceSearch extends HTMLElement {
  #box = this.querySelector("input");
  #list = this.querySelector("ul");
  #said = this.querySelector<HTMLElement>("[role='status']");
  #found: Place[] = [];
  #at = -1;
  #pause = 0;
  #asking?: AbortController;

  connectedCallback(): void {
    this.#box?.addEventListener("input", () => {
      clearTimeout(this.#pause);
      this.#pause = window.setTimeout(() => void this.#find(), PAUSE);
    });
    this.#box?.addEventListener("keydown", (event) => this.#key(event));
    this.#box?.addEventListener("focus", () => this.#show(this.#found.length > 0));
    this.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.contains(relatedTarget))) this.#show(false);
    });
    // Before the box loses the focus, or the list would be gone when it is pressed.
    this.#list?.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list?.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest("li") : null;
      if (option) this.#choose([...(this.#list?.children ?? [])].indexOf(option));
    });
  }

  async #find(): Promise<void> {
    const typed = this.#box?.value.trim() ?? "";
    this.#asking?.abort();
    this.#found = [];
    if (typed.length < 2 && !/\d/.test(typed)) return this.#list_("");
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    try {
      const answer = await fetch(`${this.dataset.find}?q=${encodeURIComponent(typed)}`, { signal });
      const told = (await answer.json()) as { said: string; places?: Place[] };
      this.#found = told.places ?? [];
      this.#list_(told.said);
    } catch (error) {
      if (!signal.aborted) this.#list_(this.dataset.failed ?? "");
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  }

  #list_(said: string): void {
    const options = this.#found.map(({ name, detail }, turn) => {
      const option = Object.assign(document.createElement("li"), { id: `place-${turn}`, role: "option" });
      option.append(Object.assign(document.createElement("b"), { textContent: name }));
      if (detail) option.append(Object.assign(document.createElement("span"), { textContent: detail }));
      return option;
    });
    this.#list?.replaceChildren(...options);
    if (this.#said) this.#said.textContent = said;
    this.#said?.classList.toggle("unseen", this.#found.length > 0 && !this.#isLoose(said));
    this.#point(-1);
    this.#show(this.#found.length > 0);
  }

  /** What is found loosely is said in sight as well. */
  #isLoose(said: string): boolean {
    return !/\d/.test(said);
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    const last = this.#found.length - 1;
    if (key === "Escape" && this.#box?.getAttribute("aria-expanded") === "true") {
      event.preventDefault();
      event.stopPropagation();
      return this.#show(false);
    }
    if (key === "Enter") {
      event.preventDefault();
      return this.#choose(Math.max(this.#at, 0));
    }
    if (last < 0 || (key !== "ArrowDown" && key !== "ArrowUp")) return;
    event.preventDefault();
    this.#show(true);
    if (key === "ArrowDown") this.#point(this.#at >= last ? 0 : this.#at + 1);
    else this.#point(this.#at <= 0 ? last : this.#at - 1);
  }

  #point(at: number): void {
    this.#at = at;
    const options = [...(this.#list?.children ?? [])];
    options.forEach((option, turn) => option.setAttribute("aria-selected", String(turn === at)));
    const there = options[at];
    if (there) this.#box?.setAttribute("aria-activedescendant", there.id);
    else this.#box?.removeAttribute("aria-activedescendant");
    there?.scrollIntoView({ block: "nearest" });
  }

  #show(shown: boolean): void {
    if (this.#list) this.#list.hidden = !shown;
    this.#box?.setAttribute("aria-expanded", String(shown));
  }

  #choose(at: number): void {
    const place = this.#found[at];
    if (!place || !this.#box) return;
    this.#box.value = place.name;
    this.#show(false);
    const chosen: PlaceChosen = new CustomEvent("place-chosen", { bubbles: true, detail: place });
    this.dispatchEvent(chosen);
  }
}

customElements.define("place-search", PlaceSearch);
