import { drop, find, type Kept } from "./outbox-store";

/** What the page itself writes into a form, as it is now. */
const OF_THE_PAGE = new Set(["csrfmiddlewaretoken", "version", "seen", "client_id"]);

/** What was refused, where somebody opens it from the outbox to mend it. */
export async function openedHere(): Promise<Kept | undefined> {
  const [, id = ""] = /^#outbox=([\w-]+)$/.exec(location.hash) ?? [];
  return id ? find(id).catch(() => undefined) : undefined;
}

/** Fill a form in with what was sent from it, photos as well. */
export function fillIn(form: HTMLFormElement, kept: Kept): void {
  for (const [name, value] of kept.fields) {
    const field = form.elements.namedItem(name);
    if (OF_THE_PAGE.has(name) || !field) continue;
    if (field instanceof RadioNodeList || "value" in field) (field as RadioNodeList | HTMLInputElement).value = value;
  }
  const inputs = [...form.querySelectorAll<HTMLInputElement>("input[type='file']")];
  for (const name of new Set(kept.files.map(([each]) => each))) {
    const input = inputs.find((each) => each.name === name && !each.hasAttribute("capture")) ?? inputs.find((each) => each.name === name);
    if (!input) continue;
    const files = new DataTransfer();
    for (const [of, file] of kept.files) if (of === name) files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event("change"));
  }
  form.closest("details")?.setAttribute("open", "");
  form.dataset.opened = kept.id;
}

/** What was opened to be mended has gone on in another form. */
export async function dropOpened(form: HTMLFormElement): Promise<void> {
  const { opened } = form.dataset;
  if (!opened) return;
  delete form.dataset.opened;
  await drop(opened).catch(() => undefined);
}
