import type http from "node:http";
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Client, createClient } from "../../../packages/client/src/index.ts";
import { hasBrowser, shareBrowser } from "../../harness/browser/share-browser.ts";
import { startWebhookReceiver } from "../../harness/network/webhook-receiver.ts";
import { shareStack } from "../support/stack-process.ts";

const POLL = { timeout: 100_000, interval: 200 };

/** A page that refreshes itself is waited for; where there is no script, somebody reloads it. */
async function untilShown(page: Page, text: string, { hasScript }: { readonly hasScript: boolean }): Promise<void> {
  const shown = page.getByText(text).first();
  if (hasScript) await shown.waitFor({ timeout: POLL.timeout });
  const isShown = async (): Promise<boolean> => {
    if (!hasScript) await page.reload();
    return (await shown.count()) > 0;
  };
  await expect.poll(isShown, POLL).toBe(true);
}

describe.runIf(hasBrowser)("with clicks alone", () => {
  const sharedStack = shareStack();
  const open = shareBrowser();

  const setup = async () => {
    const { ports } = sharedStack();
    const subscriber = { status: 410 };
    const receiver = await startWebhookReceiver((response: http.ServerResponse) => {
      response.writeHead(subscriber.status).end();
    });
    onTestFinished(() => receiver.close());
    const client = createClient({ url: `http://127.0.0.1:${ports.producer}`, auth: null });
    const webhook = { url: `http://127.0.0.1:${receiver.port}/hook`, event: "order.paid", data: { order: 7 } };
    return { client, webhook, receiver, subscriber, console: `http://127.0.0.1:${ports.console}/` };
  };

  test.each([
    ["with script", true],
    ["without script", false],
  ])("a dead webhook is found, understood, replayed and seen to succeed, %s", async (_, hasScript) => {
    const { client, webhook, receiver, subscriber, console } = await setup();
    const { id } = await client.enqueue("webhook.deliver", webhook);
    await client.wait(id);
    const page = await open({ javaScriptEnabled: hasScript });

    await page.goto(console);
    await page.getByRole("row", { name: "rejected" }).getByRole("link", { name: "webhook.deliver" }).click();
    await page.locator(`a[href="/dead-letters/${id}"]`).first().click();
    await page.getByText("The subscriber answered 410.").first().waitFor();
    subscriber.status = 204;
    await page.getByRole("link", { name: "Replay…" }).click();
    await page.getByRole("button", { name: "Replay it", exact: true }).click();
    // It leads to the new task.
    await untilShown(page, "succeeded", { hasScript });

    expect(receiver.received).toHaveLength(2);
    const letter = await client.deadLetters.get(id);
    expect(letter).toMatchObject({ status: "replayed", replays: 1 });
    expect(await client.get(letter.replayedAs ?? "")).toMatchObject({ state: "succeeded", replayOf: id });
  });

  test("of 200 dead letters of two codes, those of one code are replayed, and the others stay", async () => {
    const { client, webhook, subscriber, console } = await setup();
    const ids = { rejected: await die(client, "webhook.deliver", webhook), unknown_account: await transfers(client) };
    const page = await open();

    await page.goto(`${console}dead-letters`);
    await page.getByRole("link", { name: /webhook\.deliver rejected/ }).click();
    subscriber.status = 204;
    await page.getByRole("link", { name: "Replay all that match…" }).click();
    await page.getByRole("button", { name: "Replay 100 dead letters" }).click();
    await page.getByText("Replayed 100 dead letters").first().waitFor({ timeout: POLL.timeout });

    await expect.poll(() => openOf(client, "rejected"), POLL).toEqual([]);
    expect(new Set(await openOf(client, "unknown_account"))).toEqual(new Set(ids.unknown_account));
    for (const id of ids.rejected) {
      const { replayedAs = "" } = await client.deadLetters.get(id);
      expect(await client.wait(replayedAs)).toMatchObject({ state: "succeeded" });
    }
  });
});

/** Enqueues a hundred tasks, and waits until each has died. */
async function die(client: Client, type: string, payload: unknown): Promise<string[]> {
  const tasks = Array.from({ length: 100 }, () => ({ type, payload }));
  const ids = (await client.enqueueMany(tasks)).map(({ id = "" }) => id);
  await Promise.all(ids.map((id) => client.wait(id)));
  return ids;
}

const transfers = (client: Client): Promise<string[]> =>
  die(client, "ledger.transfer", { from: "nobody", to: "nowhere", amount: 1 });

async function openOf(client: Client, code: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of client.deadLetters.list({ code })) ids.push(id);
  return ids;
}
