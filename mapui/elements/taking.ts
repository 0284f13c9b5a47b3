/** How often what is said of the progress changes: often enough to see, rarely enough to hear. */
const EVERY_MS = 300;
const LINE_FEED = 10;

/**
 * A link or form whose answer is a file: fetched here, so that one sees how far it is, and may
 * stop it. Without this element it is a download like any other.
 *
 * Forms of one line a row are counted by rows; what comes with its length, by that; the rest by
 * what has come.
 *
 * @example <file-taking data-doing="{done} of {all}" data-size="{size} MB" data-begun="…" data-done="…" data-failed="…" data-stop="Stop"><a href="…" download>CSV</a></file-taking>
 */
class FileTaking extends HTMLElement {
  #stop?: AbortController;
  #said?: HTMLElement;

  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>("a[download]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      void this.#take(link.href);
    });
    this.addEventListener("submit", (event) => {
      const form = event.target as HTMLFormElement;
      const button = (event as SubmitEvent).submitter as HTMLButtonElement | null;
      event.preventDefault();
      const asked = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
      void this.#take(`${button?.formAction || form.action}?${asked}`);
    });
  }

  disconnectedCallback(): void {
    this.#stop?.abort();
  }

  async #take(url: string): Promise<void> {
    if (this.#stop) return;
    const stop = (this.#stop = new AbortController());
    const bar = this.#show(stop);
    try {
      const answer = await fetch(url, { signal: stop.signal });
      if (!answer.ok || !answer.body) throw new Error((await answer.text()).trim() || String(answer.status));
      const pieces = await this.#read(answer, bar);
      this.#keep(new Blob(pieces, { type: answer.headers.get("Content-Type") ?? "" }), nameOf(answer));
      this.#say(this.dataset.done);
    } catch (error) {
      if (stop.signal.aborted) this.#say("");
      else this.#say(`${this.dataset.failed ?? ""} ${error instanceof Error && error.name === "Error" ? error.message : ""}`);
    } finally {
      this.#stop = undefined;
      this.querySelector(".taking-bar")?.remove();
    }
  }

  async #read(answer: Response, bar: HTMLProgressElement): Promise<BlobPart[]> {
    const rows = Number(answer.headers.get("X-Rows") ?? 0);
    const length = Number(answer.headers.get("Content-Length") ?? 0);
    const isCounted = rows > 0 && /csv|geo\+json/.test(answer.headers.get("Content-Type") ?? "");
    const pieces: BlobPart[] = [];
    let came = 0;
    let lines = 0;
    let told = 0;
    const reader = answer.body!.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const piece = next.value;
      pieces.push(piece);
      came += piece.length;
      if (isCounted) for (const byte of piece) if (byte === LINE_FEED) lines++;
      if (performance.now() - told < EVERY_MS) continue;
      told = performance.now();
      const done = isCounted ? Math.min(1, lines / rows) : length ? came / length : undefined;
      if (done !== undefined) bar.value = done;
      this.#say(isCounted ? this.#counted(Math.min(lines, rows), rows) : this.#sized(came));
    }
    return pieces;
  }

  #counted(done: number, all: number): string {
    const [there, whole] = [done, all].map((each) => each.toLocaleString(document.documentElement.lang));
    return (this.dataset.doing ?? "").replace("{done}", there!).replace("{all}", whole!);
  }

  #sized(bytes: number): string {
    const size = (bytes / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
    return (this.dataset.size ?? "").replace("{size}", size);
  }

  #show(stop: AbortController): HTMLProgressElement {
    const place = Object.assign(document.createElement("div"), { className: "taking-bar" });
    const bar = Object.assign(document.createElement("progress"), { max: 1 });
    bar.setAttribute("aria-label", this.dataset.begun ?? "");
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "btn btn-plain",
      textContent: this.dataset.stop ?? "",
    });
    button.addEventListener("click", () => stop.abort());
    place.append(bar, button);
    if (!this.#said) {
      this.#said = Object.assign(document.createElement("p"), { className: "taking-said" });
      this.#said.setAttribute("role", "status");
      this.append(this.#said);
    }
    this.insertBefore(place, this.#said);
    this.#say(this.dataset.begun);
    return bar;
  }

  #say(words = ""): void {
    if (this.#said) this.#said.textContent = words;
  }

  #keep(file: Blob, name: string): void {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}

function nameOf(answer: Response): string {
  return /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
}

customElements.define("file-taking", FileTaking);
export {};
