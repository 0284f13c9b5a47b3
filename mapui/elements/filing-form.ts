import type { PinMoved } from "./pin-picker";

const DRAFT = "filing-draft";
const CONTACT = "filing-contact";
/** What a draft holds; who tells us is kept only where they ask for it. */
const TYPED = ["kind", "category", "description", "address", "ward", "lat", "lon", "accuracy", "place_source", "client_id"];
const WHO = ["reporter.name", "reporter.phone", "reporter.email"];

interface Routed {
  organisation: { name: string } | null;
  explanation: string;
  approximate: boolean;
}

/**
 * The filing form, helped along: a draft survives a reload, the unit is proposed as the
 * pin moves, a second tap on the button sends nothing twice, and a network that fails takes
 * nothing that was typed or chosen. Without it the form is whole.
 *
 * @fires main-replaced - on the document, once the page that says what is wrong stands
 * @example <filing-form data-route="/api/v1/route"><form>…</form></filing-form>
 */
class FilingForm extends HTMLElement {
  #form?: HTMLFormElement;
  #asked?: AbortController;
  #saving = 0;

  connectedCallback(): void {
    this.#form = this.querySelector("form") ?? undefined;
    if (!this.#form) {
      if (this.hasAttribute("data-sent")) forget(DRAFT);
      return;
    }
    if (this.hasAttribute("data-tried")) document.querySelector<HTMLElement>(".summary-bad")?.focus();
    else this.#restore();
    this.#form.addEventListener("input", () => this.#changed());
    this.#form.addEventListener("change", () => this.#explain());
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("pin-moved", (event) => {
      const { lat, lon, accuracy, source } = (event as PinMoved).detail;
      this.#set("lat", lat.toFixed(6));
      this.#set("lon", lon.toFixed(6));
      this.#set("accuracy", accuracy ? accuracy.toFixed(1) : "");
      this.#set("place_source", source);
      this.#changed();
      this.#explain();
    });
    this.querySelector("[data-forget]")?.addEventListener("click", () => {
      forget(DRAFT);
      location.reload();
    });
    addEventListener("pageshow", () => this.#rest());
    this.#explain();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (!this.#form || this.#form.hasAttribute("data-sending")) return;
    this.#save();
    this.#form.setAttribute("data-sending", "");
    this.#say("unsent", "");
    this.#say("sending", this.dataset.sending);
    void this.#send(this.#form);
  }

  /** Send from within the page, so that a network that fails takes nothing along. */
  async #send(form: HTMLFormElement): Promise<void> {
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (answer.redirected) {
        form.autocomplete = "off"; // Who goes back finds no copy to send once more.
        return location.assign(answer.url);
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const said = page.querySelector("main");
      if (!said) throw new Error(answer.statusText);
      this.#hand(said);
      document.title = page.title;
      document.querySelector("main")?.replaceWith(document.adoptNode(said));
      document.dispatchEvent(new Event("main-replaced"));
    } catch {
      this.#rest();
      this.#say("unsent", this.dataset.unsent);
    }
  }

  /** Hand over to the page that says what is wrong what a server cannot give back. */
  #hand(page: HTMLElement): void {
    const field = (within: ParentNode, name: string) => within.querySelector<HTMLInputElement>(`input[name='${name}']`);
    const [files, next] = [field(this, "attachments")?.files, field(page, "attachments")];
    if (files?.length && next) {
      next.files = files;
      page.querySelector("[data-files-lost]")?.remove();
    }
    const remembers = field(page, "remember");
    if (remembers) remembers.checked = field(this, "remember")?.checked ?? false;
  }

  #rest(): void {
    this.#form?.removeAttribute("data-sending");
    this.#say("sending", "");
  }

  #say(what: "sending" | "unsent", words: string | undefined): void {
    const said = this.querySelector(`[data-said='${what}']`);
    if (said) said.textContent = words ?? "";
  }

  #changed(): void {
    clearTimeout(this.#saving);
    this.#saving = window.setTimeout(() => this.#save(), 400);
  }

  #save(): void {
    keep(DRAFT, this.#read(TYPED));
    const remembers = this.#form?.elements.namedItem("remember");
    if (remembers instanceof HTMLInputElement && remembers.checked) keep(CONTACT, this.#read(WHO));
    else forget(CONTACT);
  }

  #restore(): void {
    const draft = recall(DRAFT);
    const worth = ["description", "address", "lat", "ward"].some((name) => draft[name]);
    if (worth) {
      for (const name of TYPED) if (draft[name]) this.#set(name, draft[name]);
      const found = this.querySelector<HTMLElement>("[data-said='draft']");
      if (found) found.hidden = false;
    }
    const who = recall(CONTACT);
    for (const name of WHO) if (who[name]) this.#set(name, who[name]);
    const remembers = this.#form?.elements.namedItem("remember");
    if (remembers instanceof HTMLInputElement) remembers.checked = Object.keys(who).length > 0;
  }

  /** Show what the chosen category means, and who would get the report from here. */
  #explain(): void {
    const category = this.#form?.elements.namedItem("category");
    if (!(category instanceof HTMLSelectElement)) return;
    const marks = category.selectedOptions[0]?.dataset ?? {};
    for (const name of ["urgent", "private", "placeless"]) {
      const told = this.querySelector<HTMLElement>(`[data-when='${name}']`);
      if (told) told.hidden = !(name in marks);
    }
    void this.#route();
  }

  async #route(): Promise<void> {
    const said = this.querySelector("[data-said='route']");
    const { category, lat, lon, accuracy, address } = this.#read(["category", "lat", "lon", "accuracy", "address"]);
    this.#asked?.abort();
    if (!said || !category || !lat || !lon) {
      said?.replaceChildren();
      return;
    }
    this.#asked = new AbortController();
    const query = new URLSearchParams({ category, lat, lon });
    if (accuracy) query.set("accuracy", accuracy);
    if (address) query.set("address", address);
    try {
      const answer = await fetch(`${this.dataset.route}?${query}`, {
        signal: this.#asked.signal,
        headers: { Accept: "application/json" },
      });
      if (!answer.ok) throw new Error(answer.statusText);
      const routed = (await answer.json()) as Routed;
      const sentence = routed.organisation ? `${this.dataset.proposed} ${routed.explanation}` : routed.explanation;
      const lines = [sentence, routed.approximate ? (this.dataset.sketch ?? "") : ""];
      said.textContent = lines.filter(Boolean).join(" ");
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) said.replaceChildren();
    }
  }

  #read(names: string[]): Record<string, string> {
    const sent = new FormData(this.#form);
    return Object.fromEntries(names.map((name) => [name, String(sent.get(name) ?? "")]));
  }

  #set(name: string, value: string): void {
    const field = this.#form?.elements.namedItem(name);
    if (field instanceof RadioNodeList) field.value = value;
    else if (field && "value" in field) (field as HTMLInputElement).value = value;
  }
}

/** A phone without storage files a report all the same. */
function keep(name: string, said: Record<string, string>): void {
  try {
    localStorage.setItem(name, JSON.stringify(said));
  } catch {
    return;
  }
}

function recall(name: string): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

function forget(name: string): void {
  try {
    localStorage.removeItem(name);
  } catch {
    return;
  }
}

customElements.define("filing-form", FilingForm);
