import { drop, keep, keptBy, type Kept } from "./outbox-store";

/** So long what has arrived is still shown as sent. */
const SHOWN_MS = 24 * 3_600_000;
/** A line on which nothing comes back for so long is dead; photos take their time. */
const DEAD_MS = 120_000;
const SILENT_MS = 10_000;

/** Whose session this is, and the token that a form of it carries. */
interface Me {
  who: string;
  token: string;
}

interface Answer {
  said?: string;
  detail?: string;
  changed?: string[];
  version?: number;
  seen?: number;
}

/** How an attempt to send all went: for whom nobody is signed in, it waits. */
export type Outcome = "sent" | "offline" | "signed-out" | "nothing";

/**
 * Send all that waits, the oldest first, for the person who is signed in. One tab or worker
 * does it at a time; were there two, the server would still do each once.
 */
export async function sendAll(who: string, me: string): Promise<Outcome> {
  if (!("locks" in navigator)) return send(who, me);
  return navigator.locks.request("outbox", () => send(who, me));
}

async function send(who: string, me: string): Promise<Outcome> {
  const mine = await keptBy(who);
  for (const each of mine) if (each.state === "done" && Date.now() - each.at > SHOWN_MS) await drop(each.id);
  if (!mine.some(isOwed)) return "nothing";
  const session = await askWho(me);
  if (session === "offline") return "offline";
  if (session?.who !== who) return "signed-out";
  for (const { id } of mine.filter(isOwed)) {
    // What went before it may have changed it.
    const each = (await keptBy(who)).find((held) => held.id === id);
    if (!each || !isOwed(each)) continue;
    await keep({ ...each, state: "sending" });
    if (!(await sendOne(each, session))) return "offline";
  }
  return "sent";
}

/** What a page that was closed in the middle left as being sent is owed as well. */
function isOwed({ state }: Kept): boolean {
  return state === "waiting" || state === "sending";
}

async function askWho(me: string): Promise<Me | "offline" | null> {
  try {
    const answer = await fetch(me, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(SILENT_MS),
    });
    if (answer.status >= 500) return "offline";
    if (!answer.ok || answer.redirected) return null;
    return (await answer.json()) as Me;
  } catch {
    return "offline";
  }
}

/** Send one; tell whether the line held. */
async function sendOne(each: Kept, { token }: Me): Promise<boolean> {
  const body = new FormData();
  for (const [name, value] of each.fields) body.append(name, value);
  for (const [name, file] of each.files) body.append(name, file, file.name);
  body.set("csrfmiddlewaretoken", token);
  body.set("client_id", each.id);
  let answer: Response;
  try {
    answer = await fetch(each.url, {
      method: "POST",
      body,
      headers: { "X-Sent-By": "outbox", "X-CSRFToken": token, Accept: "application/json" },
      signal: AbortSignal.timeout(DEAD_MS),
    });
  } catch {
    await keep({ ...each, state: "waiting" });
    return false;
  }
  const said = await read(answer);
  if (answer.ok && said && !answer.redirected) {
    await keep({ ...each, state: "done", said: said.said ?? "", files: [], at: Date.now(), changed: [] });
    await goOn(each, said);
    return true;
  }
  if (answer.status >= 500 || answer.status === 429 || answer.ok) {
    await keep({ ...each, state: "waiting" });
    return false;
  }
  await keep({
    ...each,
    state: "refused",
    why: said?.detail ?? (answer.status === 404 ? "gone" : "unread"),
    changed: said?.changed ?? [],
    version: said?.version,
    seen: said?.seen,
  });
  return true;
}

/** What the same phone holds of the same case was written before this: it goes on from there. */
async function goOn(done: Kept, { version }: Answer): Promise<void> {
  const before = fieldOf(done, "version");
  if (version === undefined || !before) return;
  for (const each of await keptBy(done.who)) {
    const isNext = isOwed(each) && caseOf(each) === caseOf(done);
    if (isNext && fieldOf(each, "version") === before) await keep(withField(each, "version", String(version)));
  }
}

export function fieldOf({ fields }: Kept, name: string): string {
  return fields.find(([each]) => each === name)?.[1] ?? "";
}

export function withField(each: Kept, name: string, value: string): Kept {
  return { ...each, fields: [...each.fields.filter(([held]) => held !== name), [name, value]] };
}

/** The address of its case: that of the step without its last part. */
function caseOf({ url }: Kept): string {
  return new URL(url, location.origin).pathname.replace(/\/[^/]+$/, "");
}

async function read(answer: Response): Promise<Answer | null> {
  if (!/json/.test(answer.headers.get("content-type") ?? "")) return null;
  try {
    return (await answer.json()) as Answer;
  } catch {
    return null;
  }
}
