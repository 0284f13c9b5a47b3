// A screen in a room: nobody touches it, so it sees to itself.
import "../styles/wall.css";

const EVERY_MS = 60_000;
const GONE = [404, 410];

/**
 * Fetches its own page anew each minute and shows the figures of it. Without a line it
 * keeps the last ones, and says since when they are all it knows.
 *
 * @example <wall-screen data-lost="No connection since {time}"><main data-figures><p role="status"></p></main></wall-screen>
 */
class WallScreen extends HTMLElement {
  #turn = 0;
  #lost: Date | null = null;

  connectedCallback(): void {
    this.#turn = window.setInterval(() => void this.#again(), EVERY_MS);
  }

  disconnectedCallback(): void {
    window.clearInterval(this.#turn);
  }

  async #again(): Promise<void> {
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (answer && GONE.includes(answer.status)) {
      location.reload(); // The page says itself that the link is over.
      return;
    }
    const page = answer?.ok ? await answer.text().catch(() => null) : null;
    const figures = page === null ? null : figuresOf(page);
    if (figures) {
      this.#lost = null;
      this.querySelector("[data-figures]")?.replaceWith(figures);
      return;
    }
    this.#lost ??= new Date();
    const said = this.querySelector("[role='status']");
    const words = (this.dataset.lost ?? "").replace("{time}", hourOf(this.#lost));
    if (said && said.textContent !== words) said.textContent = words;
  }
}

function figuresOf(page: string): Element | null {
  return new DOMParser().parseFromString(page, "text/html").querySelector("[data-figures]");
}

function hourOf(at: Date): string {
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

customElements.define("wall-screen", WallScreen);
