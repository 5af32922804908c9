import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import {
  type Client,
  type DeadLetter,
  type NewTask,
  type Queue,
  type QueuedTask,
  type Task,
  createClient,
} from "handoff-client";
import type { LetterView } from "../../../services/producer/dead-letters/letter-view.ts";
import type { queueViewSchema } from "../../../services/producer/queues/queue-view.ts";
import type { queuedTaskSchema } from "../../../services/producer/queues/queued-task-view.ts";
import type { TaskView } from "../../../services/producer/tasks/status/task-view.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import type { TEST_REGISTRY } from "../../harness/registry/test-registry.ts";

const sendReceipt = defineTask({
  type: "receipt.send",
  payload: z.strictObject({ orderId: z.string(), copies: z.int().default(1) }),
  queue: "default",
  timeoutMs: 1_000,
  attempts: 3,
});

const url = "http://localhost";
const typed = createClient<typeof TEST_REGISTRY>({ url });
const untyped = createClient({ url });

/** Compiled, and never called. */
async function calls(): Promise<void> {
  const transfer = { from: "a", to: "b", amount: 1 };
  await typed.enqueue("ledger.transfer", transfer);
  // @ts-expect-error -- The amount is a number.
  await typed.enqueue("ledger.transfer", { ...transfer, amount: "1" });
  // @ts-expect-error -- No such field.
  await typed.enqueue("ledger.transfer", { from: "a", to: "b", amount: 1, currency: "EUR" });
  // @ts-expect-error -- No such type.
  await typed.enqueue("ledger.transfers", transfer);
  await typed.enqueueMany([{ type: "ledger.transfer", payload: transfer, idempotencyKey: "k" }]);
  // @ts-expect-error -- It is another type's payload.
  await typed.enqueueMany([{ type: "document.publish", payload: transfer }]);

  // A definition brings its own payload, whatever the client knows.
  await typed.enqueue(sendReceipt, { orderId: "7" });
  await untyped.enqueue(sendReceipt, { orderId: "7", copies: 2 });
  // @ts-expect-error -- The id is a text.
  await untyped.enqueue(sendReceipt, { orderId: 7 });
  await untyped.enqueue("any.type", { at: "all" });
  await createClient<[typeof sendReceipt]>({ url }).enqueue("receipt.send", { orderId: "7" });
  // @ts-expect-error -- Not an option.
  await untyped.enqueue("any.type", 1, { delayMs: 1 });
}

test("the compiler checks payloads by the type's name or its definition", () => {
  expectTypeOf(calls).returns.resolves.toBeVoid();
  expectTypeOf<Parameters<Client<[typeof sendReceipt]>["enqueue"]>[0]>().toExtend<string | object>();
  expectTypeOf<NewTask["payload"]>().toBeUnknown();
  expect(typeof calls).toBe("function");
});

type QueueView = z.infer<typeof queueViewSchema>;
type QueuedTaskView = z.infer<typeof queuedTaskSchema>;

/** A view as JSON: nothing in it is undefined. */
type Sent<View> = View extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : View extends object
    ? { readonly [Name in keyof View]: Sent<Exclude<View[Name], undefined>> }
    : View;

test("tasks, queues and dead letters have the producer's types", () => {
  expectTypeOf<Sent<TaskView>>().toExtend<Task>();
  expectTypeOf<TaskView["state"]>().toEqualTypeOf<Task["state"]>();
  expectTypeOf<keyof TaskView>().toEqualTypeOf<keyof Task>();
  expectTypeOf<Sent<LetterView>>().toExtend<DeadLetter>();
  expectTypeOf<keyof LetterView>().toEqualTypeOf<keyof DeadLetter>();
  expectTypeOf<Sent<QueueView>>().toExtend<Queue>();
  expectTypeOf<keyof QueueView>().toEqualTypeOf<keyof Queue>();
  expectTypeOf<Sent<QueuedTaskView>>().toExtend<QueuedTask>();
  expectTypeOf<keyof QueuedTaskView>().toEqualTypeOf<keyof QueuedTask>();
});
