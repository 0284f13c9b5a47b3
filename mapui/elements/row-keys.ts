/**
 * Moves from row to row of a list with j and k or the arrows; Enter follows the link.
 *
 * @example <row-keys><ul><li><a href="…" data-row>…</a></li></ul></row-keys>
 */
class RowKeys extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("keydown", this.#move);
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.#move);
  }

  #move = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const typing = event.target instanceof Element && event.target.matches("input, textarea, select");
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (typing || !step) return;
    const rows = [...this.querySelectorAll<HTMLElement>("[data-row]")];
    const here = rows.findIndex((row) => row === document.activeElement);
    const there = here < 0 ? 0 : here + step;
    const row = rows[Math.min(Math.max(there, 0), rows.length - 1)];
    if (!row) return;
    event.preventDefault();
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };
}

customElements.define("row-keys", RowKeys);
