/**
 * How long a call has lasted, by the clock of the site: it goes on where the page was
 * loaded again. Who nears the end of the time, and who is over it, is told once.
 *
 * @example <call-timer data-started="…" data-now="…" data-warn="240" data-limit="300" data-warned="…" data-late="…"><b data-time></b><span data-told role="status"></span></call-timer>
 */
class CallTimer extends HTMLElement {
  #ticking = 0;
  #before = 0;
  #loaded = performance.now();
  #told = "";

  connectedCallback(): void {
    const { started, now } = this.dataset;
    this.#before = (Date.parse(now ?? "") - Date.parse(started ?? "")) / 1000;
    if (Number.isNaN(this.#before)) return;
    this.#tick();
    this.#ticking = window.setInterval(() => this.#tick(), 1000);
  }

  disconnectedCallback(): void {
    clearInterval(this.#ticking);
  }

  #tick(): void {
    const seconds = Math.max(0, Math.floor(this.#before + (performance.now() - this.#loaded) / 1000));
    const shown = this.querySelector("[data-time]");
    if (shown) shown.textContent = written(seconds);
    const state = seconds >= Number(this.dataset.limit) ? "late" : seconds >= Number(this.dataset.warn) ? "warned" : "";
    if (state === this.#told) return;
    this.#told = state;
    this.dataset.state = state;
    const told = this.querySelector("[data-told]");
    if (told) told.textContent = (state === "late" ? this.dataset.late : this.dataset.warned) ?? "";
  }
}

/** As a stopwatch shows it: 4:05, or 1:04:05. */
function written(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number: number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

customElements.define("call-timer", CallTimer);

export {};
