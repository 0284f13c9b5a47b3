/**
 * Ticks every box of the form it stands in, or none when all are ticked.
 *
 * @example <form>…<check-all><button type="button">All</button></check-all></form>
 */
class CheckAll extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("button")?.addEventListener("click", () => {
      const boxes = [...(this.closest("form")?.querySelectorAll<HTMLInputElement>("input[type='checkbox']") ?? [])];
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
      boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

customElements.define("check-all", CheckAll);
