import { describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../../packages/client/src/index.ts";
import { hasBrowser, shareBrowser } from "../../harness/browser/share-browser.ts";
import { shareStack } from "../support/stack-process.ts";

const POLL = { timeout: 100_000 };

describe.runIf(hasBrowser)("a page that somebody looks at", () => {
  const sharedStack = shareStack();
  const open = shareBrowser();
  const setup = async (refused: readonly number[] = []) => {
    const { ports } = sharedStack();
    const client = createClient({ url: `http://127.0.0.1:${ports.producer}`, auth: null });
    const page = await open({ permissions: ["clipboard-read", "clipboard-write"] }, new Set(refused));
    return { client, page, console: `http://127.0.0.1:${ports.console}` };
  };
  const die = async (client: ReturnType<typeof createClient>, amount: number): Promise<string> => {
    const { id } = await client.enqueue("ledger.transfer", { from: "nobody", to: "nowhere", amount });
    await client.wait(id);
    return id;
  };

  test("shows what happens meanwhile, and keeps what was ticked, typed and opened", async () => {
    const { client, page, console } = await setup();
    const first = await die(client, 1);
    await page.goto(`${console}/dead-letters`);
    const box = page.locator(`input[type=checkbox][value*="${first}"]`);
    await box.check();
    await page.getByLabel("Code", { exact: true }).fill("half-typed");

    const second = await die(client, 2);
    await page.locator(`input[type=checkbox][value*="${second}"]`).waitFor(POLL);

    expect(await box.isChecked()).toBe(true);
    expect(await page.getByLabel("Code", { exact: true }).inputValue()).toBe("half-typed");
  });

  test("pauses and goes on by its button and by p", async () => {
    const { client, page, console } = await setup();
    await page.goto(`${console}/dead-letters`);
    await page.getByRole("button", { name: "Live" }).click();
    const asked: string[] = [];
    page.on("request", (request) => void asked.push(request.url()));
    const id = await die(client, 3);
    await page.getByRole("button", { name: "Paused" }).waitFor();
    expect(asked).toEqual([]);

    await page.keyboard.press("p");
    await page.locator(`input[type=checkbox][value*="${id}"]`).waitFor(POLL);
    expect(asked.length).toBeGreaterThan(0);
  });

  test("says when the console can't be reached, and goes on once it can", async () => {
    const { page, console } = await setup();
    await page.goto(console);
    await page.context().setOffline(true);
    onTestFinished(() => page.context().setOffline(false));
    await page.getByRole("button", { name: "Not reached" }).waitFor(POLL);
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Live" }).waitFor(POLL);
    expect(await page.locator("h2").allInnerTexts()).toContain("Queues");
  });

  test.each([
    [
      "leads to a sign-in elsewhere",
      { status: 302, headers: { location: "https://accounts.google.com/o/oauth2/v2/auth" } },
    ],
    ["is refused", { status: 401, body: "Invalid IAP credentials: empty token" }],
  ])("stops asking once the session has expired and a refresh %s, and reloads by a click", async (_, response) => {
    const { page, console } = await setup([401]);
    await page.goto(console);
    let asked = 0;
    await page.route(`${console}/`, async (route) => {
      if (route.request().isNavigationRequest()) return await route.continue();
      asked += 1;
      return await route.fulfill(response);
    });
    const button = page.getByRole("button", { name: "Signed out: reload" });
    await button.waitFor(POLL);
    // Whoever comes back to the page makes it ask at once, if it still asks.
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.evaluate("fetch('/live')");
    expect(asked).toBe(1);
    expect(await page.locator("h2").allInnerTexts()).toContain("Queues");

    await page.unroute(`${console}/`);
    await button.click();
    await page.getByRole("button", { name: "Live" }).waitFor(POLL);
  });

  test("ends when its task has ended, and its title says so", async () => {
    const { client, page, console } = await setup();
    const { id } = await client.enqueue(
      "ledger.transfer",
      { from: "nobody", to: "nowhere", amount: 5 },
      { delaySeconds: 3_600 },
    );
    await page.goto(`${console}/tasks/${id}`);
    expect(await page.title()).toContain("scheduled");
    await client.cancel(id);
    await page.getByRole("button", { name: "Live" }).waitFor({ state: "hidden", ...POLL });
    expect(await page.title()).toContain("cancelled");
    // Nor does it begin again when somebody comes back.
    const asked: string[] = [];
    page.on("request", (request) => void asked.push(request.url()));
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await page.evaluate("fetch('/live')");
    expect(asked).toEqual([`${console}/live`]);
  });

  test("is found by the keyboard: search, rows, help and copying", async () => {
    const { client, page, console } = await setup();
    const id = await die(client, 4);
    await page.goto(`${console}/dead-letters`);
    await page.keyboard.press("j");
    const isInRow = await page.evaluate("document.activeElement.closest('[data-rows] > *') !== null");
    expect(isInRow).toBe(true);
    await page.keyboard.press("Shift+?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type(id);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${console}/tasks/${id}`);

    await page.getByRole("button", { name: "Copy the id" }).first().click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(id);
  });
});
