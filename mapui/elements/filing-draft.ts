import type { Held } from "./staged-files";

const DRAFT = "filing-draft";
const CONTACT = "filing-contact";

/** A report as it was left on this device. */
export interface Draft {
  fields: Record<string, string>;
  screen: string;
  files: Held[];
  /** Whether it was being sent when it was left: then it may have arrived. */
  attempted: boolean;
}

/** A phone without storage files a report all the same. */
function keep(name: string, said: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(said));
  } catch {
    return;
  }
}

function recall<Kept>(name: string): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

function forget(name: string): void {
  try {
    localStorage.removeItem(name);
  } catch {
    return;
  }
}

export const keepDraft = (draft: Draft): void => keep(DRAFT, draft);
export const forgetDraft = (): void => forget(DRAFT);
export const recallContact = (): Record<string, string> => recall<Record<string, string>>(CONTACT) ?? {};

/** The draft, where there is one of this form and not of an earlier one. */
export function recallDraft(): Draft | null {
  const draft = recall<Draft>(DRAFT);
  return draft?.fields && Array.isArray(draft.files) ? draft : null;
}

/** Who tells us is kept only where they ask for it. */
export function keepContact(said: Record<string, string> | null): void {
  if (said) keep(CONTACT, said);
  else forget(CONTACT);
}
