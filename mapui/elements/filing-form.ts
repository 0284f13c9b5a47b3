import { forgetDraft, keepContact, keepDraft, recallContact, recallDraft } from "./filing-draft";
import { read, write } from "./filing-fields";
import { fillReview, lookAhead } from "./filing-review";
import type { ScreenShown } from "./filing-steps";
import { say } from "./filing-words";
import type { StagedFiles } from "./staged-files";

const SPARED = new Set(["csrfmiddlewaretoken", "staged", "attachments", "remember", "disc"]);
const WHO = ["reporter.name", "reporter.phone", "reporter.email"];
/** Without one of these there is nothing worth going on with. */
const WORTH = ["description", "address", "lat", "ward", "category"];

type Steps = HTMLElement & { go(name: string): void };

/**
 * The filing form, helped along: a draft survives a reload and a closed tab, who gets it is
 * said before it is sent, and a network that fails takes nothing that was typed or chosen.
 * Without it the form is whole.
 *
 * @fires draft-restored - on the form, once its fields are as they were left
 * @fires main-replaced - on the document, once the page that says what is wrong stands
 * @example <filing-form data-seen="/…"><form>…</form></filing-form>
 */
class FilingForm extends HTMLElement {
  #form?: HTMLFormElement;
  #saving = 0;
  #screen = "";
  #attempted = false;
  #sending = false;

