// Let Lighthouse judge pages, in one browser: told by arguments, answered as JSON.
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const JUDGED = ["accessibility", "best-practices"];
const pages = JSON.parse(process.argv[2]);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROME_PATH,
  args: ["--no-sandbox", "--enable-unsafe-swiftshader"],
});
const judged = {};
try {
  for (const { url, cookies } of pages) {
    // Each page is opened by somebody else, who brings nothing but their own cookies.
    const person = await browser.createBrowserContext();
    const page = await person.newPage();
    await page.setCookie(...cookies.map((cookie) => ({ ...cookie, url })));
    const flags = {
      onlyCategories: JUDGED,
      disableStorageReset: true,
      // Nothing is timed: the network may be as it is.
      throttlingMethod: "provided",
      logLevel: "error",
    };
    const { lhr } = await lighthouse(url, flags, undefined, page);
    await person.close();
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
  await browser.close();
}
console.log(JSON.stringify(judged));
