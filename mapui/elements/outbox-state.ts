import { mine, sendNow } from "./outbox-here";
import { onChanged } from "./outbox-store";

/**
 * Says on every page of staff what waits to be sent and whether there is a line, and sends
 * what waits: when the page opens, and when the line is back.
 *
 * @example <outbox-state data-offline="…" data-waiting="{n} …" data-refused="{n} …" data-kept="…" data-unsent="…" hidden><a href="…"></a></outbox-state>
 */
class OutboxState extends HTMLElement {
  #stop?: () => void;

  connectedCallback(): void {
    this.#stop = onChanged(() => void this.#show());
    addEventListener("online", this.#send);
    addEventListener("offline", this.#tell);
    document.addEventListener("visibilitychange", this.#back);
    void this.#show();
    void sendNow();
  }

  disconnectedCallback(): void {
    this.#stop?.();
    removeEventListener("online", this.#send);
    removeEventListener("offline", this.#tell);
    document.removeEventListener("visibilitychange", this.#back);
  }

  #send = (): void => {
    void this.#show();
    void sendNow();
  };

  #tell = (): void => void this.#show();

  #back = (): void => {
    if (document.visibilityState === "visible") this.#send();
  };

  async #show(): Promise<void> {
    const all = await mine();
    const count = (...states: string[]) => all.filter(({ state }) => states.includes(state)).length;
    const waiting = count("waiting", "sending");
    const refused = count("refused");
    const parts = [
      navigator.onLine ? "" : this.dataset.offline,
      waiting ? this.dataset.waiting?.replace("{n}", String(waiting)) : "",
      refused ? this.dataset.refused?.replace("{n}", String(refused)) : "",
    ].filter(Boolean);
    const way = this.querySelector("a");
    if (way) way.textContent = parts.join(" · ");
    this.classList.toggle("is-refused", refused > 0);
    this.hidden = parts.length === 0;
  }
}

customElements.define("outbox-state", OutboxState);
