/**
 * Asks the device where it is and sends its form with the answer, in the body alone; the
 * position is kept nowhere.
 *
 * @example <from-here data-refused="…" data-asking="…"><form method="post"><input name="lat"><input name="lon"><button type="button" hidden>…</button></form><p role="status"></p></from-here>
 */
class FromHere extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    // Where a site is not fetched safely the browser offers nothing to ask.
    if (!button || !navigator.geolocation) return;
    button.hidden = false;
    button.addEventListener("click", () => this.#ask(button));
  }

  #ask(button: HTMLButtonElement): void {
    button.disabled = true;
    this.#say(this.dataset.asking);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.#fill("lat", coords.latitude);
        this.#fill("lon", coords.longitude);
        this.querySelector("form")?.submit();
      },
      () => {
        button.disabled = false;
        this.#say(this.dataset.refused);
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  }

  #fill(name: string, degrees: number): void {
    const field = this.querySelector<HTMLInputElement>(`[name='${name}']`);
    if (field) field.value = degrees.toFixed(6);
  }

  #say(words = ""): void {
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = words;
  }
}

customElements.define("from-here", FromHere);
