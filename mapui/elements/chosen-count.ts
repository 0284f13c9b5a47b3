/**
 * Says how many boxes of the form around it are ticked.
 *
 * @example <form>…<chosen-count data-words="{n} chosen" role="status"></chosen-count></form>
 */
class ChosenCount extends HTMLElement {
  connectedCallback(): void {
    const form = this.closest("form");
    const say = () => {
      const fields = [...(form?.elements ?? [])];
      const chosen = fields.filter((each) => each instanceof HTMLInputElement && each.type === "checkbox" && each.checked).length;
      this.textContent = chosen ? (this.dataset.words ?? "").replace("{n}", String(chosen)) : "";
    };
    // A box that names the form may stand outside it.
    document.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement ? event.target.form === form : event.target === form) say();
    });
    say();
  }
}

customElements.define("chosen-count", ChosenCount);
