/**
 * Keeps the public list and the map beside it in step: what is in the frame is listed,
 * what is pointed at in the list is shown on the map, what is found is gone to.
 */
import htmx from "htmx.org";
import type { PlaceChosen } from "./place-search";

const KEPT = "map-frame-list";
/** So long a map rests before the list follows it. */
const REST = 300;

const results = document.getElementById("results");
const inStep = document.querySelector<HTMLInputElement>("#in-step");
let rest = 0;
let frame = "";

/** Ask the list for what lies in the frame, or for all where there is none. */
function keepTo(asked: string): void {
  const field = document.querySelector<HTMLInputElement>("#filter-bbox");
  if (!field || field.value === asked) return;
  field.value = asked;
  htmx.trigger(field, "moved");
}

/** Say how many there are once the list has settled, without taking the focus. */
function tell(places: Iterable<Element>): void {
  const count = results?.querySelector("h2")?.textContent?.trim() ?? "";
  for (const place of places) place.textContent = count;
}

/** Say beside that number of when they are, as the form does. */
function tellWhen(): void {
  const chosen = document.querySelector(".filters [name='window']:checked + span");
  for (const place of document.querySelectorAll("[data-when]")) {
    place.textContent = chosen?.textContent?.trim() ?? "";
  }
}

function remember(follows: boolean): void {
  try {
    sessionStorage.setItem(KEPT, String(follows));
  } catch {
    // Kept for this page only.
  }
}

function recall(): boolean {
  try {
    return sessionStorage.getItem(KEPT) !== "false";
  } catch {
    return true;
  }
}

if (results && inStep) {
  inStep.checked = recall();
  tell(document.querySelectorAll("[data-count]"));

  document.addEventListener("map-ready", (event) => {
    frame = (event as CustomEvent<string>).detail;
    inStep.closest("label")?.removeAttribute("hidden");
  });
  document.addEventListener("map-moved", (event) => {
    frame = (event as CustomEvent<string>).detail;
    clearTimeout(rest);
    const isUnplaced = new URLSearchParams(location.search).has("placed");
    if (inStep.checked && !isUnplaced) rest = window.setTimeout(() => keepTo(frame), REST);
  });
  // It is no filter of the form: what it changes is the frame.
  inStep.addEventListener("change", (event) => {
    event.stopPropagation();
    remember(inStep.checked);
    keepTo(inStep.checked ? frame : "");
  });

  document.addEventListener("place-chosen", (event) => {
    const { code, is_now } = (event as PlaceChosen).detail;
    const wards = document.querySelector<HTMLSelectElement>("#filter-ward");
    if (!wards) return;
    const isListed = is_now && [...wards.options].some(({ value }) => value === code);
    const ward = isListed ? code : "";
    if (wards.value === ward && !ward) return; // The list follows the frame.
    wards.value = ward;
    const field = document.querySelector<HTMLInputElement>("#filter-bbox");
    if (field) field.value = "";
    wards.dispatchEvent(new Event("change", { bubbles: true }));
  });

  for (const [begins, ends] of [["pointerover", "pointerout"], ["focusin", "focusout"]] as const) {
    for (const name of [begins, ends]) {
      results.addEventListener(name, ({ target }) => {
        const link = target instanceof Element ? target.closest<HTMLElement>(".list-link") : null;
        const { lon, lat } = link?.dataset ?? {};
        const detail = name === begins && lon && lat ? [Number(lon), Number(lat)] : null;
        document.dispatchEvent(new CustomEvent("report-pointed", { detail }));
      });
    }
  }

  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target !== results) return;
    tell(document.querySelectorAll("#results-said, [data-count]"));
    tellWhen();
  });

  // On a phone the list is drawn up over the map, and put down again.
  const side = document.querySelector(".atlas-side");
  if (side) {
    const reaches = new IntersectionObserver(
      ([entry]) => document.body.classList.toggle("is-listing", entry?.isIntersecting),
      { rootMargin: "0px 0px -65% 0px" },
    );
    reaches.observe(side);
  }
  const motion = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");
  const drawUp = () => {
    results.scrollIntoView({ behavior: motion() });
    results.querySelector<HTMLElement>(".list-link")?.focus({ preventScroll: true });
  };
  document.addEventListener("click", ({ target }) => {
    const asked = target instanceof Element ? target.closest<HTMLElement>("[data-sheet]") : null;
    if (!asked) return;
    if (asked.dataset.sheet === "map") {
      scrollTo({ top: 0, behavior: motion() });
      document.getElementById("map")?.focus({ preventScroll: true });
    } else drawUp();
  });
  // What has no place is in the list alone, so whoever asks for it on the map is led there.
  document.addEventListener("htmx:afterSettle", (event) => {
    const { requestConfig } = (event as CustomEvent<{ requestConfig?: { elt: Element } }>).detail;
    const isAsked = requestConfig?.elt.classList.contains("map-chip") ?? false;
    if (event.target === results && isAsked && new URLSearchParams(location.search).has("placed")) drawUp();
  });
}

interface Failed {
  elt: HTMLElement;
  target?: HTMLElement;
  pathInfo: { requestPath: string };
}

/** Ask for what no link of the page leads to; what is asked last is what is shown. */
export function ask(there: HTMLElement, url: string): void {
  htmx.trigger(there, "htmx:abort");
  // One that failed has been told; one that another took the place of is not missed.
  htmx.ajax("get", url, { source: there, target: there, swap: "innerHTML" }).catch(() => undefined);
}

/** What was asked for did not come: say so where it would stand, with a way on. */
function fail(event: Event): void {
  const { elt, target, pathInfo } = (event as CustomEvent<Failed>).detail;
  const there = target ?? htmx.find("#results");
  if (!(there instanceof HTMLElement) || !results || !["results", "panel"].includes(there.id)) return;
  there.querySelector(":scope > .list-failed")?.remove();
  const said = Object.assign(document.createElement("div"), { className: "notice notice-bad list-failed" });
  said.setAttribute("role", "alert");
  const words = Object.assign(document.createElement("p"), { textContent: results.dataset.failed ?? "" });
  const again = Object.assign(document.createElement("button"), {
    className: "btn btn-quiet",
    type: "button",
    textContent: results.dataset.again ?? "",
  });
  again.addEventListener("click", () => {
    said.remove();
    if (elt.matches("form, input")) htmx.trigger(elt, elt.matches("form") ? "submit" : "moved");
    else if (elt === there) ask(there, pathInfo.requestPath);
    else if (elt.isConnected) elt.click();
  });
  said.append(words, again);
  there.prepend(said);
}
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, fail);
}
