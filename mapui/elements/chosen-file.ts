/**
 * A field for one file with words of our own on its button; it says which file was chosen.
 *
 * @example <chosen-file><div class="picker-file"><input type="file"><span class="btn">Choose</span></div><p role="status"></p></chosen-file>
 */
class ChosenFile extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("change", this.#tell);
    this.#tell();
  }

  #tell = (): void => {
    const file = this.querySelector<HTMLInputElement>("input[type='file']")?.files?.[0];
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = file?.name ?? "";
  };
}

customElements.define("chosen-file", ChosenFile);
