import * as z from "zod";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";

/** As fast as Cloud Tasks' limits allow: 500 tasks a second are the most that it dispatches from one queue. */
const queue = {
  maxDispatchesPerSecond: 500,
  maxConcurrentDispatches: 500,
  minBackoffMs: 500,
  maxBackoffMs: 60_000,
  maxDoublings: 7,
  dispatchDeadlineMs: 30_000,
};
/** All four together, 80 at a time: as many as Cloud Run sends to one instance by default. */
const throughQueue = { ...queue, maxConcurrentDispatches: 20 };
const common = { payload: anyJson, timeoutMs: 10_000, attempts: 3 };

/** One type of each kind, whose handlers do next to nothing. */
export const naturalTask = defineTask({ ...common, type: "bench.natural", queue: "bench", idempotency: "natural" });
export const claimTask = defineTask({ ...common, type: "bench.claim", queue: "bench", idempotency: "claim" });
export const transactionTask = defineTask({
  ...common,
  type: "bench.transaction",
  queue: "bench",
  idempotency: "transaction",
});

/** Tasks through the whole stack. There are several queues, since one has its limit. */
const through = { payload: z.strictObject({ n: z.int() }), timeoutMs: 10_000, attempts: 3 };

/** Claimed tasks that tell when they are handled. */
export const throughTasks = [
  defineTask({ ...through, type: "through.a", queue: "through-a" }),
  defineTask({ ...through, type: "through.b", queue: "through-b" }),
  defineTask({ ...through, type: "through.c", queue: "through-c" }),
  defineTask({ ...through, type: "through.d", queue: "through-d" }),
] as const;

/** What takes the place of shared/tasks/index.ts in the services that are measured. */
export const registry = defineRegistry({
  queues: {
    bench: queue,
    "through-a": throughQueue,
    "through-b": throughQueue,
    "through-c": throughQueue,
    "through-d": throughQueue,
  },
  taskTypes: [naturalTask, claimTask, transactionTask, ...throughTasks],
});
