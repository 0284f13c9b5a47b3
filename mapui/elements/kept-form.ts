import { sendForm, showPage } from "./form-sending";
import { fillIn, openedHere } from "./outbox-opening";

/** So long a draft is worth keeping. */
const DAYS = 7;

/**
 * Keeps what is written in its form on this device until the server has it, and sends it
 * from within the page, so that a bad line takes neither words nor photos. Without it the
 * form is whole.
 *
 * @fires main-replaced - on the document, once the page that says what is wrong stands
 * @example <kept-form data-key="result-1" data-sending="…" data-unsent="…" data-refused="…"><form>…</form></kept-form>
 */
class KeptForm extends HTMLElement {
  #form?: HTMLFormElement;
  #saving = 0;

  connectedCallback(): void {
    this.#form = this.querySelector("form") ?? undefined;
    if (!this.#form) return;
    if (this.hasAttribute("data-tried")) document.querySelector<HTMLElement>(".summary-bad")?.focus();
    else void this.#begin(this.#form);
    this.#form.addEventListener("input", () => {
      clearTimeout(this.#saving);
      this.#saving = window.setTimeout(() => this.#save(), 300);
    });
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.querySelector("[data-forget]")?.addEventListener("click", () => {
      this.#forget();
      location.reload();
    });
    addEventListener("pageshow", () => this.#rest());
  }

  /** Take up what was refused, with its photos; or else what was written before. */
  async #begin(form: HTMLFormElement): Promise<void> {
    const refused = await openedHere();
    if (refused) fillIn(form, refused);
    else this.#restore();
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

  async #send(form: HTMLFormElement): Promise<void> {
    const came = await sendForm(form);
    clearTimeout(this.#saving);
    if (came.kind === "next") {
      // What was filed says so itself; whoever is led elsewhere finds the draft afterwards.
      if (came.isDone) this.#forget();
      return location.assign(came.url);
    }
    this.#rest();
    if (came.kind === "kept") return this.#kept(form);
    if (came.kind === "unreachable") return this.#say("unsent", this.dataset.unsent);
    if (came.kind === "refused" || !came.main.querySelector("kept-form")) return this.#say("unsent", this.dataset.refused);
    this.#hand(came.main);
    showPage(came.main, came.title);
  }

  /** It is in the outbox with its photos: there is nothing left to fill in. */
  #kept(form: HTMLFormElement): void {
    this.#forget();
    const said = this.querySelector<HTMLElement>("[data-said='kept']");
    if (!said) return;
    form.hidden = true;
    said.hidden = false;
    said.focus();
  }

  /** Hand over to the page that says what is wrong the files that a server cannot give back. */
  #hand(page: HTMLElement): void {
    const inputs = [...this.querySelectorAll<HTMLInputElement>("input[type='file']")];
    for (const [turn, next] of [...page.querySelectorAll<HTMLInputElement>("input[type='file']")].entries()) {
      const files = inputs[turn]?.files;
      if (!files?.length) continue;
      next.files = files;
      page.querySelector("[data-files-lost]")?.remove();
    }
  }

  #rest(): void {
    this.#form?.removeAttribute("data-sending");
    this.#say("sending", "");
  }

  #say(what: "sending" | "unsent", words: string | undefined): void {
    const said = this.querySelector(`[data-said='${what}']`);
    if (said) said.textContent = words ?? "";
  }

  #save(): void {
    const said: Record<string, string> = {};
    for (const [name, value] of new FormData(this.#form)) {
      if (typeof value === "string" && value && !HIDDEN.has(name)) said[name] = value;
    }
    try {
      localStorage.setItem(this.#key(), JSON.stringify({ at: Date.now(), said }));
    } catch {
      return; // A phone without storage files a result all the same.
    }
  }

  #restore(): void {
    try {
      const { at, said } = JSON.parse(localStorage.getItem(this.#key()) ?? "{}") as Partial<Draft>;
      if (!said || !at) return;
      if (Date.now() - at > DAYS * 86_400_000) return this.#forget();
      const worth = Object.entries(said).filter(([name, value]) => this.#fill(name, value));
      const found = this.querySelector<HTMLElement>("[data-said='draft']");
      if (found) found.hidden = worth.length === 0;
    } catch {
      this.#forget();
    }
  }

  /** Fill in what is empty, and nothing else. */
  #fill(name: string, value: string): boolean {
    const field = this.#form?.elements.namedItem(name);
    if (!(field instanceof RadioNodeList) && !(field && "value" in field)) return false;
    const held = field as RadioNodeList | HTMLInputElement;
    if (held.value) return false;
    held.value = value;
    return true;
  }

  #forget(): void {
    try {
      localStorage.removeItem(this.#key());
    } catch {
      return;
    }
  }

  #key(): string {
    return `draft-${this.dataset.key}`;
  }
}

interface Draft {
  at: number;
  said: Record<string, string>;
}

/** What the page itself writes into a form. */
const HIDDEN = new Set(["csrfmiddlewaretoken", "version", "seen", "words"]);

customElements.define("kept-form", KeptForm);
