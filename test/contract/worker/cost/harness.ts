import { onTestFinished } from "vitest";
import { startFaultProxy } from "../../../harness/network/fault-proxy.ts";
import { type Cost, countFirestoreCost } from "../../../harness/firestore/firestore-cost.ts";
import type { ScriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

/** A delivery's outcome and its cost. */
export interface Counted extends Cost {
  readonly outcome: string | null;
}

/** A worker whose calls to Firestore are counted on the wire; the test's own calls bypass the counter. */
export async function startCountedWorker(makeHandlers: Parameters<typeof setUpWorker>[0]) {
  const cost = countFirestoreCost();
  const worker = await setUpWorker(makeHandlers, {
    async reachFirestore(emulator) {
      const proxy = await startFaultProxy(emulator, cost);
      onTestFinished(() => proxy.stop());
      return proxy;
    },
  });
  return {
    worker,
    /** Counts only what is delivered inside it. */
    count: async (deliver: () => Promise<string | null>): Promise<Counted> => {
      cost.costSince();
      const outcome = await deliver();
      return { outcome, ...cost.costSince() };
    },
  };
}

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
    /** Delivers what Cloud Tasks has delivered before but treats as the first dispatch. */
    deliverTwin: () => outcomeOf(worker.deliver(task)),
    deliverUnknown: () => outcomeOf(worker.deliver(sealTask({ type: "test.unheard-of", queue: "default" }, {}))),
  };
}

export type CountedTask = Awaited<ReturnType<typeof startCountedTask>>;
