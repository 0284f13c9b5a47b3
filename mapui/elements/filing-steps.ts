import { complain, complaints, forgive } from "./filing-fields";
import { say } from "./filing-words";

/** Which screen is in view now. */
export type ScreenShown = CustomEvent<{ name: string }>;

/** How long a screen is kept waiting for what is near, before it is passed over. */
const PATIENCE_MS = 2_500;
const LAST = "review";

/**
 * Shows the sections of a form one at a time. The address names the one in view, so that
 * the browser's own Back works and a reload stays; each is checked before it is left. The
 * section that has nothing to ask is passed over.
 *
 * @example <filing-steps><form><section class="screen" id="…" data-screen="…" data-step="1">…</section></form></filing-steps>
 * @fires screen-shown - a ScreenShown
 * @fires filing-ready - once the last screen is sent and nothing is missing
 */
class FilingSteps extends HTMLElement {
  #form?: HTMLFormElement;
  #screens: HTMLElement[] = [];
  #now?: HTMLElement;
  #reviewed = false;
  #moved = false;
  #title = document.title;

  connectedCallback(): void {
    this.#form = this.querySelector("form") ?? undefined;
    this.#screens = [...this.querySelectorAll<HTMLElement>("[data-screen]")];
    if (!this.#form || !this.#screens.length) return;
    this.querySelector("[data-next]")?.addEventListener("click", () => void this.#next());
    this.querySelector("[data-back]")?.addEventListener("click", () => this.#back());
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#form.addEventListener("input", ({ target }) => {
      if (target instanceof HTMLElement) this.#forgive(target);
    });
    this.#form.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLElement) this.#forgive(target);
    });
    addEventListener("hashchange", this.#follow);
    document.addEventListener("click", this.#lead);
    this.setAttribute("data-ready", "");
    this.#begin();
  }

  disconnectedCallback(): void {
    removeEventListener("hashchange", this.#follow);
    document.removeEventListener("click", this.#lead);
  }

  /** Begin where the page says something is wrong, else where the address points to. */
  #begin(): void {
    const bad = this.#screens.find((each) => each.querySelector(".field-bad"));
    const summary = document.querySelector<HTMLElement>(".summary-bad");
    if (summary) {
      this.#reviewed = true;
      const shown = bad ?? this.#named(LAST);
      history.replaceState(null, "", `#${shown?.id}`);
      this.#show(shown, { focus: false });
      return summary.focus();
    }
    const asked = this.#asked();
    // One cannot come in by the last door with nothing said at the first.
    const open = this.#screens.find((each) => this.#lacks(each).length);
    const first = this.#screens.indexOf(asked) > this.#screens.indexOf(open ?? asked) ? open : asked;
    this.#reviewed = first?.dataset.screen === LAST;
    if (first && first !== asked) history.replaceState(null, "", `#${first.id}`);
    this.#show(first, { focus: first !== this.#screens[0] });
  }

  /** Go to a screen by its name; the browser can come back from it. */
  go(name: string): void {
    const screen = this.#named(name);
    if (screen) location.hash = screen.id;
  }

  async #next(): Promise<void> {
    const now = this.#now;
    if (!now) return;
    const found = this.#lacks(now);
    if (found.length) return complain(now, found);
    forgive(now);
    const next = await this.#after(now);
    if (next && this.#now === now) location.hash = next.id;
  }

  /** What is being put right is no longer complained of. */
  #forgive(changed: HTMLElement): void {
    const field = changed.closest(".field") ?? changed.closest("[data-screen]");
    if (field?.querySelector(":scope .error[data-found]")) forgive(field);
  }

  /** Back as the browser goes, or to the screen before where it would leave the form. */
  #back(): void {
    if (this.#moved) return history.back();
    const before = this.#screens[this.#screens.indexOf(this.#now as HTMLElement) - 1];
    if (before) location.replace(`#${before.id}`);
  }

  /** The screen to come: the review again, where one came from there to change a thing. */
  async #after(now: HTMLElement): Promise<HTMLElement | undefined> {
    const later = this.#screens.slice(this.#screens.indexOf(now) + 1);
    const changes = now.dataset.screen === "category" || now.dataset.screen === "near";
    if (this.#reviewed && !changes) {
      return this.#screens.find((each) => this.#lacks(each).length) ?? this.#named(LAST);
    }
    for (const screen of later) {
      if (this.#reviewed && !["near", "questions", LAST].includes(screen.dataset.screen ?? "")) continue;
      if (!(await this.#isEmpty(screen))) return screen;
    }
    return undefined;
  }

  /** Whether a screen has nothing to ask of this report. */
  async #isEmpty(screen: HTMLElement): Promise<boolean> {
    if (screen.dataset.screen === "questions") return !screen.querySelector("fieldset:not(:disabled)");
    if (screen.dataset.screen !== "near") return false;
    const near = screen.querySelector("nearby-open") as (HTMLElement & { settled?: Promise<void> }) | null;
    await Promise.race([near?.settled, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    return !near?.hasAttribute("data-any");
  }

  #lacks(screen: HTMLElement): ReturnType<typeof complaints> {
    return this.#form ? complaints(this.#form, screen.dataset.screen ?? "") : [];
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (this.#now?.dataset.screen !== LAST) return void this.#next();
    const open = this.#screens.find((each) => this.#lacks(each).length);
    if (!open) return void this.dispatchEvent(new CustomEvent("filing-ready", { bubbles: true }));
    location.hash = open.id;
    this.#show(open);
    complain(open, this.#lacks(open));
  }

  #follow = (): void => {
    const asked = this.#asked();
    this.#moved = true;
    if (asked !== this.#now) this.#show(asked);
  };

  /** A link to a field leads to its screen first. */
  #lead = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href^='#filing-']") : null;
    const field = link && document.getElementById(link.hash.slice(1));
    const screen = field?.closest<HTMLElement>("[data-screen]");
    if (!field || !screen || !this.contains(screen)) return;
    event.preventDefault();
    location.hash = screen.id;
    this.#show(screen);
    const within = field.matches("input, textarea, select") ? field : (field.querySelector<HTMLElement>("button, input") ?? field);
    within.focus();
  };

  #show(screen: HTMLElement | undefined, { focus = true } = {}): void {
    if (!screen) return;
    this.#now = screen;
    for (const each of this.#screens) each.hidden = each !== screen;
    const name = screen.dataset.screen ?? "";
    this.#reviewed ||= name === LAST;
    this.#tell(screen, name);
    const heading = screen.querySelector<HTMLElement>(".screen-title");
    if (focus) {
      scrollTo({ top: 0, behavior: "instant" });
      heading?.focus({ preventScroll: true });
    }
    const shown: ScreenShown = new CustomEvent("screen-shown", { bubbles: true, detail: { name } });
    this.dispatchEvent(shown);
  }

  /** Say which step this is, and call the button by what it does here. */
  #tell(screen: HTMLElement, name: string): void {
    const [isFirst, isLast] = [screen === this.#screens[0], name === LAST];
    const all = Number(this.#screens.at(-1)?.dataset.step);
    const step = screen.dataset.step ? say("step", { now: screen.dataset.step, all }) : "";
    const said = screen.querySelector("[data-step-said]");
    if (said) said.textContent = step;
    const bar = this.querySelector("progress");
    if (bar) bar.value = Number(screen.dataset.step ?? 0);
    const [next, back, send] = ["next", "back", "send"].map((each) => this.querySelector<HTMLElement>(`[data-${each}]`));
    this.querySelector("[data-top]")?.toggleAttribute("hidden", isFirst);
    back?.toggleAttribute("hidden", isFirst);
    next?.toggleAttribute("hidden", isLast);
    send?.toggleAttribute("hidden", !isLast);
    const follows = this.#screens[this.#screens.indexOf(screen) + 1]?.dataset.screen === LAST;
    if (next) next.textContent = say(isFirst ? "start" : follows ? "check" : "next");
    const heading = [...(screen.querySelector(".screen-title")?.childNodes ?? [])].at(-1)?.textContent?.trim();
    document.title = isFirst ? this.#title : [heading, step, this.#title].filter(Boolean).join(" – ");
  }

  #asked(): HTMLElement {
    const id = decodeURIComponent(location.hash.slice(1));
    const held = id ? document.getElementById(id)?.closest<HTMLElement>("[data-screen]") : null;
    return (held && this.contains(held) ? held : this.#screens[0]) as HTMLElement;
  }

  #named(name: string): HTMLElement | undefined {
    return this.#screens.find((each) => each.dataset.screen === name);
  }
}

customElements.define("filing-steps", FilingSteps);
