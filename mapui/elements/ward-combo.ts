import { Combobox } from "./combobox";
import { write } from "./filing-fields";
import { finds, say } from "./filing-words";

const MOST = 8;

/**
 * A box to type a ward into, with or without diacritics, over the select that holds them
 * all: the select stays what is sent.
 */
export class WardCombo {
  #input: HTMLInputElement;
  #list: Combobox<HTMLOptionElement>;
  #options: HTMLOptionElement[];

  constructor(
    private box: HTMLElement,
    private form: HTMLFormElement,
    private chosen: (code: string) => void,
  ) {
    this.#input = box.querySelector("input") as HTMLInputElement;
    const list = box.querySelector("[role='listbox']") as HTMLElement;
    this.#list = new Combobox<HTMLOptionElement>({ input: this.#input, list, row: ({ text }) => [text], choose: ({ value }) => this.#choose(value) });
    const select = form.elements.namedItem("ward") as HTMLSelectElement;
    this.#options = [...select.options].filter(({ value }) => value);
    this.#input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.#open();
    });
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    this.#input.addEventListener("blur", () => this.#leave());
    this.show();
  }

  /** Show the ward that is chosen now. */
  show(): void {
    const select = this.form.elements.namedItem("ward") as HTMLSelectElement;
    this.#input.value = select.value ? (select.selectedOptions[0]?.text ?? "") : "";
    this.#list.close();
  }

  #press(event: KeyboardEvent): void {
    const wasOpen = this.#list.isOpen;
    if (this.#list.press(event, { first: true }) || wasOpen) return;
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    this.#open();
  }

  #open(): void {
    const found = this.#options.filter(({ text }) => finds(this.#input.value, text)).slice(0, MOST);
    this.#list.show(found);
    const said = this.box.querySelector("[role='status']");
    if (said) said.textContent = found.length ? say("wards_found", { count: found.length }) : say("none_found");
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
    if (typed === (select.value ? (select.selectedOptions[0]?.text ?? "") : "").trim()) return this.#list.close();
    const exact = this.#options.filter(({ text }) => finds(typed, text));
    if (!typed) this.#choose("");
    else if (exact.length === 1 && exact[0]) this.#choose(exact[0].value);
    else this.show();
  }
}
