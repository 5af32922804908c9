import * as z from "zod";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "./test-queues.ts";

/** A `claim` task type. */
export const deliverWebhook = defineTask({
  type: "webhook.deliver",
  payload: z.strictObject({
    url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
    event: z.string().min(1).max(200),
    data: anyJson,
  }),
  queue: "default",
  timeoutMs: 30_000,
  attempts: 15,
});

const account = z.string().regex(/^[a-z]+$/);

const transferBetweenAccounts = defineTask({
  type: "ledger.transfer",
  payload: z
    .strictObject({ from: account, to: account, amount: z.int().positive() })
    .refine(({ from, to }) => from !== to, { path: ["to"], error: "must be another account than from" }),
  queue: "critical",
  idempotency: "transaction",
  timeoutMs: 10_000,
  attempts: 10,
});

const publishDocument = defineTask({
  type: "document.publish",
  payload: z.strictObject({ documentId: z.string(), version: z.int().nonnegative(), content: z.string() }),
  queue: "bulk",
  idempotency: "natural",
  timeoutMs: 20_000,
  attempts: 10,
});

/** The registry of our producer tests, independent of the real one: a task type of each kind, each in its own queue. */
export const TEST_REGISTRY = defineRegistry({
  queues: TEST_QUEUES,
  taskTypes: [deliverWebhook, transferBetweenAccounts, publishDocument],
});
