import { write } from "./filing-fields";
import { finds, say } from "./filing-words";

const MOST = 8;

/**
 * A box to type a ward into, with or without diacritics, over the select that holds them
 * all: the select stays what is sent.
 */
export class WardCombo {
  #input: HTMLInputElement;
  #list: HTMLElement;
  #options: HTMLOptionElement[];
  #at = -1;

  constructor(
    private box: HTMLElement,
    private form: HTMLFormElement,
    private chosen: (code: string) => void,
  ) {
    this.#input = box.querySelector("input") as HTMLInputElement;
    this.#list = box.querySelector("[role='listbox']") as HTMLElement;
    const select = form.elements.namedItem("ward") as HTMLSelectElement;
    this.#options = [...select.options].filter(({ value }) => value);
    this.#input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.#open();
    });
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    this.#input.addEventListener("blur", () => this.#leave());
    // Before the box loses the focus, and closes.
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = (event.target as HTMLElement).closest<HTMLElement>("[role='option']");
      if (option) this.#choose(option.dataset.code ?? "");
    });
    this.show();
  }

  /** Show the ward that is chosen now. */
  show(): void {
    const select = this.form.elements.namedItem("ward") as HTMLSelectElement;
    this.#input.value = select.value ? (select.selectedOptions[0]?.text ?? "") : "";
    this.#close();
  }

  #press(event: KeyboardEvent): void {
    const rows = [...this.#list.children] as HTMLElement[];
    const isOpen = !this.#list.hidden && rows.length > 0;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return this.#open();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#mark((this.#at + step + rows.length) % rows.length);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      this.#choose((rows[this.#at] ?? rows[0])?.dataset.code ?? "");
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.#close();
    }
  }

  #open(): void {
    const typed = this.#input.value;
    const found = this.#options.filter(({ text }) => finds(typed, text)).slice(0, MOST);
    this.#list.replaceChildren(
      ...found.map(({ value, text }, index) => {
        const row = Object.assign(document.createElement("li"), { id: `filing-ward-${index}`, textContent: text });
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", "false");
        row.dataset.code = value;
        return row;
      }),
    );
    this.#list.hidden = !found.length;
    this.#input.setAttribute("aria-expanded", String(found.length > 0));
    this.#mark(-1);
    const said = this.box.querySelector("[role='status']");
    if (said) said.textContent = found.length ? say("wards_found", { count: found.length }) : say("none_found");
  }

  #mark(at: number): void {
    this.#at = at;
    [...this.#list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
    const row = this.#list.children[at];
    if (row) this.#input.setAttribute("aria-activedescendant", row.id);
    else this.#input.removeAttribute("aria-activedescendant");
    row?.scrollIntoView({ block: "nearest" });
  }

  #choose(code: string): void {
    write(this.form, "ward", code);
    this.show();
    this.chosen(code);
  }

  /** What was typed and names one ward is that ward; what names none is taken back. */
  #leave(): void {
    const typed = this.#input.value.trim();
    const select = this.form.elements.namedItem("ward") as HTMLSelectElement;
    if (typed === (select.value ? (select.selectedOptions[0]?.text ?? "") : "").trim()) return this.#close();
    const exact = this.#options.filter(({ text }) => finds(typed, text));
    if (!typed) this.#choose("");
    else if (exact.length === 1 && exact[0]) this.#choose(exact[0].value);
    else this.show();
  }

  #close(): void {
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
    this.#at = -1;
  }
}
