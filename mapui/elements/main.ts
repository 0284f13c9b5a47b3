import "../styles/main.css";
// What two entries need is here, or neither would stand alone.
import "./category-suggestion";
import "./copy-button";
import "./file-list";
import "./pop-down";
import "./share-button";

/** What is heavy is fetched when it comes into view, by whichever page has it. */
const WANTED: Record<string, () => Promise<unknown>> = {
  "incident-map": () => import("./incident-map"),
  "place-search": () => import("./place-search"),
  "pin-picker": () => import("./pin-picker"),
  "case-map": () => import("./case-map"),
  "pin-mover": () => import("./pin-mover"),
  "call-map": () => import("./call-map"),
  "unit-map": () => import("./unit-map"),
  "round-map": () => import("./round-map"),
  "workshop-map": () => import("./workshop-map"),
  "shape-drawing": () => import("./shape-drawing"),
};

document.documentElement.classList.add("js");

const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      void WANTED[target.localName]?.().catch(() => target.classList.add("is-broken"));
    }
  },
  { rootMargin: "200px" },
);
function watch(): void {
  for (const name of Object.keys(WANTED)) {
    document.querySelectorAll(name).forEach((element) => seen.observe(element));
  }
}
watch();
document.addEventListener("main-replaced", watch);
// Who leaves, or comes anew, finds nothing kept of what somebody saw before.
if (document.querySelector(".sign-out") || location.pathname.startsWith("/accounts/login")) void import("./offline");
document.addEventListener("click", ({ target }) => {
  if (target instanceof Element && target.closest("[data-reload]")) location.reload();
});
/** A device that was not shown, or a browser that has none, is said in words. */
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll<HTMLElement>("[data-passkey-trouble]").forEach((said) => {
    said.hidden = false;
  });
});
