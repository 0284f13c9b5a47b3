/**
 * A menu that opens under its word, without a program too; this closes it again when one
 * goes elsewhere or presses Escape.
 *
 * @example <pop-down><details><summary>More</summary><ul>…</ul></details></pop-down>
 */
class PopDown extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("click", this.elsewhere);
    this.addEventListener("focusout", this.left);
    this.addEventListener("keydown", this.pressed);
  }

  disconnectedCallback(): void {
    document.removeEventListener("click", this.elsewhere);
  }

  private readonly elsewhere = ({ target }: MouseEvent): void => {
    if (target instanceof Node && !this.contains(target)) this.close();
  };

  private readonly left = ({ relatedTarget }: FocusEvent): void => {
    if (relatedTarget instanceof Node && !this.contains(relatedTarget)) this.close();
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const menu = this.querySelector("details");
    if (event.key !== "Escape" || !menu?.open) return;
    // Not also what the page does on Escape.
    event.stopPropagation();
    this.close();
    this.querySelector("summary")?.focus();
  };

  private close(): void {
    this.querySelector("details")?.removeAttribute("open");
  }
}

customElements.define("pop-down", PopDown);
