/**
 * Shows the photos chosen in the inputs inside it, each to be taken out again; one that
 * would be refused is named at once and is not sent. Several inputs may feed it: the camera
 * and the device's own files.
 *
 * @example <photo-list data-most="5" data-bytes="20971520" data-drop="Remove"><input type="file" multiple><ul></ul><p role="alert"></p></photo-list>
 */
class PhotoList extends HTMLElement {
  #kept = new Map<HTMLInputElement, File[]>();

  connectedCallback(): void {
    for (const input of this.querySelectorAll<HTMLInputElement>("input[type='file']")) {
      this.#kept.set(input, []);
      input.addEventListener("change", () => this.#add(input));
      if (input.files?.length) this.#add(input);
    }
  }

  #add(input: HTMLInputElement): void {
    const kept = this.#kept.get(input) ?? [];
    const refused: string[] = [];
    for (const file of input.files ?? []) {
      const all = [...this.#kept.values()].flat();
      if (all.some(({ name, size, lastModified }) => name === file.name && size === file.size && lastModified === file.lastModified)) continue;
      if (file.size > Number(this.dataset.bytes)) refused.push(this.#say("large", file.name));
      else if (!/^(image|video|audio)\//.test(file.type)) refused.push(this.#say("kind", file.name));
      else if (all.length >= Number(this.dataset.most)) refused.push(this.#say("many", file.name));
      else kept.push(file);
    }
    this.#show(refused);
  }

  #show(refused: string[] = []): void {
    const rows: HTMLElement[] = [];
    for (const [input, kept] of this.#kept) {
      const chosen = new DataTransfer();
      kept.forEach((file) => chosen.items.add(file));
      input.files = chosen.files;
      rows.push(...kept.map((file) => this.#row(input, file)));
    }
    const list = this.querySelector("ul");
    list?.querySelectorAll("img").forEach(({ src }) => URL.revokeObjectURL(src));
    list?.replaceChildren(...rows);
    const said = this.querySelector("[role='alert']");
    if (said) said.textContent = refused.join(" ");
  }

  #row(input: HTMLInputElement, file: File): HTMLElement {
    const row = document.createElement("li");
    if (file.type.startsWith("image/")) {
      const seen = Object.assign(new Image(), { src: URL.createObjectURL(file), alt: file.name });
      row.append(seen);
    } else row.append(Object.assign(document.createElement("span"), { textContent: file.name }));
    const drop = Object.assign(document.createElement("button"), {
      type: "button",
      className: "btn btn-quiet btn-small",
      textContent: this.dataset.drop ?? "",
    });
    drop.setAttribute("aria-label", `${this.dataset.drop} ${file.name}`);
    drop.addEventListener("click", () => {
      this.#kept.set(input, (this.#kept.get(input) ?? []).filter((each) => each !== file));
      this.#show();
      input.focus();
    });
    row.append(drop);
    return row;
  }

  #say(what: "large" | "kind" | "many", name: string): string {
    return (this.dataset[what] ?? "").replace("{name}", name);
  }
}

customElements.define("photo-list", PhotoList);
