/**
 * Hands a text and an address to the device's own share sheet, or prints the page. It is
 * not there where it cannot work.
 *
 * @example <share-button data-title="…" data-text="…" data-url="…"><button hidden>Share</button></share-button>
 */
class ShareButton extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button || !("share" in navigator)) return;
    const { title = "", text = "", url = location.href } = this.dataset;
    button.hidden = false;
    button.addEventListener("click", () => {
      // Who closes the sheet has changed their mind; that is no fault.
      navigator.share({ title, text, url }).catch(() => undefined);
    });
  }
}

/** @example <print-button><button hidden>Print</button></print-button> */
class PrintButton extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

customElements.define("share-button", ShareButton);
customElements.define("print-button", PrintButton);
