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
    const said = answer?.ok ? await answer.text().catch(() => null) : null;
    const page = said === null ? null : new DOMParser().parseFromString(said, "text/html");
    const figures = page?.querySelector("[data-figures]");
    if (page && figures) {
      const loaded = askedBy(document);
      if (!askedBy(page).every((each) => loaded.includes(each))) location.reload(); // Updated.
      this.#lost = null;
      this.querySelector("[data-figures]")?.replaceWith(figures);
      return;
    }
    this.#lost ??= new Date();
    const status = this.querySelector("[role='status']");
    const words = (this.dataset.lost ?? "").replace("{time}", hourOf(this.#lost));
    if (status && status.textContent !== words) status.textContent = words;
  }
}

/** The scripts and styles that a page asks for, each named for what is in it. */
function askedBy(page: Document): (string | null)[] {
  const asked = page.querySelectorAll("script[src], link[rel='stylesheet']");
  return [...asked].map((each) => each.getAttribute("src") ?? each.getAttribute("href"));
}

function hourOf(at: Date): string {
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

customElements.define("wall-screen", WallScreen);
