const MOST = 6;

/**
 * Finds a category by a few letters, with or without diacritics, and chooses it in the
 * select it is for. The select stays what is sent, and works alone.
 *
 * @example <category-finder data-for="filing-category" data-none="Nothing found"><input type="search"><ul></ul><p role="status"></p></category-finder>
 */
class CategoryFinder extends HTMLElement {
  #select?: HTMLSelectElement;
  #offered: { option: HTMLOptionElement; words: string }[] = [];

  connectedCallback(): void {
    const select = document.getElementById(this.dataset.for ?? "");
    const input = this.querySelector("input");
    if (!(select instanceof HTMLSelectElement) || !input) return;
    this.#select = select;
    this.#offered = [...select.options]
      .filter(({ value }) => value)
      .map((option) => ({ option, words: plain(`${option.text} ${option.parentElement?.getAttribute("label") ?? ""}`) }));
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.#show(this.#find(input.value), input.value !== "");
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const [first] = this.#find(input.value);
      if (first) this.#choose(first, input);
    });
  }

  #find(typed: string): HTMLOptionElement[] {
    const sought = plain(typed).split(/\s+/).filter(Boolean);
    if (!sought.length) return [];
    const found = this.#offered.filter(({ words }) => sought.every((each) => words.includes(each)));
    return found.slice(0, MOST).map(({ option }) => option);
  }

  #show(found: HTMLOptionElement[], asked: boolean): void {
    const rows = found.map((option) => {
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "btn btn-quiet",
        textContent: option.text.trim(),
      });
      button.addEventListener("click", () => this.#choose(option, this.querySelector("input")));
      const row = document.createElement("li");
      row.append(button);
      return row;
    });
    this.querySelector("ul")?.replaceChildren(...rows);
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = asked && !found.length ? (this.dataset.none ?? "") : "";
  }

  #choose(option: HTMLOptionElement, input: HTMLInputElement | null): void {
    if (!this.#select) return;
    this.#select.value = option.value;
    if (input) input.value = "";
    this.#show([], false);
    for (const name of ["input", "change"]) this.#select.dispatchEvent(new Event(name, { bubbles: true }));
    this.#select.focus();
  }
}

/** Letters alone, so that what is typed without diacritics finds what is written with them. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
}

customElements.define("category-finder", CategoryFinder);
