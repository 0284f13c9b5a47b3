
/** Let the worker keep what staff need on the street, and tell it what this page is made of. */
async function register(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/lam-viec/sw.js", { scope: "/lam-viec/" });
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    active?.postMessage({ kind: "here", page: location.href, loaded, along: along() });
  } catch {
    return; // Without it, pages work while there is a line.
  }
}

/** The pages that somebody who sees this one will need where there is no line. */
function along(): string[] {
  const said = document.querySelectorAll<HTMLAnchorElement>("[data-along] a[href*='/phan-anh/']");
  return [...new Set([...said].map(({ href }) => href))];
}

/** Forget every page that was kept: whoever comes next is somebody else. */
export async function forgetPages(): Promise<void> {
  if (!("caches" in window)) return;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("pages-")).map((name) => caches.delete(name)));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches(".sign-out") || form.hasAttribute("data-forgot")) return;
  event.preventDefault();
  form.setAttribute("data-forgot", "");
  void forgetPages().finally(() => form.submit());
});

if (document.querySelector("meta[name='outbox']")) void register();
else if (location.pathname.startsWith("/accounts/login")) void forgetPages();
