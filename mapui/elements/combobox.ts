interface Parts<T> {
  input: HTMLInputElement;
  list: HTMLElement;
  /** What a row shows of an item. */
  row: (item: T) => (Node | string)[];
  choose: (item: T) => void;
}

/**
 * The list under a box: arrows go through it, Enter takes what is pointed at, Escape
 * closes it; the box keeps the focus. What is listed, and when, is the owner's affair.
 */
export class Combobox<T> {
  #at = -1;
  #items: readonly T[] = [];

  constructor(private parts: Parts<T>) {
    const { input, list } = parts;
    list.tabIndex = -1; // What scrolls would else be a stop on the way.
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    // Before the box loses the focus, or the list would be gone when it is pressed.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>("[role='option']") : null;
      if (row) this.#choose(Number(row.dataset.at));
    });
  }

  get isOpen(): boolean {
    return !this.parts.list.hidden;
  }

  /** What is pointed at, if anything is. */
  get pointed(): T | undefined {
    return this.#items[this.#at];
  }

  /** List items, one of them pointed at; `none` stands there where there are none. */
  show(items: readonly T[], { at = -1, none = "" } = {}): void {
    const { input, list } = this.parts;
    this.#items = items;
    list.replaceChildren(...items.map((item, turn) => this.#row(item, turn)));
    if (!items.length && none) {
      list.append(Object.assign(document.createElement("li"), { textContent: none, className: "combo-none", role: "presentation" }));
    }
    list.hidden = !items.length && !none;
    input.setAttribute("aria-expanded", String(items.length > 0));
    this.#point(items.length ? at : -1);
  }

  close(): void {
    this.show([]);
  }

  /** Go through the list by the keyboard; tell whether the key was for it. */
  press(event: KeyboardEvent, { first = false } = {}): boolean {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.isOpen && this.#items.length) {
      const { length } = this.#items;
      this.#point(this.#at < 0 && step < 0 ? length - 1 : (this.#at + step + length) % length);
    } else if (event.key === "Enter" && !event.ctrlKey && this.isOpen && (this.pointed ?? (first && this.#items.length))) {
      this.#choose(Math.max(this.#at, 0));
    } else if (event.key === "Escape" && this.isOpen) {
      this.close();
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #row(item: T, turn: number): HTMLLIElement {
    const row = document.createElement("li");
    row.id = `${this.parts.list.id}-${turn}`;
    row.setAttribute("role", "option");
    row.dataset.at = String(turn);
    row.append(...this.parts.row(item));
    return row;
  }

  #point(at: number): void {
    this.#at = at;
    const { input, list } = this.parts;
    const rows = [...list.querySelectorAll<HTMLElement>("[role='option']")];
    rows.forEach((row, turn) => row.setAttribute("aria-selected", String(turn === at)));
    const row = rows[at];
    if (row) input.setAttribute("aria-activedescendant", row.id);
    else input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  #choose(at: number): void {
    const item = this.#items[at];
    if (item === undefined) return;
    this.close();
    this.parts.choose(item);
  }
}
