import htmx from "htmx.org";
import { ask } from "./list-in-step";
import "./share-link";
import "./time-slider";

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

/** The part of the city that is looked at stays in the address, whatever is asked. */
document.addEventListener("htmx:beforeHistoryUpdate", (event) => {
  const { history: next } = (event as CustomEvent<{ history: { path?: string } }>).detail;
  if (next.path && location.hash.startsWith("#o=")) next.path += location.hash;
});

/** What is wrong with a form is shown in its place, as what came of it would be. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event as CustomEvent<{ target: Element; xhr: XMLHttpRequest; shouldSwap: boolean; isError: boolean }>;
  if (!detail.target.matches("[data-follow]") || ![409, 422, 429].includes(detail.xhr.status)) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

/** A report chosen on the map opens in the panel, as one chosen in the list does. */
document.addEventListener("report-chosen", (event) => {
  const { url } = (event as CustomEvent<{ url: string }>).detail;
  opener = document.activeElement;
  const panel = document.getElementById("panel");
  if (panel) ask(panel, url);
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
  markListed(shown.dataset.panel);
  const { lon, lat } = shown.dataset;
  if (lon && lat) {
    const detail = { lon: Number(lon), lat: Number(lat) };
    document.dispatchEvent(new CustomEvent("report-shown", { detail }));
  }
});

/** What came of following is read where the button stood. */
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (!(target instanceof HTMLElement) || !target.matches("[data-follow]")) return;
  target.querySelector<HTMLElement>("#follow-mistake, .follow-done")?.focus();
});

/** Mark in the list which report is open, if it is listed. */
function markListed(publicId?: string): void {
  for (const link of document.querySelectorAll("#results .list-link")) {
    const isOpen = publicId !== undefined && link.getAttribute("href")?.endsWith(`/${publicId}`);
    if (isOpen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function closePanel(): void {
  const panel = document.getElementById("panel");
  if (!panel?.firstElementChild) return;
  panel.replaceChildren();
  document.dispatchEvent(new CustomEvent("report-shown", { detail: null }));
  markListed();
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
