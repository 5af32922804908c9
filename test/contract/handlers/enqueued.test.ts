import { CloudTasksClient } from "@google-cloud/tasks";
import { AssertionError } from "node:assert";
import { startCloudTasksEmulator } from "handoff-emulators";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { bindHandler, succeeded } from "../../../services/worker/runner/handler.ts";
import { createHarness } from "../../../services/worker/testing/harness.ts";
import { sealEnvelope } from "../../../shared/contract/envelope.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";

const item = z.object({ sku: z.string(), count: z.int() });
const limits = { timeoutMs: 10_000, attempts: 3 };
const shipOrder = defineTask({
  ...limits,
  type: "order.ship",
  queue: "default",
  payload: z.object({ order: z.string(), to: z.object({ city: z.string(), zip: z.string() }), items: z.array(item) }),
});
const cancelOrder = defineTask({
  ...limits,
  type: "order.cancel",
  queue: "bulk",
  payload: z.object({ order: z.string() }),
});
const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: [shipOrder, cancelOrder] });
const handle = () => Promise.resolve(succeeded());
const handlers = { "order.ship": bindHandler(shipOrder, handle), "order.cancel": bindHandler(cancelOrder, handle) };

const PROJECT = "projects/shop/locations/europe-west1";
const ORDER = { order: "7", to: { city: "Bern", zip: "3000" }, items: [{ sku: "a", count: 1 }] };

/** An emulator whose queues, under names unlike their keys, keep what they get. */
async function setUp() {
  const queues = ["default-2", "bulk-2"].map((id) => ({ name: `${PROJECT}/queues/${id}`, state: "PAUSED" as const }));
  const emulator = await startCloudTasksEmulator({ queues });
  const client = new CloudTasksClient(emulator.clientOptions());
  onTestFinished(async () => {
    await client.close();
    await emulator.stop();
  });
  const create = (queue: string, type: string, body: string) =>
    client.createTask({
      parent: `${PROJECT}/queues/${queue}`,
      task: { httpRequest: { url: `https://worker.example/tasks/${type}`, body: Buffer.from(body) } },
    });
  const tasks = { host: emulator.host, port: emulator.port, project: "shop", location: "europe-west1" };
  const enqueue = async ({ type, queue }: { type: string; queue: string }, payload: object) => {
    const id = randomTaskId({ queue, idempotency: "claim" });
    const envelope = sealEnvelope({ id, type, payload: { ...payload }, enqueuedAtMs: Date.now() });
    await create(`${queue}-2`, type, JSON.stringify(envelope));
    return envelope;
  };
  return { harness: createHarness({ registry, handlers, tasks }), create, enqueue };
}

test("returns the envelope of the task that matches, whatever its queue is called", async () => {
  const { harness, enqueue } = await setUp();
  await enqueue(shipOrder, { ...ORDER, order: "6" });
  const enqueued = await enqueue(shipOrder, ORDER);
  expect(await harness.expectEnqueued("order.ship", { order: "7" })).toEqual(enqueued);
});

test.each([
  ["any payload", undefined],
  ["no fields at all", {}],
  ["a nested field", { to: { city: "Bern" } }],
  ["whole lists", { items: [{ sku: "a", count: 1 }] }],
])("accepts %s", async (_, part) => {
  const { harness, enqueue } = await setUp();
  const enqueued = await enqueue(shipOrder, ORDER);
  expect(await harness.expectEnqueued("order.ship", part)).toEqual(enqueued);
});

test.each([
  ["another value", { order: "8" }],
  ["another nested value", { to: { city: "Basel" } }],
  ["a list with fewer items", { items: [] }],
  ["a field that isn't there", { weight: 3 }],
  ["an inherited name", { constructor: Object }],
])("doesn't accept %s", async (_, part: object) => {
  const { harness, enqueue } = await setUp();
  await enqueue(shipOrder, ORDER);
  await expect(harness.expectEnqueued("order.ship", part)).rejects.toThrow(AssertionError);
});

test("says what is in the queues instead", async () => {
  const { harness, enqueue, create } = await setUp();
  await enqueue(shipOrder, ORDER);
  await enqueue(cancelOrder, { order: "7" });
  await create("default-2", "order.ship", "not an envelope");

  const failure: unknown = await harness.expectEnqueued("order.ship", { order: "8" }).catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(AssertionError);
  expect(failure).toMatchObject({ actual: [ORDER], expected: { order: "8" } });
  const lines = String(failure).split("\n");
  expect(lines[0]).toContain("No order.ship with { order: '8' } is enqueued. These are:");
  expect(lines.slice(1).toSorted()).toEqual([
    "  - order.cancel in bulk-2: { order: '7' }",
    "  - order.ship in default-2: (not written by a producer)",
    "  - order.ship in default-2: { order: '7', to: { city: 'Bern', zip: '3000' }, items: [ { sku: 'a', count: 1 } ] }",
  ]);
});

test("lists the first twenty of many", async () => {
  const { harness, enqueue } = await setUp();
  for (let n = 0; n < 22; n++) await enqueue(cancelOrder, { order: `${n}` });
  const failure = harness.expectEnqueued("order.ship");
  await expect(failure).rejects.toThrow(
    /^No order\.ship is enqueued\. These are:(\n {2}- order\.cancel.*){20}\n {2}and 2 more$/,
  );
});

test("says where it looked if there is nothing", async () => {
  const { harness } = await setUp();
  await expect(harness.expectEnqueued("order.ship")).rejects.toThrow(`There are no tasks in ${PROJECT}.`);
});

test("a harness without queues says so", async () => {
  const harness = createHarness({ registry, handlers });
  await expect(harness.expectEnqueued("order.ship")).rejects.toThrow("pass tasks to createHarness");
});

test("the type and the expected part are checked at compile time", () => {
  const harness = createHarness({ registry, handlers });
  const misuse = [
    // @ts-expect-error -- there is no such type
    () => harness.expectEnqueued("order.lose"),
    // @ts-expect-error -- an order is a text
    () => harness.expectEnqueued("order.cancel", { order: 7 }),
    // @ts-expect-error -- there is no such field
    () => harness.expectEnqueued("order.ship", { to: { town: "Bern" } }),
  ];
  expect(misuse).toHaveLength(3);
});
