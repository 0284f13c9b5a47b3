import { Combobox } from "./combobox";

/** What may be meant: a ward of today, a place of before, a street in a ward. */
export type PlaceChosen = CustomEvent<Place>;
export interface Place {
  code: string;
  name: string;
  detail: string;
  /** A ward of today itself, not something in it. */
  is_now: boolean;
  /** The address as one writes it, without its ward. */
  line: string;
  ward: string;
  is_placed: boolean;
  box: [number, number, number, number] | null;
}
interface Told {
  said: string;
  is_loose?: boolean;
  places?: Place[];
}

/** So long nobody types before the site is asked, and so long one waits unknowing. */
const PAUSE = 150;
const SLOW = 700;

/**
 * Finds wards, streets and addresses, of today and of before, while one types; what is
 * chosen is the page's affair. A box that is a field of a form keeps what was typed, and
 * takes a suggestion only where one is pointed at.
 *
 * What is typed goes by POST and is kept nowhere: there may be a name in it.
 *
 * @example <place-search data-find="/ban-do/tim"><input role="combobox" …><ul role="listbox" …></ul><p role="status"></p></place-search>
 * @fires place-chosen - a PlaceChosen
 */
class PlaceSearch extends HTMLElement {
  #box!: HTMLInputElement;
  #list!: Combobox<Place>;
  #said = this.querySelector<HTMLElement>("[role='status']");
  #pause = 0;
  #asking?: AbortController;
  #takesFirst = false;

  connectedCallback(): void {
    const input = this.querySelector("input");
    const list = this.querySelector("ul");
    if (!input || !list) return;
    this.#box = input;
    if (this.#isField) this.#dress(list.id);
    this.#list = new Combobox<Place>({ input, list, row: look, choose: (place) => this.#choose(place) });
    input.addEventListener("input", () => this.#soon());
    // Somebody may have begun to type before this came.
    if (document.activeElement === input && input.value) this.#soon();
    input.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector("[data-act='outside']")?.addEventListener("click", () => void this.#askOutside());
    this.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && this.contains(relatedTarget)) return;
      this.#forget();
    });
  }

  disconnectedCallback(): void {
    this.#forget();
  }

  /** Whether what is typed is sent with a form. */
  get #isField(): boolean {
    return this.#box.name !== "";
  }

  /** A field is one without this; only with it does it have a list. */
  #dress(list: string): void {
    const said = { role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list", "aria-controls": list };
    for (const [name, value] of Object.entries(said)) this.#box.setAttribute(name, value);
  }

  #soon(): void {
    clearTimeout(this.#pause);
    this.#asking?.abort();
    this.#takesFirst = false;
    this.#asking = undefined;
    this.#pause = window.setTimeout(() => void this.#find(), PAUSE);
  }

  #forget(): void {
    clearTimeout(this.#pause);
    this.#pause = 0;
    this.#asking?.abort();
    this.#asking = undefined;
    this.#takesFirst = false;
    this.#list.close();
    this.#tell();
  }

  async #find(): Promise<void> {
    this.#pause = 0;
    const typed = this.#box.value.trim();
    if (typed.length < 2 && !/\d/.test(typed)) return this.#show({ said: "" });
    const { signal } = (this.#asking = new AbortController());
    const slow = window.setTimeout(() => this.#tell(this.dataset.slow, true), SLOW);
    try {
      const body = new URLSearchParams({ q: typed, ...this.#where() });
      const answer = await fetch(this.dataset.find ?? "", { method: "POST", body, signal });
      this.#show((await answer.json()) as Told);
    } catch (error) {
      if (!signal.aborted) this.#show({ said: this.dataset.failed ?? "" });
      if (!(error instanceof DOMException || error instanceof TypeError || error instanceof SyntaxError)) throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  /** Have an outside service asked, and wait for it; only a press of the button does. */
  async #askOutside(): Promise<void> {
    this.#forget();
    const { signal } = (this.#asking = new AbortController());
    const token = new FormData(this.#box.form ?? undefined).get("csrfmiddlewaretoken");
    const body = new URLSearchParams({ q: this.#box.value, csrfmiddlewaretoken: typeof token === "string" ? token : "" });
    try {
      let answer = await fetch(this.dataset.outside ?? "", { method: "POST", body, signal });
      while (answer.status === 202) {
        const { said, again, wait_ms: wait } = (await answer.json()) as Told & { again: string; wait_ms: number };
        this.#tell(said, true);
        await new Promise((done) => setTimeout(done, wait));
        answer = await fetch(again, { signal });
      }
      this.#show((await answer.json()) as Told);
      this.#box.focus();
    } catch (error) {
      if (!signal.aborted) this.#show({ said: this.dataset.failed ?? "" });
      if (!(error instanceof DOMException || error instanceof TypeError || error instanceof SyntaxError)) throw error;
    }
  }

  /** Where the form already says it is: what is near comes first. */
  #where(): Record<string, string> {
    const sent = this.#box.form ? new FormData(this.#box.form) : new FormData();
    const [lat, lon] = [sent.get("lat"), sent.get("lon")];
    return typeof lat === "string" && typeof lon === "string" && lat && lon ? { lat, lon } : {};
  }

  #show({ said, places = [], is_loose: isLoose = true }: Told): void {
    this.#asking = undefined;
    this.#list.show(places);
    // Under a field the list itself says what was not understood.
    this.#tell(said, isLoose && !(this.#isField && places.length));
    const [first] = places;
    if (this.#takesFirst && first) {
      this.#list.close();
      this.#choose(first);
    }
    this.#takesFirst = false;
  }

  /** What is of no help by itself is said in sight as well. */
  #tell(said = "", inSight = false): void {
    if (!this.#said) return;
    this.#said.textContent = said;
    this.#said.classList.toggle("unseen", !inSight);
  }

  #key(event: KeyboardEvent): void {
    if (this.#list.press(event, { first: !this.#isField && !this.#isAsking })) return;
    if (event.key === "ArrowDown" && !this.#list.isOpen) {
      event.preventDefault();
      void this.#find();
    } else if (event.key === "Enter" && !event.ctrlKey && !this.#isField) {
      // Pressed before the answer to what was typed last: its first is taken then.
      event.preventDefault();
      this.#takesFirst = this.#isAsking;
    }
  }

  get #isAsking(): boolean {
    return this.#pause !== 0 || this.#asking !== undefined;
  }

  #choose(place: Place): void {
    if (!this.#isField) this.#box.value = place.name;
    else if (place.line) this.#box.value = place.line;
    this.#tell(place.name);
    const chosen: PlaceChosen = new CustomEvent("place-chosen", { bubbles: true, detail: place });
    this.dispatchEvent(chosen);
    if (this.#isField) this.#box.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function look({ name, detail }: Place): Node[] {
  const shown: Node[] = [Object.assign(document.createElement("b"), { textContent: name })];
  if (detail) shown.push(Object.assign(document.createElement("span"), { textContent: detail }));
  return shown;
}

customElements.define("place-search", PlaceSearch);
