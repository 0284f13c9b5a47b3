import { sendNow } from "./outbox-here";
import { fieldOf, withField } from "./outbox-sending";
import { drop, keep, onChanged, type Kept } from "./outbox-store";
import { mine } from "./outbox-here";

/**
 * What was done on this device without a line: each with its state, why it was refused and
 * what others did meanwhile, to be sent again, opened and mended, or thrown away.
 *
 * @example <out-box data-waiting="…" data-sending="…" data-done="…" data-refused="…"><ul></ul><template>…</template><p data-empty hidden></p></out-box>
 */
class OutBox extends HTMLElement {
  #stop?: () => void;

  connectedCallback(): void {
    this.#stop = onChanged(() => void this.#show());
    this.querySelector("[data-send]")?.addEventListener("click", () => void this.#send());
    // It also stands where a page was asked for that is not kept.
    document.querySelector(".outbox-elsewhere")?.toggleAttribute("hidden", location.pathname.endsWith("/hop-gui"));
    void this.#show();
  }

  disconnectedCallback(): void {
    this.#stop?.();
  }

  async #send(): Promise<void> {
    const came = await sendNow();
    const said = this.querySelector("[data-said]");
    if (said) said.textContent = this.dataset[came === "signed-out" ? "signedOut" : came] ?? "";
  }

  async #show(): Promise<void> {
    const all = await mine();
    this.querySelector("ul")?.replaceChildren(...all.reverse().flatMap((each) => this.#row(each) ?? []));
    this.querySelector("[data-empty]")?.toggleAttribute("hidden", all.length > 0);
    const owed = all.some(({ state }) => state === "waiting" || state === "sending");
    this.querySelector("[data-send]")?.toggleAttribute("hidden", !owed);
    this.toggleAttribute("data-ready", true);
  }

  #row(each: Kept): HTMLElement | undefined {
    const made = this.querySelector("template")?.content.cloneNode(true) as DocumentFragment | undefined;
    const row = made?.querySelector<HTMLElement>("li");
    if (!row) return undefined;
    row.className = `kept kept-${each.state}`;
    const fill = (name: string, words: string) => {
      const field = row.querySelector<HTMLElement>(`[data-${name}]`);
      if (field) Object.assign(field, { textContent: words, hidden: !words });
    };
    fill("what", each.what);
    fill("about", each.about);
    fill("text", fieldOf(each, "text"));
    fill("files", each.files.length ? (this.dataset.files ?? "").replace("{n}", String(each.files.length)) : "");
    fill("state", this.dataset[each.state] ?? "");
    fill("at", new Date(each.at).toLocaleString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit" }));
    fill("why", each.state === "done" ? each.said : (this.dataset[`why${each.why[0]?.toUpperCase() ?? ""}${each.why.slice(1)}`] ?? each.why));
    const changes = row.querySelector("[data-changes]");
    changes?.toggleAttribute("hidden", each.changed.length === 0);
    const list = each.changed.map((words) => Object.assign(document.createElement("li"), { textContent: words }));
    changes?.querySelector("ul")?.replaceChildren(...list);
    this.#ways(row, each);
    return row;
  }

  #ways(row: HTMLElement, each: Kept): void {
    const open = row.querySelector<HTMLAnchorElement>("[data-open]");
    if (open) {
      open.href = each.state === "refused" ? `${each.page}#outbox=${each.id}` : each.page;
      open.hidden = each.state === "done";
    }
    const again = row.querySelector<HTMLElement>("[data-again]");
    if (again) again.hidden = each.state !== "refused" || each.why === "gone";
    again?.addEventListener("click", () => void this.#again(each));
    const away = row.querySelector<HTMLElement>("[data-away]");
    if (away) away.hidden = each.state === "sending";
    // Twice, for what is thrown away is nowhere else.
    away?.addEventListener("click", () => {
      if (each.state === "done" || away.hasAttribute("data-sure")) return void drop(each.id);
      away.setAttribute("data-sure", "");
      away.textContent = this.dataset.sure ?? "";
    });
  }

  /** Send it as it was on the case as it is now, under a name of its own. */
  async #again(each: Kept): Promise<void> {
    const id = crypto.randomUUID();
    let next: Kept = { ...each, id, state: "waiting", why: "", changed: [] };
    if (each.version !== undefined) next = withField(next, "version", String(each.version));
    if (each.seen !== undefined) next = withField(next, "seen", String(each.seen));
    await keep(next);
    await drop(each.id);
    await this.#send();
  }
}

customElements.define("out-box", OutBox);
