import { describe, expect, onTestFinished, test } from "vitest";
import { serveHttp } from "../../../shared/http/server.ts";
import { hasBrowser, shareBrowser } from "../../harness/browser/share-browser.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";

describe.runIf(hasBrowser)("a real browser", () => {
  const open = shareBrowser();

  test.each([
    ["with the prefix for https", true, ["__Host-handoff-form"]],
    ["without it", false, ["handoff-form"]],
  ])("keeps the console's cookies %s, and shows once what an action did", async (_, isSecure, kept) => {
    const { app } = await setUpConsole({ isSecure, producer: { delivering: true } });
    const server = await serveHttp({ fetch: (request) => app.fetch(request), port: 0, host: "127.0.0.1" });
    onTestFinished(() => server.close());
    const page = await open({ javaScriptEnabled: false });
    const pause = page.getByRole("button", { name: "Pause", exact: true });
    const isShown = async () => {
      await page.goto(`http://127.0.0.1:${server.port}/queues/default`);
      return await pause.isVisible();
    };
    // A page gives up on a queue that can't be read soon enough, and without script it stays so.
    await expect.poll(isShown, { timeout: 100_000 }).toBe(true);

    await pause.click();

    expect(await page.locator("#notice").innerText()).toContain("Paused default.");
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual(kept);
    await page.reload();
    expect(await page.locator("#notice").innerText()).toBe("");
  });
});
