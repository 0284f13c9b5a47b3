const MOST = 8;

interface Item {
  value: string;
  text: string;
  group: string;
  mark: string;
  words: string;
  initials: string;
}

/**
 * A list that a few letters choose from, with or without diacritics, or by the initials
 * of its words. The select in it, or the field with a list, stays what is sent and works
 * alone.
 *
 * @example <combo-box data-none="Nothing found" data-some="{n} found"><select id="ward">…</select></combo-box>
 */
class ComboBox extends HTMLElement {
  #select?: HTMLSelectElement;
  #input!: HTMLInputElement;
  #list = document.createElement("ul");
  #said = document.createElement("span");
  #items: Item[] = [];
  #found: Item[] = [];
  #active = -1;

  connectedCallback(): void {
    const field = this.querySelector<HTMLSelectElement | HTMLInputElement>("select, input");
    if (!field || this.contains(this.#list)) return;
    const options = field instanceof HTMLSelectElement ? field.options : field.list?.options;
    this.#items = [...(options ?? [])].filter(({ value }) => value).map(read);
    if (field instanceof HTMLSelectElement) this.#stand(field);
    else this.#input = field;
    this.#dress(field.id);
    this.append(this.#list, this.#said);
    this.#input.addEventListener("input", (event) => {
      if (this.#select) event.stopPropagation();
      this.#find();
    });
    this.#input.addEventListener("focus", () => this.#input.select());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => this.#leave());
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-at]") : null;
      if (row) this.#choose(this.#found[Number(row.dataset.at)]);
    });
  }

  /** Stand before a select, which goes on holding what is chosen. */
  #stand(select: HTMLSelectElement): void {
    this.#select = select;
    this.#input = document.createElement("input");
    this.#input.className = select.className;
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const said = select.getAttribute(name);
      if (said) this.#input.setAttribute(name, said);
    }
    const id = `${select.id}-find`;
    document.querySelector<HTMLLabelElement>(`label[for="${CSS.escape(select.id)}"]`)?.setAttribute("for", id);
    this.#input.id = id;
    select.hidden = true;
    select.before(this.#input);
    select.addEventListener("change", () => this.#show());
    this.#show();
  }

  #dress(id: string): void {
    const list = `${id}-list`;
    Object.assign(this.#list, { id: list, className: "combo-list", hidden: true });
    this.#list.setAttribute("role", "listbox");
    this.#list.tabIndex = -1; // What scrolls would else be a stop on the way.
    this.#said.className = "unseen";
    this.#said.setAttribute("role", "status");
    this.#input.removeAttribute("list");
    const said = { role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list", "aria-controls": list, "aria-expanded": "false" };
    for (const [name, value] of Object.entries(said)) this.#input.setAttribute(name, value);
    const label = document.querySelector<HTMLLabelElement>(`label[for="${CSS.escape(this.#input.id)}"]`);
    if (label) this.#list.setAttribute("aria-label", label.textContent.trim());
  }

  #show(): void {
    const { value } = this.#select ?? {};
    this.#input.value = this.#items.find((item) => item.value === value)?.text ?? "";
  }

  #find(): void {
    const typed = plain(this.#input.value).trim();
    this.#found = typed ? this.#items.map((item) => ({ item, rank: rank(item, typed) })).filter((each) => each.rank < 9).sort((a, b) => a.rank - b.rank).slice(0, MOST).map(({ item }) => item) : [];
    this.#open(Boolean(typed));
  }

  #open(asked: boolean): void {
    const { none = "", some = "" } = this.dataset;
    this.#active = this.#found.length ? 0 : -1;
    this.#list.replaceChildren(...this.#found.map((item, at) => this.#row(item, at)));
    if (asked && !this.#found.length) {
      this.#list.append(Object.assign(document.createElement("li"), { textContent: none, className: "combo-none", role: "presentation" }));
    }
    this.#list.hidden = !asked;
    this.#said.textContent = asked ? (this.#found.length ? some.replace("{n}", String(this.#found.length)) : none) : "";
    this.#input.setAttribute("aria-expanded", String(asked && this.#found.length > 0));
    this.#point();
  }

  #row(item: Item, at: number): HTMLLIElement {
    const row = Object.assign(document.createElement("li"), { id: `${this.#list.id}-${at}`, textContent: item.text });
    row.setAttribute("role", "option");
    row.dataset.at = String(at);
    for (const [said, look] of [[item.mark, "badge is-urgent"], [item.group, "hint"]]) {
      if (said) row.append(" ", Object.assign(document.createElement("span"), { className: look, textContent: said }));
    }
    return row;
  }

  #point(): void {
    [...this.#list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === this.#active)));
    const row = this.#list.children[this.#active];
    if (row?.id && this.#active >= 0) this.#input.setAttribute("aria-activedescendant", row.id);
    else this.#input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.#list.hidden) {
        this.#found = this.#items;
        this.#open(true);
      } else if (this.#found.length) {
        this.#active = (this.#active + step + this.#found.length) % this.#found.length;
        this.#point();
      }
    } else if (event.key === "Enter" && !event.ctrlKey && !this.#list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.#choose(this.#found[this.#active]);
    } else if (event.key === "Escape" && !this.#list.hidden) {
      event.stopPropagation();
      this.#close();
      this.#show();
    } else if (event.key === "Tab" || event.key === "Enter") this.#leave();
  }

  /** Whoever goes on takes what is offered first; who emptied the field takes nothing. */
  #leave(): void {
    if (!this.#list.hidden && this.#found[this.#active] && this.#input.value.trim()) {
      this.#choose(this.#found[this.#active]);
    } else if (this.#select && !this.#input.value.trim() && this.#select.value) {
      this.#choose(undefined, true);
    } else if (this.#select) this.#show();
    this.#close();
  }

  #choose(item: Item | undefined, empties = false): void {
    if (!item && !empties) return;
    this.#input.value = item?.text ?? "";
    if (this.#select) this.#select.value = item?.value ?? "";
    this.#close();
    const told = this.#select ?? this.#input;
    told.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #close(): void {
    this.#found = [];
    this.#active = -1;
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}

function read(option: HTMLOptionElement): Item {
  const text = (option.text || option.value).trim();
  const group = option.parentElement instanceof HTMLOptGroupElement ? option.parentElement.label : "";
  const letters = plain(text);
  const initials = letters.split(/[^a-z0-9]+/).map((word) => word.charAt(0)).join("");
  return { value: option.value, text, group, mark: option.dataset.mark ?? "", words: ` ${letters} ${plain(group)}`, initials };
}

/** How well an item answers what was typed; 9 is not at all. */
function rank({ words, initials }: Item, typed: string): number {
  if (words.startsWith(` ${typed}`)) return 0;
  if (words.includes(` ${typed}`)) return 1;
  const sought = typed.split(/\s+/);
  if (sought.every((each) => words.includes(` ${each}`))) return 2;
  if (initials.startsWith(typed)) return 3;
  if (initials.includes(typed)) return 4;
  return sought.every((each) => words.includes(each)) ? 5 : 9;
}

/** Letters alone, so that what is typed without diacritics finds what is written with them. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
}

customElements.define("combo-box", ComboBox);

export {};
