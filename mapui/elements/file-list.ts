/**
 * Lists the files chosen in the input inside it, each with its size and what is wrong
 * with it; one that would be refused is said at once and is not sent.
 *
 * @example <file-list data-most="5" data-bytes="20971520" data-words="…"><input type="file" multiple></file-list>
 */
class FileList_ extends HTMLElement {
  #input?: HTMLInputElement;
  #kept: File[] = [];

  connectedCallback(): void {
    this.#input = this.querySelector<HTMLInputElement>("input[type='file']") ?? undefined;
    this.#input?.addEventListener("change", () => this.#add());
    if (this.#input?.files?.length) this.#add();
  }

  #add(): void {
    if (!this.#input) return;
    const most = Number(this.dataset.most);
    const refused: string[] = [];
    for (const file of this.#input.files ?? []) {
      const twice = this.#kept.some((each) => each.name === file.name && each.size === file.size);
      if (twice) continue;
      if (file.size > Number(this.dataset.bytes)) refused.push(this.#say("large", file.name));
      else if (!/^(image|video|audio)\//.test(file.type)) refused.push(this.#say("kind", file.name));
      else if (this.#kept.length >= most) refused.push(this.#say("many", file.name));
      else this.#kept.push(file);
    }
    this.#show(refused);
  }

  #show(refused: string[] = []): void {
    if (!this.#input) return;
    const chosen = new DataTransfer();
    this.#kept.forEach((file) => chosen.items.add(file));
    this.#input.files = chosen.files;
    const rows = this.#kept.map((file) => {
      const row = document.createElement("li");
      const name = Object.assign(document.createElement("span"), { textContent: file.name });
      const size = Object.assign(document.createElement("small"), {
        textContent: `${(file.size / 2 ** 20).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`,
      });
      const drop = Object.assign(document.createElement("button"), {
        type: "button",
        className: "btn btn-plain",
        textContent: this.dataset.drop ?? "",
      });
      drop.setAttribute("aria-label", `${this.dataset.drop} ${file.name}`);
      drop.addEventListener("click", () => {
        this.#kept = this.#kept.filter((each) => each !== file);
        this.#show();
        this.#input?.focus();
      });
      row.append(name, size, drop);
      return row;
    });
    this.querySelector("ul")?.replaceChildren(...rows);
    const said = this.querySelector("[role='alert']");
    if (said) said.textContent = refused.join(" ");
  }

  #say(what: "large" | "kind" | "many", name: string): string {
    return (this.dataset[what] ?? "").replace("{name}", name);
  }
}

customElements.define("file-list", FileList_);
