/**
 * Copies a text, and says so. It is not there where it cannot work.
 *
 * @example <copy-button data-text="AB-…" data-done="Copied"><button hidden>Copy</button></copy-button>
 */
class CopyButton extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      void navigator.clipboard.writeText(this.dataset.text ?? "").then(() => {
        const said = this.querySelector("[role='status']");
        if (said) said.textContent = this.dataset.done ?? "";
      });
    });
  }
}

customElements.define("copy-button", CopyButton);
