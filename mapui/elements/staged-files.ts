import { read } from "./filing-fields";
import { say } from "./filing-words";
import { shrink } from "./photo-shrinking";

/** A file that the server holds for this report. */
export interface Held {
  id: string;
  name: string;
  kind: string;
  bytes: number;
}

type State = "waiting" | "sending" | "sent" | "failed" | "refused";

interface Chosen {
  name: string;
  bytes: number;
  kind: string;
  state: State;
  percent: number;
  tries: number;
  why: string;
  file?: File;
  id?: string;
  row: HTMLLIElement;
}

/** Tried again by itself after so many seconds; and at once when the line is back. */
const AFTER_S = [2, 5, 15, 30, 60];
/** A line on which nothing moves for so long is dead, whatever it says. */
const DEAD_MS = 45_000;

/**
 * Sends each chosen file ahead of the report as soon as it is chosen, and shows how far it
 * has come. None fails unseen: it is tried again, by itself and by a button, and the report
 * is not sent without it unless its reporter says so.
 *
 * @example <staged-files data-url="/…" data-most="5" data-bytes="20971520"><input type="file" multiple><ul></ul><p role="status"></p><p role="alert"></p></staged-files>
 * @fires files-changed - whenever what is chosen or how far it has come is another
 */
export class StagedFiles extends HTMLElement {
  #all: Chosen[] = [];
  #busy = false;
  #later = 0;
  #under?: { of: Chosen; request: XMLHttpRequest };

