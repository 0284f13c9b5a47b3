import { chosen } from "./filing-fields";
import { likeliest, say } from "./filing-words";

/**
 * Finds categories by a few letters, with or without diacritics, among the radio buttons of
 * its form, and brings the chosen one's own questions into the form.
 *
 * @example <category-search><input type="search"><p role="status"></p><p data-none hidden></p></category-search>
 */
class CategorySearch extends HTMLElement {
  #form: HTMLFormElement | null = null;
  #branches: HTMLDetailsElement[] = [];
  /** Something was typed and found: only that is in sight. */
  #narrows = false;

  connectedCallback(): void {
    this.#form = this.closest("form");
    this.#branches = [...(this.#form?.querySelectorAll<HTMLDetailsElement>("details.branch") ?? [])];
    const input = this.querySelector("input");
    if (!this.#form || !input) return;
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.#find(input.value);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const first = this.#leaves().find(({ hidden }) => !hidden)?.querySelector("input");
      if (!first || !this.#narrows) return;
      first.checked = true;
      first.dispatchEvent(new Event("change", { bubbles: true }));
      first.focus();
    });
    this.#form.addEventListener("change", () => this.#ask());
    this.#form.addEventListener("draft-restored", () => this.#ask());
    this.#ask();
  }

  #leaves(): HTMLElement[] {
    return this.#branches.flatMap((branch) => [...branch.querySelectorAll<HTMLElement>(".leaf")]);
  }

  #find(typed: string): void {
    const asked = typed.trim() !== "";
    const found = new Set(asked ? likeliest(typed, this.#leaves(), told) : []);
    const count = found.size;
    // Where nothing is found the groups stay, to be opened and looked through.
    this.#narrows = count > 0;
    for (const branch of this.#branches) {
      const leaves = [...branch.querySelectorAll<HTMLElement>(".leaf")];
      for (const leaf of leaves) leaf.hidden = this.#narrows && !found.has(leaf);
      const any = leaves.some((leaf) => found.has(leaf));
      // Groups close one another, but not while several of them hold what was sought.
      branch.name = this.#narrows ? "" : "branch";
      branch.hidden = this.#narrows && !any;
      branch.open = asked ? any : branch.querySelector("input:checked") !== null;
    }
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = asked ? say("categories_found", { count }) : "";
    const none = this.querySelector<HTMLElement>("[data-none]");
    if (none) {
      none.textContent = say("no_category");
      none.hidden = !asked || count > 0;
    }
  }

  /** Bring in what the chosen category asks and warns of, and take the rest out. */
  #ask(): void {
    const category = this.#form && chosen(this.#form);
    for (const asked of this.#form?.querySelectorAll<HTMLFieldSetElement>("fieldset[data-category]") ?? []) {
      asked.hidden = asked.disabled = asked.dataset.category !== category?.value;
    }
    for (const name of ["urgent", "private"]) {
      const is = category !== null && category !== undefined && name in category.dataset;
      this.#form?.querySelectorAll<HTMLElement>(`[data-when='${name}']`).forEach((each) => (each.hidden = !is));
      this.#form?.querySelectorAll<HTMLElement>(`[data-unless='${name}']`).forEach((each) => (each.hidden = is));
    }
    const branch = category?.closest("details");
    if (branch && !this.querySelector("input")?.value) branch.open = true;
  }
}

/** What a category is called, officially and by people, and the group it is in. */
function told(leaf: HTMLElement): string {
  const group = leaf.closest("details")?.querySelector("summary")?.textContent ?? "";
  return [leaf.textContent, leaf.querySelector("input")?.dataset.words ?? "", group].join(" ");
}

customElements.define("category-search", CategorySearch);
