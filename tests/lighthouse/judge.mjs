// Let Lighthouse judge pages, in one browser: told by arguments, answered as JSON.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const JUDGED = ["accessibility", "best-practices"];
const pages = JSON.parse(process.argv[2]);
const chrome = await launch({
  chromeFlags: ["--headless=new", "--no-sandbox", "--enable-unsafe-swiftshader"],
});
const judged = {};
try {
  for (const { url, cookie } of pages) {
    const { lhr } = await lighthouse(url, {
      port: chrome.port,
      onlyCategories: JUDGED,
      extraHeaders: cookie ? { Cookie: cookie } : undefined,
      // Nothing is timed: the network may be as it is.
      throttlingMethod: "provided",
      logLevel: "error",
    });
    judged[url] = {
      ended: lhr.finalDisplayedUrl,
      trouble: lhr.runtimeError?.message,
      scores: Object.fromEntries(
        JUDGED.map((name) => [name, Math.round(lhr.categories[name].score * 100)]),
      ),
      faults: Object.values(lhr.audits)
        .filter((audit) => audit.score !== null && audit.score < 0.9)
        .map((audit) => `${audit.id}: ${audit.title}`),
    };
  }
} finally {
  await chrome.kill();
}
console.log(JSON.stringify(judged));
