import type { Firestore } from "@google-cloud/firestore";
import type { BoundHandler } from "../../../services/worker/runner/handler.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { RECORD_STORE_DEADLINE_MS, leaseMsOf } from "../../../shared/contract/queues.ts";
import { queueOf } from "../../../shared/contract/task-id.ts";
import { deployTestQueues } from "../registry/test-queues.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../network/fault-proxy.ts";
import { type WorkerHarnessOptions, setUpWorker } from "./worker-harness.ts";

/** No task in these tests needs more deliveries. */
const MAX_REDELIVERIES = 5;

/** The status of a response, and its outcome. */
export type Ending = [status: number, outcome: string | null];

export interface FaultyDelivery {
  /** How many times Cloud Tasks has tried before. Default 0. */
  readonly retryCount?: number;
  /** How long the worker waits for a call that never gets a response, in milliseconds. Default: a step's deadline. */
  readonly waitMs?: number;
}

/** A worker whose calls to Firestore can be given faults; the harness's own `db` always gets through. */
export async function setUpFaultyWorker(
  makeHandlers: (db: Firestore) => readonly BoundHandler[],
  onTestFinished: NonNullable<WorkerHarnessOptions["onTestFinished"]>,
  options: Pick<WorkerHarnessOptions, "relay"> = {},
) {
  const started = Promise.withResolvers<FaultProxy>();
  const worker = await setUpWorker(makeHandlers, {
    ...options,
    onTestFinished,
    async reachFirestore(emulator) {
      const proxy = await startFaultProxy(emulator);
      onTestFinished(() => proxy.stop());
      started.resolve(proxy);
      return proxy;
    },
  });
  const faults = await started.promise;
  onTestFinished(async () => {
    faults.calm();
    await worker.shutdown.drain();
  });

  const deliver = async (task: Envelope, retryCount: number): Promise<Ending> => {
    const answer = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": String(retryCount) } });
    return [answer.status, answer.headers.get("Handoff-Outcome")];
  };
  return {
    ...worker,
    faults,
    /** Delivers a task while the given calls fail. All of the faults must occur before the response. */
    async deliverFaultily(task: Envelope, spoiled: readonly Fault[], options: FaultyDelivery = {}): Promise<Ending> {
      const { retryCount = 0, waitMs = RECORD_STORE_DEADLINE_MS } = options;
      const injected = Promise.all(spoiled.map((fault) => faults.inject(fault)));
      const delivered = deliver(task, retryCount);
      await Promise.race([injected, delivered.then(tooEarly)]);
      if (spoiled.some(({ answer }) => answer === "nothing")) await worker.clock.advance(waitMs);
      return await delivered;
    },
    /** Redelivers a task until it is acknowledged, as the queue would, and lets a lease in the way expire. */
    async redeliver(task: Envelope): Promise<Ending[]> {
      const endings: Ending[] = [];
      for (let retry = 1; retry <= MAX_REDELIVERIES; retry++) {
        const ending = await deliver(task, retry);
        endings.push(ending);
        if (ending[0] === 200) return endings;
        if (ending[0] === 409) await worker.storeClock.advance(leaseMsOfTask(task) + 1);
      }
      throw new Error(`The task was never acknowledged: ${JSON.stringify(endings)}.`);
    },
  };
}

function tooEarly(ending: Ending): never {
  throw new Error(`Answered ${ending.join(" ")} before every fault had injected.`);
}

const QUEUES = deployTestQueues((key) => key);

function leaseMsOfTask({ id }: Envelope): number {
  const queue = QUEUES.get(queueOf(id));
  if (!queue) throw new Error("The tests' tasks are in the tests' queues.");
  return leaseMsOf(queue.settings);
}
