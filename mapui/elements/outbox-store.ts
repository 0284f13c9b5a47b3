import { openDB, type DBSchema, type IDBPDatabase } from "idb";

export type State = "waiting" | "sending" | "done" | "refused";

/** What somebody did without a line, until the server has it and its owner has seen that. */
export interface Kept {
  /** Drawn here; under this name the server does it once. */
  id: string;
  /** Whose it is: nobody else's session sends it, and nobody else sees it. */
  who: string;
  at: number;
  /** Where it goes, and where it was filled in. */
  url: string;
  page: string;
  what: string;
  about: string;
  fields: [string, string][];
  files: [string, File][];
  state: State;
  why: string;
  /** What others did to the case meanwhile, and the version it has since. */
  changed: string[];
  version?: number;
  seen?: number;
  said: string;
}

interface Schema extends DBSchema {
  kept: { key: string; value: Kept };
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

function open(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("outbox", 1, {
    upgrade: (made) => void made.createObjectStore("kept", { keyPath: "id" }),
  });
  return opened;
}

/** Tell every open page, and this one, that something in the outbox is another. */
const CHANNEL = "outbox";
export function tellChanged(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("changed");
  channel.close();
}

export function onChanged(tell: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", tell);
  return () => channel.close();
}

/** All that one person has here, the oldest first. */
export async function keptBy(who: string): Promise<Kept[]> {
  const all = await (await open()).getAll("kept");
  return all.filter((each) => each.who === who).sort((a, b) => a.at - b.at);
}

export async function find(id: string): Promise<Kept | undefined> {
  return (await open()).get("kept", id);
}

export async function keep(each: Kept): Promise<void> {
  await (await open()).put("kept", each);
  tellChanged();
}

export async function drop(id: string): Promise<void> {
  await (await open()).delete("kept", id);
  tellChanged();
}
