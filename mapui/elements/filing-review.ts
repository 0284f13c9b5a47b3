import { categoryName, chosen, read, wardName } from "./filing-fields";
import { say } from "./filing-words";

let asked: AbortController | undefined;
/** What stood in a place before anything was told of this report. */
const before = new WeakMap<Element, Node[]>();

/** Put the report's own words before its reporter: what the unit sees, and all that is sent. */
export function fillReview(page: HTMLElement, form: HTMLFormElement, files: string[]): void {
  const hidden = read(form, "reporter.hide_name") ? say("anonymous") : "";
  const ways = ["phone", "email"].map((each) => read(form, `reporter.${each}`)).filter(Boolean);
  const values: Record<string, string> = {
    place: placed(page, form),
    category: categoryName(form),
    questions: answers(form),
    words: read(form, "description"),
    files: files.length ? files.join(", ") : say("nothing"),
    who: [[read(form, "reporter.name"), hidden].filter(Boolean).join(" "), ...ways].filter(Boolean).join("\n"),
    seen: page.querySelector(isShown(form) ? "#seen-shown" : "#seen-hidden")?.textContent?.trim() ?? "",
  };
  for (const row of page.querySelectorAll<HTMLElement>("[data-row]")) {
    const value = values[row.dataset.row ?? ""] ?? "";
    row.hidden = !value && row.dataset.row === "questions";
    const shown = row.querySelector("[data-value]");
    if (shown) shown.textContent = value || say("nothing");
  }
  for (const cell of page.querySelectorAll<HTMLElement>("[data-fill]")) {
    cell.textContent = values[cell.dataset.fill ?? ""] || say("nothing");
  }
  const unticked = page.querySelector<HTMLElement>("[data-when='unticked']");
  const isPrivate = "private" in (chosen(form)?.dataset ?? {});
  if (unticked) unticked.hidden = isPrivate || isShown(form);
  page.querySelector("[data-ahead='public']")?.toggleAttribute("hidden", !isShown(form));
  page.querySelector("[data-when='hides']")?.toggleAttribute("hidden", !hidden);
  page.querySelector("[data-when='tells']")?.toggleAttribute("hidden", Boolean(hidden));
}

/** Ask who would get it, and what of it anyone would see; say so where that is shown. */
export async function lookAhead(page: HTMLElement, form: HTMLFormElement, url: string): Promise<void> {
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams({ category: chosen(form)?.value ?? "" });
  for (const name of ["lat", "lon", "accuracy", "ward", "address"]) {
    const value = read(form, name);
    if (value) query.set(name, value);
  }
  const route = page.querySelector<HTMLElement>("[data-ahead='route']");
  if (route && route.dataset.of !== String(query)) {
    // What was told of another place or kind is not true of this one.
    for (const place of page.querySelectorAll("[data-ahead]")) {
      const general = before.get(place);
      if (general) place.replaceChildren(...general);
    }
  }
  if (route && !route.textContent?.trim()) route.textContent = say("looking");
  const forget = () => (route?.textContent === say("looking") ? route.replaceChildren() : undefined);
  try {
    // By POST: an address in the line of a request is written down on its way.
    const headers = { "X-CSRFToken": read(form, "csrfmiddlewaretoken") };
    const answer = await fetch(url, { method: "POST", body: query, headers, signal: asked.signal });
    if (answer.status !== 200) return void forget();
    const told = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of told.querySelectorAll<HTMLElement>("[data-part]")) {
      const place = page.querySelector(`[data-ahead='${part.dataset.part}']`);
      if (place && !before.has(place)) before.set(place, [...place.childNodes]);
      place?.replaceChildren(...part.childNodes);
    }
    if (route) route.dataset.of = String(query);
  } catch (error) {
    // What stands there already is true, if less to the point.
    if (!(error instanceof DOMException && error.name === "AbortError")) forget();
  }
}

/** Whether anyone would see it: neither its category nor its reporter forbids it. */
function isShown(form: HTMLFormElement): boolean {
  return !("private" in (chosen(form)?.dataset ?? {})) && read(form, "public") !== "";
}

function placed(page: HTMLElement, form: HTMLFormElement): string {
  const ward = wardName(form, read(form, "ward"));
  const metres = Number(read(form, "accuracy"));
  // A position that left the ward open has been answered for: the question is over.
  if (ward && metres) return [read(form, "address"), `${ward} (± ${metres.toFixed(0)} m)`].filter(Boolean).join("\n");
  const point = read(form, "lat") ? (page.querySelector("[data-said='place']")?.textContent ?? "") : "";
  const said = [read(form, "address"), point, point.includes(ward) ? "" : ward].filter(Boolean);
  return said.join("\n") || say("no_place");
}

function answers(form: HTMLFormElement): string {
  const said: string[] = [];
  for (const field of form.querySelectorAll<HTMLElement>("fieldset[data-category]:not(:disabled) .field")) {
    const question = field.querySelector(":scope > legend, :scope > label")?.textContent?.trim();
    const radio = field.querySelector<HTMLInputElement>("input:checked");
    const typed = field.querySelector<HTMLInputElement>("input.control")?.value.trim();
    const answer = radio ? radio.closest("label")?.textContent?.trim() : typed;
    if (answer) said.push(`${question} ${answer}`);
  }
  return said.join("\n");
}
