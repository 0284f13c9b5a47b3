import type { PlacePinned } from "./call-map";
import type { PlaceChosen } from "./place-search";

/** A pause of typing, and how soon an unkept draft is tried again. */
const PAUSE_MS = 600;
const AGAIN_MS = 5_000;

/**
 * The form of a call, helped along: at every pause of typing the draft is kept and what
 * stands beside it is read anew; a number shows what it reported before; keys file it.
 * Without it the form is whole, and nothing that was typed is lost when the session ends.
 *
 * @example <call-form data-look="…" data-caller="…" data-locate="…"><form>…</form></call-form>
 */
class CallForm extends HTMLElement {
  #form!: HTMLFormElement;
  #pause = 0;
  #asked?: AbortController;
  #caller = "";
  #leaves = false;

  connectedCallback(): void {
    const form = this.querySelector<HTMLFormElement>("form[action]");
    if (!form) return;
    this.#form = form;
    this.#caller = this.#who();
    form.addEventListener("input", () => this.#soon());
    form.addEventListener("change", (event) => {
      this.#soon(0);
      const name = event.target instanceof HTMLInputElement ? event.target.name : "";
      if (name === "phone" || name === "email") void this.#look();
    });
    form.addEventListener("submit", (event) => void this.#submit(event));
    form.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("keydown", this.#shortcut);
    document.addEventListener("visibilitychange", this.#hidden);
    this.addEventListener("place-pinned", (event) => void this.#pinned((event as PlacePinned).detail));
    this.addEventListener("place-chosen", (event) => this.#placed((event as PlaceChosen).detail));
    this.querySelector("[data-open-keys]")?.addEventListener("click", () => this.querySelector("dialog")?.showModal());
    document.querySelector<HTMLElement>(".summary-bad")?.focus();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#shortcut);
    document.removeEventListener("visibilitychange", this.#hidden);
  }

  /** A line of its own never sends a call off half-told. */
  #key(event: KeyboardEvent): void {
    const inLine = event.target instanceof HTMLInputElement;
    if (event.key === "Enter" && inLine && !event.ctrlKey) event.preventDefault();
  }

  #shortcut = (event: KeyboardEvent): void => {
    if (event.key === "F1") {
      event.preventDefault();
      this.querySelector("dialog")?.showModal();
      return;
    }
    if (event.repeat || this.querySelector("dialog[open]")) return;
    const key = [event.ctrlKey && "Ctrl", event.shiftKey && "Shift", event.key].filter(Boolean).join("+");
    const button = this.querySelector<HTMLButtonElement>(`button[data-key="${CSS.escape(key)}"]`);
    if (!button) return;
    event.preventDefault();
    button.focus();
    this.#form.requestSubmit(button);
  };

  #soon(wait = PAUSE_MS): void {
    clearTimeout(this.#pause);
    if (this.#form.hasAttribute("data-sending")) return;
    this.#pause = window.setTimeout(() => void this.#keep(), wait);
  }

  /** Keep the draft, and show what it means; tell whether it was kept. */
  async #keep(): Promise<boolean> {
    clearTimeout(this.#pause);
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    this.#say("kept", this.dataset.keeping);
    try {
      const beside = await this.#ask(this.dataset.look, asked.signal);
      if (beside === null) return false;
      this.querySelector("[data-beside]")?.replaceChildren(beside);
      this.#tell();
      this.#say("kept", this.dataset.kept?.replace("{time}", new Date().toTimeString().slice(0, 5)));
      return true;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return false;
      this.#say("kept", this.dataset.unkept);
      this.#soon(AGAIN_MS);
      return false;
    }
  }

  /** Read what this caller reported before, once a number or an address is whole. */
  async #look(): Promise<void> {
    if (this.#who() === this.#caller) return;
    const who = (this.#caller = this.#who());
    try {
      const earlier = await this.#ask(this.dataset.caller);
      if (who !== this.#caller) return; // Another caller was named meanwhile.
      if (earlier) this.querySelector("[data-earlier]")?.replaceChildren(earlier);
      this.#tell();
    } catch {
      if (who === this.#caller) this.#caller = "";
    }
  }

  /** Say to who does not see it what has changed beside the form, and only that. */
  #tell(): void {
    const told = [...this.querySelectorAll("[data-tell]")].map((each) => each.textContent.replace(/\s+/g, " ").trim());
    const said = this.querySelector("[data-said='beside']");
    if (said && said.textContent !== told.join(" ")) said.textContent = told.join(" ");
  }

  #who(): string {
    const sent = new FormData(this.#form);
    return `${String(sent.get("phone"))} ${String(sent.get("email"))}`;
  }

  /** Send the form as it stands; nothing comes back to who is signed out. */
  async #ask(address = "", signal?: AbortSignal): Promise<Node | null> {
    this.#renew();
    const answer = await fetch(address, { method: "POST", body: new FormData(this.#form), signal });
    const isOut = answer.redirected || answer.status === 403;
    const said = this.querySelector<HTMLElement>("[data-said='signed-out']");
    if (said) said.hidden = !isOut;
    if (isOut) {
      this.#say("kept");
      this.#soon(AGAIN_MS);
      return null;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const read = document.createDocumentFragment();
    read.append(...[...page.body.childNodes].map((node) => document.adoptNode(node)));
    return read;
  }

  /** Whoever signed in again in another tab has a new token; the form takes it over. */
  #renew(): void {
    const [, token] = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie) ?? [];
    const field = this.#form.elements.namedItem("csrfmiddlewaretoken");
    if (token && field instanceof HTMLInputElement) field.value = token;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    if (this.#leaves) return;
    event.preventDefault();
    const button = event.submitter as HTMLButtonElement | null;
    if (this.#form.hasAttribute("data-sending")) return;
    this.#form.setAttribute("data-sending", "");
    const kept = button?.value === "discard" || (await this.#keep());
    this.#form.removeAttribute("data-sending");
    clearTimeout(this.#pause);
    if (!kept) return this.#soon(AGAIN_MS);
    this.#leaves = true;
    // What stood beside the form was read anew, and the pressed button with it.
    const same = button?.isConnected ? button : this.#again(button);
    this.#form.requestSubmit(same);
  }

  #again(button: HTMLButtonElement | null): HTMLButtonElement {
    const again = Object.assign(document.createElement("button"), { name: button?.name ?? "do", value: button?.value ?? "transfer", hidden: true });
    this.#form.append(again);
    return again;
  }

  #hidden = (): void => {
    if (document.visibilityState !== "hidden" || this.#leaves || !this.dataset.look) return;
    this.#renew();
    navigator.sendBeacon(this.dataset.look, new FormData(this.#form));
  };

  /** An address that is taken names its ward; a ward that is told again changes. */
  #placed({ ward: code }: PlaceChosen["detail"]): void {
    const ward = this.#form.elements.namedItem("ward");
    if (!code || !(ward instanceof HTMLSelectElement) || ward.value === code) return;
    ward.value = code;
    ward.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: code }));
  }

  /** The pin names its ward, where none was told. */
  async #pinned(place: PlacePinned["detail"]): Promise<void> {
    this.#set("lat", place?.lat.toFixed(6) ?? "");
    this.#set("lon", place?.lon.toFixed(6) ?? "");
    this.#soon(0);
    const ward = this.#form.elements.namedItem("ward");
    if (!place || !(ward instanceof HTMLSelectElement) || ward.value) return;
    const query = new URLSearchParams({ lat: place.lat.toFixed(6), lon: place.lon.toFixed(6) });
    const answer = await fetch(`${this.dataset.locate}?${query}`).catch(() => null);
    if (!answer?.ok) return;
    const { areas } = (await answer.json()) as { areas: { kind: string; code: string }[] };
    const there = areas.find(({ code }) => ward.querySelector(`option[value="${CSS.escape(code)}"]`));
    if (!there || ward.value) return;
    ward.value = there.code;
    ward.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #set(name: string, value: string): void {
    const field = this.#form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  }

  #say(what: string, words = ""): void {
    const said = this.querySelector(`[data-said='${what}']`);
    if (said) said.textContent = words;
  }
}

customElements.define("call-form", CallForm);
