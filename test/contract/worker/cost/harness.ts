import { onTestFinished } from "vitest";
import { type FaultProxy, startFaultProxy } from "../../../harness/network/fault-proxy.ts";
import { type Cost, countFirestoreCost } from "../../../harness/firestore/firestore-cost.ts";
import type { ScriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { cancelTask } from "../../../harness/worker/cancel-task.ts";
import { type WorkerHarnessOptions, sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { workerQueues } from "../../../harness/worker/worker-queues.ts";

/** A delivery's outcome and its cost. */
export interface Counted extends Cost {
  readonly outcome: string | null;
}

/** A worker whose calls to Firestore are counted on the wire; the test's own calls bypass the counter. */
export async function startCountedWorker(
  makeHandlers: Parameters<typeof setUpWorker>[0],
  relay: WorkerHarnessOptions["relay"] = creatingRelay,
) {
  const cost = countFirestoreCost();
  const started = Promise.withResolvers<FaultProxy>();
  const worker = await setUpWorker(makeHandlers, {
    relay,
    async reachFirestore(emulator) {
      const proxy = await startFaultProxy(emulator, cost);
      onTestFinished(() => proxy.stop());
      started.resolve(proxy);
      return proxy;
    },
  });
  return {
    worker,
    /** What its calls can be given faults by. Those aren't counted. */
    faults: await started.promise,
    /** Counts only what is delivered inside it. */
    count: async (deliver: () => Promise<string | null>): Promise<Counted> => {
      cost.costSince();
      const outcome = await deliver();
      return { outcome, ...cost.costSince() };
    },
  };
}

/** Creates tasks for whoever has no commit that could write their entries, and leaves entries to the sweep. */
const creatingRelay: NonNullable<WorkerHarnessOptions["relay"]> = (parts) => ({
  ...workerQueues().relay(parts),
  relay: () => Promise.resolve(),
});

/** One task of a handler's type, on a worker whose calls are counted. */
export async function startCountedTask(handler: ScriptedHandler) {
  const { worker, count } = await startCountedWorker(() => [handler]);
  const task = sealTask(handler.taskType, { n: 1 });
  const outcomeOf = async (delivered: Promise<Response>) => (await delivered).headers.get("Handoff-Outcome");
  let retries = 0;
  return {
    handler,
    worker,
    count,
    deliver: () => {
      const headers = { "x-cloudtasks-taskretrycount": String(retries++) };
      return outcomeOf(worker.deliver(task, { headers }));
    },
    /** Delivers a later hop for the first time. */
    deliverHop: (hop: number) => outcomeOf(worker.deliver({ ...task, hop })),
    /** Delivers the task a day before its time. */
    deliverEarly: () => {
      const notBefore = new Date(worker.clock.now() + 86_400_000).toISOString();
      return outcomeOf(worker.deliver({ ...task, notBefore }));
    },
    /** Delivers what Cloud Tasks has delivered before but treats as the first dispatch. */
    deliverTwin: () => outcomeOf(worker.deliver(task)),
    /** Cancels the task as the producer does, by a connection of its own. */
    cancel: () => cancelTask(worker, task),
    deliverUnknown: () =>
      outcomeOf(worker.deliver(sealTask({ type: "test.unheard-of", queue: "default", idempotency: "claim" }, {}))),
  };
}

export type CountedTask = Awaited<ReturnType<typeof startCountedTask>>;
