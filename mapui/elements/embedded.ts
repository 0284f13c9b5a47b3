/** Within another site's page a report that is chosen opens on this one, in a tab of its own. */
document.addEventListener("report-chosen", (event) => {
  const { url } = (event as CustomEvent<{ url: string }>).detail;
  window.open(url, "_blank", "noopener");
});
export {};
