import type { TestContext } from "vitest";
import * as z from "zod";
import { type HandlerContext, bindHandler, succeeded } from "../../../../services/worker/runner/handler.ts";
import { deadNotice } from "../../../../shared/contract/new-task/dead-notice.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { type Idempotency, defineTask } from "../../../../shared/contract/task-type.ts";
import { sweepOutbox } from "../../../../shared/outbox/sweep.ts";
import { setUpFaultyWorker } from "../../../harness/worker/faulty-worker-harness.ts";
import {
  type ScriptedHandler,
  scriptedHandler,
  scriptedTransactionHandler,
} from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";
import { workerQueues } from "../../../harness/worker/worker-queues.ts";

export const child = defineTask({
  type: "test.child",
  payload: z.strictObject({ n: z.int(), text: z.string().optional() }),
  queue: "critical",
  timeoutMs: 1_000,
  attempts: 1,
});

/** What parents want done when they die. It has a wish of its own, for the tasks that aren't made by onDead. */
export const notify = defineTask({
  type: "test.notify",
  payload: deadNotice,
  queue: "critical",
  timeoutMs: 1_000,
  attempts: 1,
  onDead: defineTask({ type: "test.last-resort", payload: deadNotice, queue: "critical", timeoutMs: 1, attempts: 1 }),
});

const common = { payload: z.strictObject({ n: z.int() }), timeoutMs: 10_000, attempts: 2, onDead: notify };

export const PARENTS = {
  claim: defineTask({ ...common, type: "test.claim-parent", queue: "default", idempotency: "claim" }),
  natural: defineTask({ ...common, type: "test.natural-parent", queue: "bulk", idempotency: "natural" }),
  transaction: defineTask({ ...common, type: "test.transaction-parent", queue: "default", idempotency: "transaction" }),
} as const;

/** A handler of a parent's type. */
function parentHandler(kind: Idempotency): ScriptedHandler {
  return kind === "transaction" ? scriptedTransactionHandler(PARENTS.transaction) : scriptedHandler(PARENTS[kind]);
}

/** A worker with a parent of a kind, and the queues of what follows it. */
export async function setUpFamily(kind: Idempotency, { onTestFinished }: Pick<TestContext, "onTestFinished">) {
  const parent = parentHandler(kind);
  const notified = scriptedHandler(notify);
  const queues = workerQueues(onTestFinished);
  const idle = bindHandler(child, () => Promise.resolve(succeeded()));
  const worker = await setUpFaultyWorker(() => [parent, idle, notified], onTestFinished, { relay: queues.relay });
  return {
    ...worker,
    entries: () => worker.entries(),
    recordOf: (envelope: Envelope) => worker.recordOf(envelope),
    deliverFaultily: (...faultily: Parameters<typeof worker.deliverFaultily>) => worker.deliverFaultily(...faultily),
    parent,
    notified,
    queues,
    task: sealTask(PARENTS[kind], { n: 1 }),
    /** Relays what the worker has left in the outbox, once it is old enough. */
    sweep: async () => {
      const relay = queues.relayOf(worker);
      await worker.clock.advance(10 * 60_000);
      return await sweepOutbox(relay, worker.clock.now() + 20_000);
    },
  };
}

/** Enqueues so many children, with keys. */
export function enqueue(count: number, text?: string) {
  return ({ enqueue: add }: HandlerContext) => {
    for (let n = 1; n <= count; n++) {
      add(child, text === undefined ? { n } : { n, text }, { key: `child-${n}` });
    }
    return succeeded();
  };
}
