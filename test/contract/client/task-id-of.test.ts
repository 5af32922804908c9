import { outboxTaskIdOf, taskIdOf } from "handoff-client";
import { expect, test } from "vitest";
import { newEntry } from "../../../packages/client/src/outbox/new-entry.ts";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../harness/auth/callers.ts";
import { CLAIMED, NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { deliverWebhook } from "../../harness/registry/test-registry.ts";

const CLAIM_TARGET = { queue: "default", idempotency: "claim" } as const;
const NATURAL_TARGET = { queue: "bulk", idempotency: "natural" } as const;

test("returns the id that the producer gives a request with a key", async () => {
  const producer = await setUpProducer();
  const claimed = await producer.enqueue(CLAIMED, "order-7");
  const natural = await producer.enqueue(NATURAL, "order-7");

  const key = { idempotencyKey: "order-7", caller: "local" };
  expect(await taskIdOf({ ...key, type: CLAIMED.type }, CLAIM_TARGET)).toBe(claimed.body.id);
  expect(await taskIdOf({ ...key, type: NATURAL.type }, NATURAL_TARGET)).toBe(natural.body.id);
});

test("returns it for each caller, however the address is written", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const headers = { "idempotency-key": "order-7", authorization: bearerOf(ACCOUNTS.caller) };
  const { body } = await producer.post(JSON.stringify(CLAIMED), headers);

  const key = { type: CLAIMED.type, idempotencyKey: "order-7" };
  expect(await taskIdOf({ ...key, caller: ACCOUNTS.caller }, CLAIM_TARGET)).toBe(body.id);
  expect(await taskIdOf({ ...key, caller: ACCOUNTS.caller.toUpperCase() }, CLAIM_TARGET)).toBe(body.id);
  expect(await taskIdOf({ ...key, caller: ACCOUNTS.operator }, CLAIM_TARGET)).not.toBe(body.id);
});

test("returns the id in an outbox entry", async () => {
  const { payload } = CLAIMED;
  const task = { taskType: deliverWebhook, payload, caller: ACCOUNTS.caller, nowMs: Date.now() };
  const { fields } = newEntry(task, { idempotencyKey: "order-7" });
  const key = { type: deliverWebhook.type, idempotencyKey: "order-7" };
  expect(await outboxTaskIdOf(key, deliverWebhook)).toBe(fields.taskId);
});

test("refuses a part with a NUL, which would be ambiguous", async () => {
  const key = { type: "a", idempotencyKey: "b\0c", caller: "d" };
  await expect(taskIdOf(key, CLAIM_TARGET)).rejects.toThrow("can't contain NUL");
});
