/**
 * Says how many boxes of the form around it are ticked.
 *
 * @example <form>…<chosen-count data-words="{n} chosen" role="status"></chosen-count></form>
 */
class ChosenCount extends HTMLElement {
  connectedCallback(): void {
    const form = this.closest("form");
    const say = () => {
      const chosen = form?.querySelectorAll("input[type='checkbox']:checked").length ?? 0;
      this.textContent = chosen ? (this.dataset.words ?? "").replace("{n}", String(chosen)) : "";
    };
    form?.addEventListener("change", say);
    say();
  }
}

customElements.define("chosen-count", ChosenCount);
