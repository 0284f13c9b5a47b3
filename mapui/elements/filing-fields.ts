import { say } from "./filing-words";

/** What is missing or wrong: in which field, and what to do about it. */
export interface Complaint {
  at: string;
  message: string;
  /** Another screen on which it can be put right, and what the way there is called. */
  elsewhere?: { to: string; label: string };
}

export function read(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "").trim();
}

export function write(form: HTMLFormElement, name: string, value: string): void {
  const field = form.elements.namedItem(name);
  if (field instanceof RadioNodeList) field.value = value;
  else if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value !== "";
  else if (field && "value" in field) (field as HTMLInputElement).value = value;
}

/** The radio button of the category that is chosen. */
export function chosen(form: HTMLFormElement): HTMLInputElement | null {
  return form.querySelector<HTMLInputElement>("input[name='category']:checked");
}

/** What the page calls the category that is chosen. */
export function categoryName(form: HTMLFormElement): string {
  return chosen(form)?.closest("label")?.querySelector("span")?.firstChild?.textContent?.trim() ?? "";
}

/** What the page calls a ward, which is in the reader's language. */
export function wardName(form: HTMLFormElement, code: string): string {
  if (!code) return "";
  const option = form.querySelector(`select[name='ward'] option[value='${CSS.escape(code)}']`);
  return option?.textContent?.trim() ?? "";
}

const PHONE = /^\+?[\d\s().-]{8,20}$/;

/** What keeps a screen from being left. The server judges again; this only saves a journey there. */
export function complaints(form: HTMLFormElement, screen: string): Complaint[] {
  switch (screen) {
    case "place":
      return isPlaced(form) || read(form, "no_place") ? [] : [{ at: "filing-place", message: say("need_place") }];
    case "category":
      return aboutCategory(form);
    case "questions":
      return [...form.querySelectorAll<HTMLInputElement>("fieldset:not(:disabled) [data-number]")]
        .filter(({ value }) => value.trim() && !/^\d+([.,]\d+)?$/.test(value.trim()))
        .map(({ id }) => ({ at: id, message: say("bad_number") }));
    case "words":
      return read(form, "description") ? [] : [{ at: "filing-description", message: say("need_words") }];
    case "who":
      return aboutContact(form);
    default:
      return [];
  }
}

function isPlaced(form: HTMLFormElement): boolean {
  return read(form, "lat") !== "" || read(form, "ward") !== "";
}

function aboutCategory(form: HTMLFormElement): Complaint[] {
  const category = chosen(form);
  if (!category) return [{ at: "filing-category", message: say("need_category") }];
  if ("placeless" in category.dataset || isPlaced(form)) return [];
  const message = say("placed_category", { category: categoryName(form) });
  return [{ at: "filing-category", message, elsewhere: { to: "dia-diem", label: say("give_place") } }];
}

function aboutContact(form: HTMLFormElement): Complaint[] {
  const needed = form.querySelector("[data-contact-required]") !== null;
  const [name, phone, email] = ["name", "phone", "email"].map((each) => read(form, `reporter.${each}`));
  const found: Complaint[] = [];
  if (!needed && !name && !phone && !email) return found;
  if (!name) found.push({ at: "filing-reporter-name", message: say("need_name") });
  if (!phone && !email) found.push({ at: "filing-reporter-phone", message: say("need_contact") });
  if (phone && !PHONE.test(phone)) found.push({ at: "filing-reporter-phone", message: say("bad_phone") });
  const field = form.elements.namedItem("reporter.email");
  if (email && field instanceof HTMLInputElement && !field.checkValidity()) {
    found.push({ at: "filing-reporter-email", message: say("bad_email") });
  }
  return found;
}

/** Say beside each field what is wrong with it, and go to the first. */
export function complain(screen: HTMLElement, found: Complaint[]): void {
  forgive(screen);
  for (const { at, message, elsewhere } of found) {
    const field = document.getElementById(at);
    const box = field?.closest<HTMLElement>(".field");
    if (!field || !box) continue;
    const said = Object.assign(document.createElement("p"), { className: "error", id: `${at}-error` });
    said.setAttribute("role", "alert");
    said.append(Object.assign(document.createElement("span"), { className: "unseen", textContent: say("error") }), ` ${message} `);
    if (elsewhere) said.append(Object.assign(document.createElement("a"), { href: `#${elsewhere.to}`, textContent: elsewhere.label }));
    said.dataset.found = "";
    if (box === field) box.querySelector(":scope > .hint, :scope > legend")?.after(said) ?? box.prepend(said);
    else field.before(said);
    if (!said.isConnected) box.prepend(said);
    box.classList.add("field-bad");
    field.setAttribute("aria-invalid", "true");
    const described = field.getAttribute("aria-describedby") ?? "";
    field.dataset.described ??= described;
    field.setAttribute("aria-describedby", `${said.id} ${described}`.trim());
  }
  const first = document.getElementById(found[0]?.at ?? "");
  first?.focus();
  first?.closest(".field")?.scrollIntoView({ block: "center" });
}

/** Take back what was said, once it is put right or said anew. */
export function forgive(screen: ParentNode): void {
  for (const said of screen.querySelectorAll<HTMLElement>(".error[id]")) {
    const field = document.getElementById(said.id.replace(/-error$/, ""));
    if (field) {
      field.removeAttribute("aria-invalid");
      if (field.dataset.described !== undefined) field.setAttribute("aria-describedby", field.dataset.described);
      delete field.dataset.described;
    }
    said.closest(".field")?.classList.remove("field-bad");
    said.remove();
  }
}
