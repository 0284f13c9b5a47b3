import { sendForm, showPage } from "./form-sending";
import { fillIn, openedHere } from "./outbox-opening";

/**
 * Sends each form marked `data-outbox` from within the page, so that a press without a line
 * is kept and sent later. What has an element of its own that does so is left to it.
 */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !("outbox" in form.dataset)) return;
  if (event.defaultPrevented || form.closest("kept-form")) return;
  const { submitter } = event as SubmitEvent;
  // Ready words are chosen by the page itself.
  if (submitter instanceof HTMLButtonElement && submitter.name) return;
  event.preventDefault();
  if (form.hasAttribute("data-sending")) return;
  form.setAttribute("data-sending", "");
  void send(form, submitter);
});

async function send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const came = await sendForm(form, submitter);
  if (came.kind === "next") return location.assign(came.url);
  form.removeAttribute("data-sending");
  if (came.kind === "page") {
    showPage(came.main, came.title);
    document.querySelector<HTMLElement>(".summary-bad, h1")?.focus();
  } else if (came.kind === "kept") form.replaceChildren(said("kept"));
  else form.append(said("unsent"));
}

/** What the page says of it, in its own words. */
function said(which: "kept" | "unsent"): HTMLElement {
  const words = document.querySelector<HTMLElement>("outbox-state")?.dataset[which] ?? "";
  const note = Object.assign(document.createElement("p"), { className: "outbox-note", textContent: words });
  note.setAttribute("role", which === "kept" ? "status" : "alert");
  return note;
}

// A page that comes back from the browser's memory sends nothing any more.
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-outbox][data-sending]").forEach((form) => form.removeAttribute("data-sending"));
});

/** What was refused is opened in the form that it came from. */
async function open(): Promise<void> {
  const kept = await openedHere();
  const forms = [...document.querySelectorAll<HTMLFormElement>("form[data-outbox]")];
  const form = kept && forms.find(({ action }) => action === kept.url);
  if (!form || form.closest("kept-form")) return;
  fillIn(form, kept);
  form.scrollIntoView({ block: "center" });
  form.querySelector<HTMLElement>("textarea, button")?.focus();
}
void open();