  connectedCallback(): void {
    this.#form = this.querySelector("form") ?? undefined;
    if (!this.#form) {
      if (this.hasAttribute("data-sent")) forgetDraft();
      return;
    }
    customElements.upgrade(this);
    if (!this.hasAttribute("data-tried")) this.#restore(this.#form);
    for (const name of ["input", "change", "files-changed"]) this.addEventListener(name, () => this.#changed());
    this.addEventListener("screen-shown", (event) => this.#shown((event as ScreenShown).detail.name));
    this.addEventListener("filing-ready", () => void this.#submit());
    this.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === "public") this.#preview();
    });
    this.#on("[data-forget]", () => this.#startAfresh());
    this.#on("[data-resume]", () => this.querySelector<Steps>("filing-steps")?.go(this.#screen));
    this.#on("[data-retry-files]", () => void this.#submit({ again: true }));
    this.#on("[data-send-without]", () => {
      this.#files?.dropUnsent();
      void this.#submit();
    });
    addEventListener("pageshow", () => this.#rest());
    addEventListener("pagehide", this.#keep);
  }

  disconnectedCallback(): void {
    removeEventListener("pagehide", this.#keep);
  }

  get #files(): StagedFiles | null {
    return this.querySelector<StagedFiles>("staged-files");
  }

  #on(what: string, does: () => void): void {
    this.querySelector(what)?.addEventListener("click", does);
  }

  #restore(form: HTMLFormElement): void {
    const draft = recallDraft();
    if (draft && WORTH.some((name) => draft.fields[name])) {
      for (const name of ["public", "reporter.hide_name", "no_place"]) write(form, name, "");
      // A category that was chosen by the link one came by is not overwritten.
      const linked = new URLSearchParams(location.search).has("category");
      for (const [name, value] of Object.entries(draft.fields)) {
        if (linked && (name === "category" || name.startsWith("answers."))) continue;
        if (name.startsWith("answers.")) this.#answer(form, draft.fields.category ?? "", name, value);
        else write(form, name, value);
      }
      this.#screen = draft.screen;
      this.#attempted = draft.attempted;
      void this.#files?.restore(draft.files, { surely: draft.attempted });
      const found = this.querySelector<HTMLElement>("[data-said='draft']");
      if (found) found.hidden = false;
    }
    const who = recallContact();
    for (const name of WHO) if (who[name]) write(form, name, who[name]);
    write(form, "remember", Object.keys(who).length ? "1" : "");
    form.dispatchEvent(new Event("draft-restored"));
  }

  /** Answers are kept by their names, which several categories may use. */
  #answer(form: HTMLFormElement, category: string, name: string, value: string): void {
    const asked = form.querySelector(`fieldset[data-category='${CSS.escape(category)}']`);
    for (const field of asked?.querySelectorAll<HTMLInputElement>(`[name='${CSS.escape(name)}']`) ?? []) {
      if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
  }

  #startAfresh(): void {
    removeEventListener("pagehide", this.#keep);
    clearTimeout(this.#saving);
    forgetDraft();
    location.replace(location.pathname);
  }

  #shown(name: string): void {
    if (name !== "start") this.#screen = name;
    this.#changed();
    if (name === "seen" || name === "review") this.#preview();
  }

  #preview(): void {
    if (!this.#form) return;
    fillReview(this, this.#form, this.#files?.names ?? []);
    void lookAhead(this, this.#form, this.dataset.seen ?? "");
  }

  #changed(): void {
    clearTimeout(this.#saving);
    this.#saving = window.setTimeout(this.#keep, 300);
  }

  #keep = (): void => {
    if (!this.#form || !this.isConnected) return;
    const remembers = read(this.#form, "remember") !== "";
    const fields: Record<string, string> = {};
    for (const [name, value] of new FormData(this.#form)) {
      if (typeof value === "string" && !SPARED.has(name) && !WHO.includes(name)) fields[name] = value;
    }
    const files = this.#files?.held ?? [];
    if (WORTH.some((name) => fields[name]) || files.length) {
      keepDraft({ fields, screen: this.#screen, files, attempted: this.#attempted });
    }
    keepContact(remembers ? Object.fromEntries(WHO.map((name) => [name, this.#form ? read(this.#form, name) : ""])) : null);
  };

  /** Send once every file has arrived, or its reporter has said to go without. */
  async #submit({ again = false } = {}): Promise<void> {
    if (!this.#form || this.#sending) return;
    this.#sending = true;
    this.#say("unsent", "");
    this.#say("sending", say("sending"));
    this.#askAboutFiles([]);
    await this.#files?.settle({ again });
    const unsent = this.#files?.unsent ?? [];
    if (unsent.length) {
      this.#rest();
      return this.#askAboutFiles(unsent);
    }
    this.#attempted = true;
    this.#keep();
    await this.#send(this.#form);
  }

  #askAboutFiles(names: string[]): void {
    const box = this.querySelector<HTMLElement>("[data-unsent-files]");
    if (!box) return;
    box.hidden = !names.length;
    const rows = names.map((textContent) => Object.assign(document.createElement("li"), { textContent }));
    box.querySelector("[data-list]")?.replaceChildren(...rows);
    if (names.length) box.querySelector<HTMLElement>("[data-retry-files]")?.focus();
  }

  /** Send from within the page, so that a network that fails takes nothing along. */
  async #send(form: HTMLFormElement): Promise<void> {
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (answer.redirected) {
        removeEventListener("pagehide", this.#keep);
        clearTimeout(this.#saving);
        form.autocomplete = "off"; // Who goes back finds no copy to send once more.
        return location.assign(answer.url);
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const said = page.querySelector("main");
      if (!said?.querySelector("form")) throw new Error(answer.statusText);
      const remembers = said.querySelector<HTMLInputElement>("input[name='remember']");
      if (remembers) remembers.checked = read(form, "remember") !== "";
      document.title = page.title;
      document.querySelector("main")?.replaceWith(document.adoptNode(said));
      document.dispatchEvent(new Event("main-replaced"));
    } catch {
      this.#rest();
      this.#say("unsent", say("unsent"));
    }
  }

  #rest(): void {
    this.#sending = false;
    this.#say("sending", "");
  }

  #say(what: "sending" | "unsent", words: string): void {
    const said = this.querySelector(`[data-said='${what}']`);
    if (said) said.textContent = words;
  }
}

customElements.define("filing-form", FilingForm);
