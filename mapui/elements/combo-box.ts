import { Combobox } from "./combobox";

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
  #options!: Combobox<Item>;

  connectedCallback(): void {
    const field = this.querySelector<HTMLSelectElement | HTMLInputElement>("select, input");
    if (!field || this.contains(this.#list)) return;
    const options = field instanceof HTMLSelectElement ? field.options : field.list?.options;
    this.#items = [...(options ?? [])].filter(({ value }) => value).map(read);
    if (field instanceof HTMLSelectElement) this.#stand(field);
    else this.#input = field;
    this.#dress(field.id);
    this.append(this.#list, this.#said);
    this.#options = new Combobox<Item>({ input: this.#input, list: this.#list, row: look, choose: (item) => this.#choose(item) });
    this.#input.addEventListener("input", (event) => {
      if (this.#select) event.stopPropagation();
      this.#find();
    });
    this.#input.addEventListener("focus", () => this.#input.select());
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => this.#leave());
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
    Object.assign(this.#list, { id: list, className: "combo-list" });
    this.#list.setAttribute("role", "listbox");
    this.#said.className = "unseen";
    this.#said.setAttribute("role", "status");
    this.#input.removeAttribute("list");
    const said = { role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list", "aria-controls": list };
    for (const [name, value] of Object.entries(said)) this.#input.setAttribute(name, value);
    const label = document.querySelector<HTMLLabelElement>(`label[for="${CSS.escape(this.#input.id)}"]`);
    if (label) this.#list.setAttribute("aria-label", label.textContent.trim());
  }

  #show(): void {
    // Only a select knows what it holds; a field holds what is typed.
    if (!this.#select) return;
    const { value } = this.#select;
    this.#input.value = this.#items.find((item) => item.value === value)?.text ?? "";
  }

  #find(): void {
    const typed = plain(this.#input.value).trim();
    const ranked = this.#items.map((item) => ({ item, rank: rank(item, typed) })).filter((each) => each.rank < 9);
    const found = ranked.sort((a, b) => a.rank - b.rank).slice(0, MOST).map(({ item }) => item);
    this.#open(typed ? found : [], typed !== "");
  }

  #open(found: Item[], asked: boolean): void {
    const { none = "", some = "" } = this.dataset;
    this.#options.show(found, { at: 0, none: asked ? none : "" });
    this.#said.textContent = asked ? (found.length ? some.replace("{n}", String(found.length)) : none) : "";
  }

  #key(event: KeyboardEvent): void {
    const wasOpen = this.#options.isOpen;
    if (this.#options.press(event)) {
      if (event.key === "Escape") this.#show();
    } else if (!wasOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#open(this.#items, true);
    } else if (event.key === "Tab" || event.key === "Enter") this.#leave();
  }

  /** Whoever goes on takes what is offered first; who emptied the field takes nothing. */
  #leave(): void {
    const { pointed } = this.#options;
    this.#options.close();
    if (pointed && this.#input.value.trim()) this.#choose(pointed);
    else if (this.#select && !this.#input.value.trim() && this.#select.value) this.#choose();
    else if (this.#select) this.#show();
  }

  #choose(item?: Item): void {
    this.#input.value = item?.text ?? "";
    if (this.#select) this.#select.value = item?.value ?? "";
    const told = this.#select ?? this.#input;
    told.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function look({ text, mark, group }: Item): (Node | string)[] {
  const shown: (Node | string)[] = [text];
  for (const [said, look] of [[mark, "badge is-urgent"], [group, "hint"]]) {
    if (said) shown.push(" ", Object.assign(document.createElement("span"), { className: look, textContent: said }));
  }
  return shown;
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
