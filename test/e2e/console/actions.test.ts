import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { createClient } from "../../../packages/client/src/index.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { hasBrowser, shareBrowser } from "../../harness/browser/share-browser.ts";
import { shareStack } from "../support/stack-process.ts";

const CANARY = { sentAt: "2030-01-01T00:00:00Z" };

/** What the page says of the last action. */
const noticeOn = (page: Page): Promise<string> => page.locator("#notice").innerText();

const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();
const follow = (page: Page, name: string): Promise<void> => page.getByRole("link", { name, exact: true }).click();

describe.runIf(hasBrowser)("the console's actions", () => {
  // Its schedules are on. Each test has tasks and letters of its own, and leaves queues and schedules as they were.
  const sharedStack = shareStack({ env: { SCHEDULES_OFF: "[]" } });
  const open = shareBrowser();

  describe.each([
    ["with script", true],
    ["without script", false],
  ])("%s", (_, javaScriptEnabled) => {
    const setup = async () => {
      const { ports } = sharedStack();
      const client = createClient({ url: `http://127.0.0.1:${ports.producer}`, auth: null });
      const page = await open({ javaScriptEnabled });
      return { client, page, visit: (path: string) => page.goto(`http://127.0.0.1:${ports.console}${path}`) };
    };

    test("a task is enqueued by a form, rescheduled, run and cancelled", async () => {
      const { client, page, visit } = await setup();
      await visit("/enqueue?type=canary.claim");
      await page.getByLabel("sentAt").fill(CANARY.sentAt);
      await page.getByLabel("Delay").fill("3600");
      await press(page, "Enqueue");
      expect(await noticeOn(page)).toContain("Enqueued canary.claim");
      const id = /\/tasks\/(.+)$/.exec(page.url())?.[1] ?? "";
      expect(await client.get(id)).toMatchObject({ state: "scheduled", type: "canary.claim" });

      await follow(page, "Reschedule…");
      await page.getByLabel("In", { exact: true }).fill("7200");
      await press(page, "Reschedule the task");
      expect(await noticeOn(page)).toContain(id);
      await follow(page, "Cancel…");
      await press(page, "Cancel the task");
      expect(await client.get(id)).toMatchObject({ state: "cancelled" });

      const other = await client.enqueue("canary.claim", CANARY, { delaySeconds: 3_600 });
      await visit(`/tasks/${other.id}`);
      await press(page, "Run now");
      expect(await noticeOn(page)).toContain("is due now");
      expect(await client.wait(other.id)).toMatchObject({ state: "succeeded" });
    });

    test("a queue is paused, resumed and, once its key is typed, purged", async () => {
      const { client, page, visit } = await setup();
      await visit("/queues/bulk");
      await press(page, "Pause");
      expect(await client.queues.get("bulk")).toMatchObject({ state: "paused" });
      await press(page, "Resume");
      expect(await client.queues.get("bulk")).toMatchObject({ state: "running" });

      const { id } = await client.enqueue("canary.natural", CANARY, { delaySeconds: 3_600 });
      await follow(page, "Purge…");
      await page.getByLabel("Type the queue's key").fill("default");
      await press(page, "Purge bulk");
      expect(await client.get(id)).toMatchObject({ state: "scheduled" });
      await page.getByLabel("Type the queue's key").fill("bulk");
      await press(page, "Purge bulk");
      await expect.poll(async () => (await client.queues.get("bulk")).depth, { timeout: 100_000 }).toBe(0);
    });

    test.runIf(registry.schedules.size > 0)("schedules are paused, resumed and run", async () => {
      const { client, page, visit } = await setup();
      const [name = ""] = registry.schedules.keys();
      const stateOf = async () => (await client.schedules.list()).find((each) => each.name === name)?.state;
      const row = page.getByRole("row").filter({ has: page.getByText(name, { exact: true }) });
      const pressIn = (label: string) => row.getByRole("button", { name: label }).click();
      await visit("/schedules");
      await pressIn("Pause");
      expect([await noticeOn(page), await stateOf()]).toEqual([expect.stringContaining(`Paused ${name}`), "paused"]);
      await pressIn("Resume");
      expect([await noticeOn(page), await stateOf()]).toEqual([expect.stringContaining(`Resumed ${name}`), "active"]);
      await pressIn("Run now");
      const id = /\/tasks\/(.+)$/.exec(page.url())?.[1] ?? "";
      expect(await client.get(id)).toMatchObject({ id, caller: "local" });
    });

    test("dead letters are selected and replayed, and one is deleted", async () => {
      const { client, page, visit } = await setup();
      const dead = await Promise.all(
        [1, 2, 3].map(async (amount) => {
          const { id } = await client.enqueue("ledger.transfer", { from: "nobody", to: "nowhere", amount });
          return await client.wait(id);
        }),
      );
      const [first, second, third] = dead.map(({ id }) => id);
      await visit("/dead-letters");
      for (const id of [first, second]) await page.locator(`input[type=checkbox][value*="${id}"]`).check();
      await press(page, "Replay selected…");
      await press(page, "Replay 2 dead letters");
      expect(await noticeOn(page)).toContain("Replayed 2 dead letters.");
      for (const id of [first, second]) expect(await client.deadLetters.get(id ?? "")).toMatchObject({ replays: 1 });

      await visit(`/dead-letters/${third}`);
      await follow(page, "Delete…");
      await press(page, "Delete it");
      expect(await noticeOn(page)).toContain(`Deleted the dead letter ${third}`);
      await expect(client.deadLetters.get(third ?? "")).rejects.toMatchObject({ status: 404 });
    });
  });
});
