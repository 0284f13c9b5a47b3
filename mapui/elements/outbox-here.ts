import { sendAll, type Outcome } from "./outbox-sending";
import { keep, keptBy, type Kept } from "./outbox-store";

/** Whose page this is, and where to ask whether they are signed in still. */
export interface Here {
  who: string;
  me: string;
}

/** What the page says of its reader; nothing where there is no outbox. */
export function here(): Here | null {
  const said = document.querySelector<HTMLMetaElement>("meta[name='outbox']");
  const { who = "", me = "" } = said?.dataset ?? {};
  return who && me && "indexedDB" in window ? { who, me } : null;
}

/** Keep a form as it is filled in, to be sent when there is a line. */
export async function keepForm(form: HTMLFormElement, body: FormData, id: string): Promise<boolean> {
  const mine = here();
  if (!mine) return false;
  const fields: [string, string][] = [];
  const files: [string, File][] = [];
  for (const [name, value] of body) {
    if (name === "csrfmiddlewaretoken") continue;
    if (typeof value === "string") fields.push([name, value]);
    else if (value.size) files.push([name, value]);
  }
  const { outbox = "", about = "" } = form.dataset;
  const kept: Kept = {
    id,
    who: mine.who,
    at: Date.now(),
    url: form.action,
    page: location.pathname,
    what: outbox,
    about,
    fields,
    files,
    state: "waiting",
    why: "",
    changed: [],
    said: "",
  };
  try {
    await keep(kept);
  } catch {
    return false; // A phone without room, or a private window: the form stays as it is.
  }
  void askToSync();
  return true;
}

/** Let the worker send it as soon as there is a line, also with no page open, where it can. */
async function askToSync(): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration("/lam-viec/");
  const sync = worker && (worker as unknown as { sync?: { register(tag: string): Promise<void> } }).sync;
  await sync?.register("outbox").catch(() => undefined);
}

export async function sendNow(): Promise<Outcome> {
  const mine = here();
  return mine ? sendAll(mine.who, mine.me) : "nothing";
}

export async function mine(): Promise<Kept[]> {
  const reader = here();
  try {
    return reader ? await keptBy(reader.who) : [];
  } catch {
    return [];
  }
}
