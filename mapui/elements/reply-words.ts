/**
 * Puts ready words where one is writing, after what stands there; nothing typed is lost.
 *
 * @example <reply-words data-for="id-of-a-textarea"><select><option data-text="…">…</option></select></reply-words>
 */
class ReplyWords extends HTMLElement {
  connectedCallback(): void {
    const choice = this.querySelector("select");
    const text = document.getElementById(this.dataset.for ?? "");
    if (!choice || !(text instanceof HTMLTextAreaElement)) return;
    choice.addEventListener("change", () => {
      const words = choice.selectedOptions[0]?.dataset.text;
      choice.selectedIndex = 0;
      if (!words) return;
      const before = text.value.trimEnd();
      text.value = before ? `${before}\n${words}` : words;
      text.dispatchEvent(new Event("input", { bubbles: true }));
      text.focus();
      text.setSelectionRange(text.value.length, text.value.length);
    });
  }
}

customElements.define("reply-words", ReplyWords);
