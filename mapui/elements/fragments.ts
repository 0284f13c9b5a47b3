import htmx from "htmx.org";

// Nothing is evaluated and no style is written into the page: its policy allows neither.
Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  scrollIntoViewOnBoost: false,
});

/** Leave out of the address what says nothing. */
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, formData } = (event as CustomEvent<{ verb: string; formData: FormData }>).detail;
  if (verb !== "get") return;
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

/** A report chosen on the map opens in the panel, as one chosen in the list does. */
document.addEventListener("report-chosen", (event) => {
  const { url } = (event as CustomEvent<{ url: string }>).detail;
  void htmx.ajax("get", url, { target: "#panel", swap: "innerHTML" });
});

let opener: Element | null = null;

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target instanceof Element && target.matches("[hx-target='#panel']")) opener = target;
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (!(target instanceof HTMLElement) || target.id !== "panel") return;
  const shown = target.querySelector<HTMLElement>("[data-panel]");
  if (!shown) return;
  shown.querySelector<HTMLElement>("[tabindex='-1']")?.focus({ preventScroll: true });
  const { lon, lat } = shown.dataset;
  if (lon && lat) {
    const detail = { lon: Number(lon), lat: Number(lat) };
    document.dispatchEvent(new CustomEvent("report-shown", { detail }));
  }
});

function closePanel(): void {
  const panel = document.getElementById("panel");
  if (!panel?.firstElementChild) return;
  panel.replaceChildren();
  document.dispatchEvent(new CustomEvent("report-shown", { detail: null }));
  if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  opener = null;
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-close-panel]")) {
    event.preventDefault();
    closePanel();
  }
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") closePanel();
});
