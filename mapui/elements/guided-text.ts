/**
 * Offers the words that go with a choice, and never writes over a person's own.
 *
 * @example <guided-text data-guides="id-of-a-json-script"><select data-guides>…</select><textarea>…</textarea></guided-text>
 */
class GuidedText extends HTMLElement {
  #offered = "";

  connectedCallback(): void {
    const said = document.getElementById(this.dataset.guides ?? "")?.textContent;
    const guides = JSON.parse(said ?? "{}") as Record<string, string>;
    const choice = this.querySelector<HTMLSelectElement>("select[data-guides]");
    const text = this.querySelector("textarea");
    if (!choice || !text) return;
    choice.addEventListener("change", () => {
      const own = text.value.trim();
      if (own && own !== this.#offered.trim()) return;
      this.#offered = guides[choice.value] ?? "";
      text.value = this.#offered;
    });
  }
}

customElements.define("guided-text", GuidedText);
