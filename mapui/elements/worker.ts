/// <reference lib="webworker" />
import { sendAll } from "./outbox-sending";

/**
 * Keeps what staff need on the street: the pages they opened, for them alone, and what these
 * are made of; and sends the outbox when the line is back and no page is open.
 */
const worker = self as unknown as ServiceWorkerGlobalScope & { BUILD: string };
const STATIC = `static-${worker.BUILD}`;
/** As long as a session lasts: after that nobody can know that it is still the same person. */
const KEPT_MS = 12 * 3_600_000;
/** A line that brings nothing for so long is as good as none, where there is a copy. */
const SLOW_MS = 6_000;
/** So fresh a copy is not fetched again ahead of need, and so many are at a time. */
const FRESH_MS = 10 * 60_000;
const ALONG_AT_MOST = 60;
const OUTBOX = "/lam-viec/hop-gui";
const ME = "/lam-viec/hop-gui.json";
/** One's own list, one's round, the cases one opened, and the form of a result. */
const KEPT = /^\/lam-viec\/(don-vi(\/lo-trinh)?|hop-gui|phan-anh\/[^/]+(\/ket-qua)?)$/;
const PHOTO = /^\/staff\/files\/[^/]+\/(thumbnail|shown)$/;

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(begin()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(fromStatic(request));
  else if (PHOTO.test(url.pathname)) event.respondWith(photo(request));
  else if (request.mode === "navigate" && url.pathname.startsWith("/lam-viec/")) event.respondWith(page(request, url));
});
worker.addEventListener("message", (event) => {
  const { kind, page: href, loaded, along } = event.data as { kind: string; page: string; loaded: string[]; along: string[] };
  if (kind === "here") event.waitUntil(carry(href, loaded, along));
});
worker.addEventListener("sync", (event) => {
  const { tag, waitUntil } = event as unknown as { tag: string; waitUntil(done: Promise<unknown>): void };
  if (tag === "outbox") waitUntil.call(event, sync());
});

/** What an older version kept may be made of files that are no more. */
async function begin(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => /^(static|pages)-/.test(name) && name !== STATIC).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** Files whose names change with their content are never fetched twice. */
async function fromStatic(request: Request): Promise<Response> {
  const held = await caches.match(request, { cacheName: STATIC, ignoreVary: true });
  if (held) return held;
  const answer = await fetch(request);
  if (answer.ok) void (await caches.open(STATIC)).put(request, answer.clone());
  return answer;
}

async function photo(request: Request): Promise<Response> {
  const held = await kept(request.url);
  if (held) return held;
  const answer = await fetch(request);
  const name = await pagesName();
  if (answer.ok && name) await put(name, request.url, answer.clone());
  return answer;
}

/** The page as it is now; without a line the copy, and without one the outbox, which says so. */
async function page(request: Request, url: URL): Promise<Response> {
  const copy = KEPT.test(url.pathname) ? await kept(url.href) : undefined;
  try {
    const answer = await soon(fetch(request), copy ? SLOW_MS : 0);
    await look(url, answer);
    return answer;
  } catch {
    return copy ?? (await kept(new URL(OUTBOX, location.origin).href)) ?? Response.error();
  }
}

/** Keep a page that may be kept, under the name of whose it is. */
async function look(url: URL, answer: Response): Promise<void> {
  const who = answer.headers.get("X-Who");
  if (!who) return;
  const name = `pages-${who}`;
  // Pages of somebody else go before one of these is kept.
  for (const other of await caches.keys()) if (other.startsWith("pages-") && other !== name) await caches.delete(other);
  if (answer.ok && !answer.redirected && KEPT.test(url.pathname)) await put(name, url.href, answer.clone());
}

async function put(name: string, href: string, answer: Response): Promise<void> {
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  const { status, statusText } = answer;
  const copy = new Response(await answer.blob(), { status, statusText, headers });
  await (await caches.open(name)).put(href, copy);
}

async function pagesName(): Promise<string | undefined> {
  return (await caches.keys()).find((name) => name.startsWith("pages-"));
}

async function kept(href: string): Promise<Response | undefined> {
  const cacheName = await pagesName();
  const held = cacheName && (await caches.match(href, { cacheName, ignoreVary: true }));
  if (!held) return undefined;
  return ageOf(held) < KEPT_MS ? held : undefined;
}

function ageOf(held: Response): number {
  return Date.now() - Number(held.headers.get("X-Kept-At"));
}

/** Take along this page, what it is made of, and the pages that will be needed without a line. */
async function carry(href: string, loaded: string[], along: string[]): Promise<void> {
  await worker.clients.claim(); // A page that began to load before there was a worker.
  const made = loaded.filter((name) => new URL(name).pathname.startsWith("/static/"));
  await Promise.allSettled(made.map((name) => fromStatic(new Request(name))));
  const outbox = new URL(OUTBOX, location.origin).href;
  const pages = [href, outbox, ...along.slice(0, ALONG_AT_MOST)];
  // One after the other: what is on the screen needs the line more.
  for (const each of pages) await fetchAhead(each);
}

async function fetchAhead(href: string): Promise<void> {
  const url = new URL(href);
  if (!KEPT.test(url.pathname)) return;
  const held = await kept(href);
  if (held && ageOf(held) < FRESH_MS) return;
  try {
    const answer = await fetch(href, { headers: { Accept: "text/html", "X-Ahead": "1" }, redirect: "manual" });
    await look(url, answer);
  } catch {
    return;
  }
}

async function sync(): Promise<void> {
  const name = await pagesName();
  const came = name && (await sendAll(name.replace("pages-", ""), ME));
  if (came === "offline") throw new Error("Tried again by the browser.");
}

function soon(answer: Promise<Response>, milliseconds: number): Promise<Response> {
  if (!milliseconds) return answer;
  const late = new Promise<Response>((_, refuse) => setTimeout(() => refuse(new Error("slow")), milliseconds));
  return Promise.race([answer, late]);
}
