import { failPermanently, retryLater, snooze, succeeded } from "../../../../services/worker/runner/handler.ts";
import { DRAIN_MS } from "../../../../services/worker/runner/shutdown.ts";
import { leaseMsOf } from "../../../../shared/contract/queues.ts";
import type { Counted, CountedTask } from "./harness.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const notYet = () => retryLater({ code: "not_yet", message: "Not yet." });
const later = () => snooze({ forMs: 60_000 });
const gone = () => failPermanently({ code: "gone", message: "The receiver is gone." });

/** What can happen to a delivery, and what that costs; the preparation is not counted. */
export const PATHS = {
  "succeeds at once": ({ count, deliver }) => count(deliver),

  "enqueues a task": ({ handler, count, deliver }) => {
    handler.steps(({ enqueue }) => {
      enqueue(handler.taskType.type, { n: 2 }, { key: "next" });
      return succeeded();
    });
    return count(deliver);
  },

  "asks for a retry": ({ handler, count, deliver }) => {
    handler.steps(notYet);
    return count(deliver);
  },

  "succeeds after a retry": async ({ handler, count, deliver }) => {
    handler.steps(notYet);
    await deliver();
    return await count(deliver);
  },

  "fails permanently": ({ handler, count, deliver }) => {
    handler.steps(gone);
    return count(deliver);
  },

  "fails its last attempt": async ({ handler, count, deliver }) => {
    handler.steps(notYet, notYet, notYet);
    await deliver();
    await deliver();
    return await count(deliver);
  },

  "is redelivered when the task is done": async ({ count, deliver, deliverTwin }) => {
    await deliver();
    return await count(deliverTwin);
  },

  "is stopped by a shutdown": async ({ handler, worker, count, deliver }) => {
    const started = Promise.withResolvers<void>();
    handler.steps(({ signal }) => {
      started.resolve();
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(notYet())));
    });
    return await count(async () => {
      const delivered = deliver();
      await started.promise;
      const drained = worker.shutdown.drain();
      await worker.clock.advance(DRAIN_MS);
      await drained;
      return await delivered;
    });
  },

  "finds another attempt running": async (task) => {
    const other = await startAttempt(task);
    const counted = await task.count(task.deliverTwin);
    await other.finish();
    return counted;
  },

  "takes over from an attempt whose lease has ended": async (task) => {
    const other = await startAttempt(task);
    await endLease(task);
    const counted = await task.count(task.deliver);
    await other.finish();
    return counted;
  },

  "ends after another has taken over and is done": async (task) => {
    const attempt = await startAttempt(task);
    await endLease(task);
    await task.deliver();
    return await task.count(attempt.finish);
  },

  "finds that the last attempt was killed": async (task) => {
    task.handler.steps(notYet, notYet);
    await task.deliver();
    await task.deliver();
    const killed = await startAttempt(task);
    await endLease(task);
    const counted = await task.count(task.deliver);
    await killed.finish();
    return counted;
  },

  "is redelivered when the task is cancelled": async ({ handler, count, deliver, cancel }) => {
    handler.steps(notYet);
    await deliver();
    await cancel();
    return await count(deliver);
  },

  "fails after a cancel was requested": async ({ handler, count, deliver, cancel }) => {
    handler.steps(async () => {
      await cancel();
      return notYet();
    });
    return await count(deliver);
  },

  "finds that an attempt was killed after a cancel was requested": async (task) => {
    const killed = await startAttempt(task);
    await task.cancel();
    await endLease(task);
    const counted = await task.count(task.deliver);
    await killed.finish();
    return counted;
  },

  "is of a type that the revision doesn't know": ({ count, deliverUnknown }) => count(deliverUnknown),

  "is snoozed by its handler": ({ handler, count, deliver }) => {
    handler.steps(later);
    return count(deliver);
  },

  "asks for a retry after a certain time": ({ handler, count, deliver }) => {
    handler.steps(() => retryLater({ code: "not_yet", message: "Not yet.", retryAfterMs: 60_000 }));
    return count(deliver);
  },

  "fails, and its type has a backoff": ({ handler, count, deliver }) => {
    handler.steps(notYet);
    return count(deliver);
  },

  "arrives before its time": ({ count, deliverEarly }) => count(deliverEarly),

  "succeeds in a later hop": async ({ handler, count, deliver, deliverHop }) => {
    handler.steps(later);
    await deliver();
    return await count(() => deliverHop(1));
  },

  "is redelivered when the task has gone on to a later hop": async ({ handler, count, deliver }) => {
    handler.steps(later);
    await deliver();
    return await count(deliver);
  },
} satisfies Record<string, (task: CountedTask) => Promise<Counted>>;

async function startAttempt({ handler, deliver }: CountedTask) {
  const held = handler.hold();
  const delivered = deliver();
  await held.started;
  return {
    finish: (): Promise<string | null> => {
      held.finish(succeeded());
      return delivered;
    },
  };
}

async function endLease({ worker }: CountedTask): Promise<void> {
  await worker.storeClock.advance(leaseMsOf(TEST_QUEUES.default) + 1);
}
