/** So long one month stands before the next one comes. */
const STANDS = 1600;

/**
 * Asks for one month after the other, by a slider and its keys, or by itself once somebody
 * says so. It fills in the filter's own two days, so list and map follow as they always do,
 * and the address says what is shown. Days are looked for in all years.
 *
 * @example <time-slider data-months="2025-01 2025-02" data-play="Play" data-pause="Pause"><input type="range" disabled><output></output><button type="button" data-play hidden></button><button type="button" data-whole></button></time-slider>
 */
class TimeSlider extends HTMLElement {
  #months: string[] = [];
  #timer = 0;

  connectedCallback(): void {
    const { slider, from } = this.#parts();
    this.#months = (this.dataset.months ?? "").split(" ").filter(Boolean);
    if (!slider || !from || this.#months.length < 2) return;
    this.hidden = false;
    slider.max = String(this.#months.length - 1);
    this.#read();
    slider.addEventListener("input", () => this.#say());
    slider.addEventListener("change", () => {
      this.#stop();
      this.#ask();
    });
    this.#button("play")?.addEventListener("click", () => (this.#timer ? this.#stop() : this.#play()));
    this.#button("whole")?.addEventListener("click", () => this.#whole());
    // Who wants less to move moves it alone.
    const play = this.#button("play");
    if (play) play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // Before the form asks.
    document.addEventListener("change", this.#changed, { capture: true });
  }

  disconnectedCallback(): void {
    this.#stop();
    document.removeEventListener("change", this.#changed, { capture: true });
  }

  #parts() {
    return {
      slider: this.querySelector<HTMLInputElement>("input[type='range']"),
      said: this.querySelector("output"),
      from: document.querySelector<HTMLInputElement>("#filter-from"),
      to: document.querySelector<HTMLInputElement>("#filter-to"),
    };
  }

  #button(name: string): HTMLButtonElement | null {
    return this.querySelector<HTMLButtonElement>(`[data-${name}]`);
  }

  /** Days that somebody chose in the form move the slider too; what is of today has none. */
  #changed = ({ target }: Event): void => {
    if (!(target instanceof HTMLInputElement)) return;
    const { from, to } = this.#parts();
    if (["filter-from", "filter-to"].includes(target.id)) {
      if (from?.value || to?.value) everything();
    } else if (target.name === "window" && target.value === "current") {
      if (from) from.value = "";
      if (to) to.value = "";
    } else return;
    this.#stop();
    this.#read();
  };

  #read(): void {
    const { slider, from, to } = this.#parts();
    const month = from?.value.slice(0, 7) ?? "";
    const turn = this.#months.indexOf(month);
    const isMonth = turn >= 0 && from?.value.endsWith("-01") && to?.value === after(month);
    if (slider) slider.value = String(isMonth ? turn : this.#months.length - 1);
    this.#say(Boolean(isMonth));
  }

  #say(isMonth = true): void {
    const { slider, said } = this.#parts();
    const [year = "", month = ""] = (this.#months[Number(slider?.value)] ?? "").split("-");
    const words = isMonth ? `${month}/${year}` : (this.dataset.any ?? "");
    if (said) said.textContent = words;
    slider?.setAttribute("aria-valuetext", words);
    const whole = this.#button("whole");
    if (whole) whole.hidden = !isMonth;
  }

  #ask(): void {
    const { slider, from, to } = this.#parts();
    const month = this.#months[Number(slider?.value)];
    if (!month || !from || !to) return;
    this.#fill(`${month}-01`, after(month));
    this.#say();
  }

  #whole(): void {
    this.#stop();
    this.#fill("", "");
    this.#read();
  }

  #fill(first: string, next: string): void {
    const { from, to } = this.#parts();
    if (!from || !to) return;
    [from.value, to.value] = [first, next];
    everything();
    from.form?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #play(): void {
    const { slider } = this.#parts();
    const button = this.#button("play");
    if (!slider || !button) return;
    if (Number(slider.value) >= this.#months.length - 1) slider.value = "0";
    this.#ask();
    button.textContent = this.dataset.pause ?? "";
    this.#timer = window.setInterval(() => {
      if (Number(slider.value) >= this.#months.length - 1) return this.#stop();
      slider.value = String(Number(slider.value) + 1);
      this.#ask();
    }, STANDS);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
    const button = this.#button("play");
    if (button) button.textContent = this.dataset.play ?? "";
  }
}

/** Ask for all years. */
function everything(): void {
  const all = document.querySelector<HTMLInputElement>(".filters input[name='window'][value='all']");
  if (all) all.checked = true;
}

// Where nothing is of today a link leads on to all years, and the form follows.
document.addEventListener("click", ({ target }) => {
  if (target instanceof Element && target.closest("[data-ever]")) everything();
});

/** The first day of the month that follows. */
function after(month: string): string {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return number === 12 ? `${year + 1}-01-01` : `${year}-${String(number + 1).padStart(2, "0")}-01`;
}

customElements.define("time-slider", TimeSlider);