  connectedCallback(): void {
    const input = this.querySelector<HTMLInputElement>("input[type='file']");
    input?.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = ""; // What is sent ahead does not go with the form once more.
      this.#add(files);
    });
    addEventListener("online", this.#again);
    if (this.querySelector("[name='staged']")) void this.restore([], { surely: false });
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.#again);
    clearTimeout(this.#later);
  }

  /** What a draft needs to know of the files that have arrived. */
  get held(): Held[] {
    return this.#all.flatMap(({ id, name, kind, bytes }) => (id ? [{ id, name, kind, bytes }] : []));
  }

  get names(): string[] {
    return this.#all.map(({ name }) => name);
  }

  /** The names of the files that have not arrived. */
  get unsent(): string[] {
    return this.#all.filter(({ state }) => state !== "sent").map(({ name }) => name);
  }

  /**
   * Bring back what was sent ahead: as the server lists it, or else as it was kept here.
   * What the server holds no longer is shown as not sent; but where the report itself may
   * have arrived (`surely`), its files have gone with it.
   */
  async restore(kept: Held[], { surely }: { surely: boolean }): Promise<void> {
    const listed = surely ? kept : ((await this.#list()) ?? kept);
    const gone = kept.filter(({ id }) => !listed.some((each) => each.id === id));
    const common = { percent: 100, tries: 0, why: "" };
    for (const each of listed) {
      if (this.#all.some(({ id }) => id === each.id)) continue;
      this.#all.push({ ...each, ...common, state: "sent", row: document.createElement("li") });
    }
    for (const { name, kind, bytes } of gone) {
      const row = document.createElement("li");
      this.#all.push({ name, kind, bytes, ...common, state: "refused", why: say("gone"), row });
    }
    this.#show();
  }

  /** What the server holds; nothing is known where the line is dead. */
  async #list(): Promise<Held[] | null> {
    try {
      const answer = await fetch(this.dataset.url ?? "", { headers: this.#heads() });
      return answer.ok ? ((await answer.json()) as { files: Held[] }).files : null;
    } catch {
      return null;
    }
  }

  /** Try once more what has failed, and wait until nothing is on its way. */
  async settle({ again = false } = {}): Promise<void> {
    if (again) this.#again();
    while (this.#busy || this.#all.some(({ state }) => state === "waiting")) {
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Give up what has not arrived, because its reporter says so. */
  dropUnsent(): void {
    this.#all.filter(({ state }) => state !== "sent").forEach((each) => each.row.remove());
    this.#all = this.#all.filter(({ state }) => state === "sent");
    this.#show();
  }

  #add(files: File[]): void {
    const refused: string[] = [];
    const most = Number(this.dataset.most);
    for (const file of files) {
      const { name, size, type } = file;
      const large = !type.startsWith("image/") && size > Number(this.dataset.bytes);
      if (this.#all.some((each) => each.file?.name === name && each.file.size === size)) continue;
      if (large) refused.push(say("large", { name, megabytes: Number(this.dataset.bytes) / 2 ** 20 }));
      else if (!/^(image|video|audio)\//.test(type)) refused.push(say("kind", { name }));
      else if (this.#all.length >= most) refused.push(say("many", { name }));
      else {
        const kind = type.split("/", 1)[0] ?? "";
        const row = document.createElement("li");
        this.#all.push({ name, bytes: size, kind, state: "waiting", percent: 0, tries: 0, why: "", file, row });
      }
    }
    this.#alert(refused.join(" "));
    this.#show();
    void this.#work();
  }

  /** Send what waits, one after the other: a thin line carries one file better than five. */
  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#waiting(); next; next = this.#waiting()) await this.#send(next);
    this.#busy = false;
    const failed = this.#all.filter(({ state }) => state === "failed");
    if (!failed.length) return;
    const tries = Math.min(...failed.map((each) => each.tries));
    clearTimeout(this.#later);
    this.#later = window.setTimeout(this.#again, (AFTER_S[tries - 1] ?? 60) * 1000);
  }

  #waiting(): Chosen | undefined {
    return this.#all.find(({ state }) => state === "waiting");
  }

  #again = (): void => {
    for (const each of this.#all) if (each.state === "failed") each.state = "waiting";
    this.#show();
    void this.#work();
  };

  async #send(each: Chosen): Promise<void> {
    each.state = "sending";
    each.percent = 0;
    this.#show();
    const file = each.file && (await shrink(each.file));
    if (!file || !this.#all.includes(each)) return;
    const { status, body } = await this.#post(each, file);
    if (!this.#all.includes(each)) {
      if (body.id) void this.#takeBack(body.id); // Removed while it was on its way.
      return;
    }
    if (body.id) Object.assign(each, { state: "sent", id: body.id, bytes: body.bytes, percent: 100 });
    else if (status >= 400 && status < 500 && status !== 429) Object.assign(each, { state: "refused", why: body.error ?? "" });
    else Object.assign(each, { state: "failed", tries: each.tries + 1 });
    this.#show();
    const { name, why } = each;
    const state = each.state as State;
    if (state === "sent") this.#status(say("file_sent", { name }));
    else this.#alert(state === "failed" ? say("file_failed", { name }) : say("file_refused", { name, why }));
  }

  #post(each: Chosen, file: File): Promise<{ status: number; body: Partial<Held> & { error?: string } }> {
    const request = new XMLHttpRequest();
    this.#under = { of: each, request };
    let dead = 0;
    const moves = () => {
      clearTimeout(dead);
      dead = window.setTimeout(() => request.abort(), DEAD_MS);
    };
    return new Promise((done) => {
      const end = () => {
        clearTimeout(dead);
        this.#under = undefined;
        done({ status: request.status, body: readJson(request.responseText) });
      };
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        moves();
        each.percent = Math.floor((loaded / total) * 100);
        this.#tell(each);
      });
      request.addEventListener("loadend", end);
      request.open("POST", this.dataset.url ?? "");
      for (const [name, value] of Object.entries(this.#heads())) request.setRequestHeader(name, value);
      const sent = new FormData();
      sent.append("file", file, file.name);
      request.send(sent);
      moves();
    });
  }

  #heads(): Record<string, string> {
    const form = this.closest("form");
    if (!form) return {};
    return { "X-Filing": read(form, "client_id"), "X-CSRFToken": read(form, "csrfmiddlewaretoken"), Accept: "application/json" };
  }

  #remove(each: Chosen): void {
    this.#all = this.#all.filter((other) => other !== each);
    if (each.id) void this.#takeBack(each.id);
    if (this.#under?.of === each) this.#under.request.abort(); // The others wait for it no more.
    each.row.remove();
    this.#alert("");
    this.#show();
    this.querySelector<HTMLElement>("input[type='file']")?.focus();
  }

  async #takeBack(id: string): Promise<void> {
    // One that stays behind is swept after a day.
    await fetch(`${this.dataset.url}/${id}`, { method: "DELETE", headers: this.#heads() }).catch(() => undefined);
  }

  #show(): void {
    for (const each of this.#all) {
      if (!each.row.isConnected) {
        this.#draw(each);
        this.querySelector("ul")?.append(each.row);
      }
      this.#tell(each);
    }
    this.querySelectorAll("[name='staged']").forEach((field) => field.remove());
    for (const { id } of this.#all) {
      if (id) this.append(Object.assign(document.createElement("input"), { type: "hidden", name: "staged", value: id }));
    }
    this.dispatchEvent(new Event("files-changed", { bubbles: true }));
  }

  #draw(each: Chosen): void {
    const { name, row } = each;
    const what = document.createElement("div");
    what.className = "staged-what";
    what.append(Object.assign(document.createElement("b"), { textContent: name }));
    what.append(Object.assign(document.createElement("small"), { className: "staged-state" }));
    const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
    bar.setAttribute("aria-hidden", "true");
    what.append(bar);
    const shown = each.file && preview(each.file);
    if (shown) (shown.localName === "audio" ? what : row).append(shown);
    row.append(what, this.#button(each, "retry", () => this.#again()), this.#button(each, "remove", () => this.#remove(each)));
  }

  #button({ name }: Chosen, act: "retry" | "remove", does: () => void): HTMLButtonElement {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: act === "retry" ? "btn btn-small" : "btn btn-plain btn-small",
      textContent: say(act),
    });
    button.dataset.act = act;
    button.setAttribute("aria-label", say(`${act}_file`, { name }));
    button.addEventListener("click", does);
    return button;
  }

  #tell({ row, state, percent, bytes, why }: Chosen): void {
    row.className = `staged-one is-${state}`;
    const size = `${(bytes / 2 ** 20).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;
    const told = state === "sending" ? say(percent ? "percent" : "shrinking", { percent }) : say(state === "refused" ? "failed" : state);
    const said = row.querySelector(".staged-state");
    if (said) said.textContent = [size, told, why].filter(Boolean).join(" · ");
    const bar = row.querySelector("progress");
    if (bar) Object.assign(bar, { value: percent, hidden: state !== "sending" });
    row.querySelector("[data-act='retry']")?.toggleAttribute("hidden", state !== "failed");
  }

  #status(words: string): void {
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = words;
  }

  #alert(words: string): void {
    const said = this.querySelector("[role='alert']");
    if (said) said.textContent = words;
  }
}

/** Something to recognise a file by: its picture, or a way to hear it. */
function preview(file: File): HTMLElement | undefined {
  const src = URL.createObjectURL(file);
  const alt = say("preview", { name: file.name });
  if (file.type.startsWith("image/")) return Object.assign(document.createElement("img"), { src, alt, className: "staged-thumb" });
  const kind = file.type.startsWith("video/") ? "video" : "audio";
  const player = Object.assign(document.createElement(kind), { src, controls: true, preload: "metadata" });
  player.setAttribute("aria-label", alt);
  player.className = `staged-${kind}`;
  return player;
}

function readJson(text: string): Partial<Held> & { error?: string } {
  try {
    return JSON.parse(text) as Partial<Held> & { error?: string };
  } catch {
    return {};
  }
}

customElements.define("staged-files", StagedFiles);
