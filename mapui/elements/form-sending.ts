import { keptExif } from "./exif-keeping";
import { keepForm } from "./outbox-here";
import { dropOpened } from "./outbox-opening";
import { shrink } from "./photo-shrinking";

/** What came of sending a form from within its page. */
export type Came =
  | { kind: "next"; url: string; isDone: boolean }
  | { kind: "page"; main: HTMLElement; title: string }
  | { kind: "kept" }
  | { kind: "refused" }
  | { kind: "unreachable" };

/** A line that says nothing for so long is dead, whatever the phone believes; photos take longer. */
const DEAD_MS = 15_000;
const DEAD_WITH_FILES_MS = 120_000;

/**
 * Send a form from within its page. Where there is no line it is kept in the outbox, if it
 * is one that may be (`data-outbox`), under the name under which it was first sent: what
 * arrived after all is not done twice.
 */
export async function sendForm(form: HTMLFormElement, submitter?: HTMLElement | null): Promise<Came> {
  const body = await smaller(new FormData(form, submitter));
  const id = crypto.randomUUID();
  const mayWait = "outbox" in form.dataset;
  if (mayWait) body.set("client_id", id);
  const hasFiles = [...body.values()].some((value) => typeof value !== "string" && value.size);
  try {
    if (!navigator.onLine) throw new Error("offline");
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { "X-Sent-By": "kept-form" },
      signal: AbortSignal.timeout(hasFiles ? DEAD_WITH_FILES_MS : DEAD_MS),
    });
    if (answer.headers.get("content-type")?.startsWith("application/json")) {
      const { next } = (await answer.json()) as { next: string };
      await dropOpened(form);
      return { kind: "next", url: next, isDone: true };
    }
    if (answer.redirected) return { kind: "next", url: answer.url, isDone: false };
    if (answer.status >= 500) throw new Error("broken");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector<HTMLElement>("main");
    return main ? { kind: "page", main, title: page.title } : { kind: "refused" };
  } catch {
    if (!mayWait || !(await keepForm(form, body, id))) return { kind: "unreachable" };
    await dropOpened(form);
    return { kind: "kept" };
  }
}

/** The same form with its photos made small; what they say of when and where stays in them. */
async function smaller(body: FormData): Promise<FormData> {
  const made = new FormData();
  for (const [name, value] of body) {
    if (typeof value === "string") made.append(name, value);
    else if (value.size) made.append(name, await keptExif(value, await shrink(value)), value.name);
    else made.append(name, value);
  }
  return made;
}

/** Show the page that says what is wrong in the place of this one. */
export function showPage(main: HTMLElement, title: string): void {
  document.title = title;
  document.querySelector("main")?.replaceWith(document.adoptNode(main));
  document.dispatchEvent(new Event("main-replaced"));
}
