/** A pause of typing. */
const PAUSE_MS = 450;

/**
 * Suggests categories for what is being typed, or for a case that was told; one press
 * chooses it in the form, and nothing is chosen by itself.
 *
 * @example <category-suggestion data-ask="…" data-from="description" aria-live="polite"></category-suggestion>
 */
class CategorySuggestion extends HTMLElement {
  #pause = 0;
  #asked?: AbortController;
  #last = "";

  connectedCallback(): void {
    const form = this.closest("form");
    const { from, ask } = this.dataset;
    this.addEventListener("click", (event) => this.#choose(event));
    if (!form || !ask) return;
    if (!from) {
      // Of a case its words are known: asked for once it can be seen.
      const seen = new IntersectionObserver((entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        seen.disconnect();
        void this.#ask({ method: "GET" });
      });
      seen.observe(this.parentElement ?? this);
      return;
    }
    const field = form.querySelector<HTMLInputElement | HTMLTextAreaElement>(from);
    field?.addEventListener("input", () => this.#soon(form, field));
    if (field?.value) this.#soon(form, field);
  }

  #soon(form: HTMLFormElement, field: HTMLInputElement | HTMLTextAreaElement): void {
    clearTimeout(this.#pause);
    this.#pause = window.setTimeout(() => {
      const text = field.value.trim();
      if (text === this.#last) return;
      this.#last = text;
      const body = new FormData();
      body.set("description", text);
      body.set("csrfmiddlewaretoken", form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "");
      void this.#ask({ method: "POST", body });
    }, PAUSE_MS);
  }

  async #ask(asking: RequestInit): Promise<void> {
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    try {
      const answer = await fetch(this.dataset.ask ?? "", { ...asking, signal, redirect: "error" });
      if (!answer.ok) return;
      this.innerHTML = answer.status === 204 ? "" : await answer.text();
    } catch {
      // Without a network there is no suggestion, and the form is whole as it is.
    }
  }

  #choose(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-category]") : null;
    const code = button?.dataset.category;
    const form = this.closest("form");
    if (!code || !form) return;
    const radio = form.querySelector<HTMLInputElement>(`input[type=radio][name=category][value="${CSS.escape(code)}"]`);
    const field = radio ?? form.querySelector<HTMLSelectElement>("select[name=category]");
    if (!field) return;
    if (field instanceof HTMLInputElement) field.checked = true;
    else field.value = code;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    this.querySelectorAll("[data-category]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    if (radio) {
      radio.closest("details")?.setAttribute("open", "");
      radio.focus();
    }
  }
}

customElements.define("category-suggestion", CategorySuggestion);
