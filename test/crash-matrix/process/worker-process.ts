import type { Firestore } from "@google-cloud/firestore";
import { trace } from "@opentelemetry/api";
import { VirtualClock } from "handoff-emulators/clock";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createWorkerApp } from "../../../services/worker/app.ts";
import { type DeliveryTokenRules, createTokenRules } from "../../../services/worker/authenticate.ts";
import { Shutdown } from "../../../services/worker/runner/shutdown.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { type FaultProxy, startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { AUDIENCE, INVOKER, KEY } from "../../harness/auth/token-rules.ts";
import { identityClaims, signToken } from "../../harness/auth/tokens.ts";
import { deliveryHeaders } from "../../harness/worker/worker-harness.ts";
import { type MatrixHandlers, type Outside, matrixHandlers } from "./matrix-handlers.ts";
import { cancelAsProducer } from "./cancel-as-producer.ts";
import type { Ending } from "./ending.ts";
import { deployTestQueues } from "../../harness/registry/test-queues.ts";
import { NO_RELAY } from "../../harness/worker/no-relay.ts";

const MAX_BODY_BYTES = 10_000;
const DEAD_LETTER_RETENTION_MS = 864_000_000;

/**
 * A transaction's commit waits in a fault until another delivery is stuck, which can take a minute on a busy machine. By then Google's
 * client would give it up, in real time, and roll back, so that the other delivery isn't stuck any more.
 */
const PATIENT = {
  interfaces: { "google.firestore.v1.Firestore": { methods: { Commit: { timeout_millis: 24 * 60 * 60_000 } } } },
};

/** One worker process, with its own client, connection, clock and handlers. */
export interface WorkerProcess {
  readonly clock: VirtualClock;
  readonly faults: FaultProxy;
  readonly handlers: MatrixHandlers;
  deliver(task: Envelope, retryCount: number): Promise<Ending>;
  /** Cancels a task as a producer does that is this process: `outcome` is its state then, or a problem's code. */
  cancel(task: Envelope): Promise<Ending>;
  /** Resolves when the process counts nothing as in progress. */
  drain(): Promise<true>;
  /** Resolves when no call to Firestore is left, not even for deliveries that have been answered. */
  quiet(): Promise<true>;
  /** Ends whatever is left of it. */
  discard(): Promise<void>;
}

/** Starts a process that reaches Firestore through its own proxy. */
export async function startWorkerProcess(
  emulator: { host: string; port: number },
  outside: Outside,
): Promise<WorkerProcess> {
  const faults = await startFaultProxy(emulator);
  const db = connectToEmulator(faults);
  db.settings({ clientConfig: PATIENT });
  const transactions = watchTransactions(db);
  const deliveries = new Set<Promise<unknown>>();
  const clock = new VirtualClock();
  const store = new TaskStore({ db, clock });
  const shutdown = new Shutdown(clock);
  const handlers = matrixHandlers(db, outside);
  const app = createWorkerApp({
    project: "handoff-test",
    instance: "matrix/1",
    tracer: trace.getTracer("test"),
    store,
    clock,
    log: createLogger({ service: "worker", level: "silent" }),
    shutdown,
    relay: NO_RELAY,
    around: (_delivery, next) => next(),
    tokens: TOKENS,
    admission: new Admission(admissionLimits("worker", MIN_MEMORY_MIB)),
    rules: {
      handlers: new Map(handlers.bound.map((handler) => [handler.taskType.type, handler])),
      queues: deployTestQueues((key) => `${key}-queue`),
      maxBodyBytes: MAX_BODY_BYTES,
      deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
    },
  });
  return {
    clock,
    faults,
    handlers,
    async deliver(task, retryCount) {
      const answering = Promise.resolve(
        app.request(`/tasks/${task.type}`, {
          method: "POST",
          headers: { ...deliveryHeaders(task, TOKEN), "x-cloudtasks-taskretrycount": String(retryCount) },
          body: JSON.stringify(task),
        }),
      );
      deliveries.add(answering);
      const answer = await answering.finally(() => deliveries.delete(answering));
      return { status: answer.status, outcome: answer.headers.get("Handoff-Outcome") };
    },
    async cancel(task) {
      const cancelling = cancelAsProducer(task, { store, clock });
      deliveries.add(cancelling);
      return await cancelling.finally(() => deliveries.delete(cancelling));
    },
    async drain() {
      await shutdown.drain();
      return true;
    },
    async quiet() {
      while (transactions.size > 0) await Promise.allSettled(transactions);
      await faults.waitUntilQuiet();
      return true;
    },
    async discard() {
      handlers.kill();
      faults.sever();
      faults.calm();
      while (deliveries.size + transactions.size > 0) await Promise.allSettled([...deliveries, ...transactions]);
      await faults.waitUntilQuiet();
      await store.close(systemClock);
      await faults.stop();
    },
  };
}

/** The client's unfinished transactions: each may pause before it runs again, and nobody may wait for it. */
function watchTransactions(db: Firestore): ReadonlySet<Promise<unknown>> {
  const underWay = new Set<Promise<unknown>>();
  const run = db.runTransaction.bind(db);
  db.runTransaction = (callback, options) => {
    const running = run(callback, options);
    const forget = (): void => void underWay.delete(running);
    underWay.add(running);
    running.then(forget, forget);
    return running;
  };
  return underWay;
}

/** Authentication is not the subject here: one token, checked once, by a clock that stands still. */
export const TOKEN = signToken(KEY, identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: Date.now() }));
export const TOKENS: DeliveryTokenRules = createTokenRules({
  keys: { find: () => Promise.resolve({ kind: "found", pem: KEY.publicPem }) },
  audience: AUDIENCE,
  invoker: INVOKER,
  clock: new VirtualClock(),
});
