/**
 * Ticks every box of the form it stands in, or none when all are ticked; a box may stand
 * elsewhere and name the form.
 *
 * @example <form>…<check-all><button type="button">All</button></check-all></form>
 */
class CheckAll extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("button")?.addEventListener("click", () => {
      const fields = [...(this.closest("form")?.elements ?? [])];
      const boxes = fields.filter((each): each is HTMLInputElement => each instanceof HTMLInputElement && each.type === "checkbox");
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
      boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

customElements.define("check-all", CheckAll);
