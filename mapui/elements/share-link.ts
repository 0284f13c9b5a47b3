/**
 * Hands a public address on: by the device's own way of sharing, else by copying it.
 *
 * @example <share-link data-address="…" data-title="…" data-done="Copied"><button hidden>Share</button><span role="status"></span></share-link>
 */
class ShareLink extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button || !(navigator.share || navigator.clipboard)) return;
    button.hidden = false;
    button.addEventListener("click", () => void this.#share());
  }

  async #share(): Promise<void> {
    const { address: url = location.href, title = document.title, done = "" } = this.dataset;
    if (navigator.share) {
      // Who changes their mind is told nothing.
      return navigator.share({ title, url }).catch(() => undefined);
    }
    await navigator.clipboard.writeText(url);
    const said = this.querySelector("[role='status']");
    if (said) said.textContent = done;
  }
}

customElements.define("share-link", ShareLink);
