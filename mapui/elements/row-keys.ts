const OFF = "keys-off";
const RETURN = "row-to-return-to";

/**
 * Single keys for what a page offers: j and k, or the arrows, move from row to row; any
 * other presses what bears it as `data-key`, in the row first; ? tells them all. They do
 * nothing while somebody types, and whoever wants can switch them off.
 *
 * @example <row-keys><ul><li data-of-row><a href="…" data-row>…</a><button data-key="t">…</button></li></ul></row-keys>
 */
class RowKeys extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.#pressed);
    const off = this.querySelector<HTMLInputElement>("input[data-keys-off]");
    if (off) {
      off.checked = isOff();
      off.addEventListener("change", () => {
        keep(() => localStorage, OFF, off.checked ? "1" : "");
        this.#mark();
      });
    }
    this.querySelector("[data-open-keys]")?.addEventListener("click", () => this.#tell());
    this.#mark();
    this.#return();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#pressed);
  }

  #pressed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    // A key held down moves on and on, but presses nothing twice.
    if (event.repeat && !/^(Arrow(Down|Up)|j|k)$/.test(event.key)) return;
    if (event.target instanceof Element && event.target.closest("input:not([type='checkbox']), textarea, select, [contenteditable], dialog, canvas")) return;
    const step = { ArrowDown: 1, ArrowUp: -1, ...(isOff() ? {} : { j: 1, k: -1 }) }[event.key];
    if (step ? this.#move(step) : !isOff() && this.#press(event.key)) event.preventDefault();
  };

  get #rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[data-row]")];
  }

  get #here(): number {
    const row = document.activeElement?.closest("[data-of-row]");
    return this.#rows.findIndex((each) => each === document.activeElement || (row?.contains(each) ?? false));
  }

  #move(step: number): boolean {
    const [rows, here] = [this.#rows, this.#here];
    const there = here < 0 ? 0 : here + step;
    return this.#focus(rows[Math.min(Math.max(there, 0), rows.length - 1)]);
  }

  #focus(row: HTMLElement | undefined): boolean {
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
    return Boolean(row);
  }

  #press(key: string): boolean {
    if (key === "?") return this.#tell();
    const bears = `[data-key="${CSS.escape(key)}"]`;
    const inRow = document.activeElement?.closest("[data-of-row]")?.querySelector<HTMLElement>(bears);
    const found = inRow ?? [...this.querySelectorAll<HTMLElement>(bears)].find((each) => !each.closest("[data-of-row]"));
    if (!found) return false;
    if (inRow?.matches("button, a")) keep(() => sessionStorage, RETURN, String(this.#here));
    if (found.matches("input:not([type='checkbox']), textarea, summary")) found.focus();
    // What stands open already is not shut by the key that opens it.
    if (!found.matches("input:not([type='checkbox']), textarea, details[open] > summary")) found.click();
    if (found.matches("details[open] > summary")) {
      found.parentElement?.querySelector<HTMLElement>("form :is(input, select, textarea):not([type='hidden'])")?.focus();
    }
    return true;
  }

  #tell(): boolean {
    const dialog = this.querySelector<HTMLDialogElement>("dialog");
    dialog?.showModal();
    return Boolean(dialog);
  }

  #mark(): void {
    document.documentElement.classList.toggle("keys-off", isOff());
  }

  /** Whoever acted on a row goes on from where it stood. */
  #return(): void {
    const here = kept(() => sessionStorage, RETURN);
    if (here === null || !this.#rows.length) return;
    keep(() => sessionStorage, RETURN, "");
    this.#focus(this.#rows[Math.min(Number(here), this.#rows.length - 1)]);
  }
}

function isOff(): boolean {
  return kept(() => localStorage, OFF) === "1";
}

/** A browser that keeps nothing has its keys all the same. */
function kept(where: () => Storage, name: string): string | null {
  try {
    return where().getItem(name);
  } catch {
    return null;
  }
}

function keep(where: () => Storage, name: string, said: string): void {
  try {
    if (said) where().setItem(name, said);
    else where().removeItem(name);
  } catch {
    return;
  }
}

customElements.define("row-keys", RowKeys);

export {};
