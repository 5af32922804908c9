import { describe, expect, it, onTestFinished } from "vitest";
import { serveHttp } from "../../../../shared/http/server.ts";
import { guardAgainstPages } from "../../../../shared/http/guard.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { hasBrowser, shareBrowser } from "../../../harness/browser/share-browser.ts";
import { operationsOf } from "../../../harness/openapi/document.ts";
import { CLAIMED, setUpProducer } from "../../../harness/producer/producer-harness.ts";

it("serves the page's files with their own policy, and again only if they have changed", async () => {
  const producer = await setUpProducer();
  const get = (path: string, headers = {}) => fetch(`${producer.url}${path}`, { headers });
  const page = await (await get("/docs")).text();
  const files = [...page.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, file]) => `/${file}`);
  expect(files).toHaveLength(4);
  for (const path of ["/docs", ...files]) {
    const response = await get(path);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect([path, response.status, response.headers.get("cache-control")]).toEqual([path, 200, "no-cache"]);
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'; /);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect((await response.bytes()).length).toBeGreaterThan(50);
    const again = await get(path, { "if-none-match": response.headers.get("etag") ?? "" });
    expect([path, again.status]).toEqual([path, 304]);
  }
  expect((await get("/docs/swagger-ui.js.map")).status).toBe(404);
});

describe.runIf(hasBrowser)("in a browser", () => {
  const open = shareBrowser();

  it("shows every operation, tries one out, and sends no request elsewhere", async () => {
    const producer = await setUpProducer();
    const log = createLogger({ service: "producer", destination: { write: () => {} } });
    const fetchGuarded = guardAgainstPages(producer.app.fetch, { config: { ALLOW_HOST: new Set() }, log });
    const server = await serveHttp({ fetch: fetchGuarded, port: 0, host: "127.0.0.1" });
    onTestFinished(() => server.close());
    // The first task takes longest: it loads Google's client.
    expect((await producer.enqueue(CLAIMED)).status).toBe(202);
    const tab = await open();
    const [complaints, requested]: [string[], string[]] = [[], []];
    tab.on("console", (message) => void (message.type() === "log" || complaints.push(message.text())));
    tab.on("request", (request) => void requested.push(request.url()));
    const origin = `http://127.0.0.1:${server.port}`;

    await tab.goto(`${origin}/docs`);
    await tab.waitForSelector(".opblock-summary");
    const shown = await tab.locator(".opblock-summary").allInnerTexts();

    const { text } = await producer.send("/openapi.json");
    const operations = operationsOf(JSON.parse(text));
    expect(shown).toHaveLength(operations.length);
    for (const { method, summary } of operations) {
      expect(shown.filter((line) => line.includes(method) && line.includes(summary))).not.toEqual([]);
    }
    const createTask = tab.locator("#operations-tasks-createTask");
    await createTask.locator(".opblock-summary").click();
    await createTask.getByRole("button", { name: "Try it out" }).click();
    await createTask.locator("textarea").fill(JSON.stringify(CLAIMED));
    await createTask.getByRole("button", { name: "Execute" }).click();
    expect(await createTask.locator(".live-responses-table .response-col_status").last().innerText()).toContain("202");
    expect(await producer.queuedTasks("default")).toHaveLength(2);
    expect(complaints).toEqual([]);
    expect(requested.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:"))).toEqual([]);
    expect(requested).toContain(`${origin}/openapi.json`);
  });
});
