import { trace } from "@opentelemetry/api";
import * as z from "zod";
import { replay } from "../../../services/producer/dead-letters/replay.ts";
import { cancel } from "../../../services/producer/tasks/cancel/cancel.ts";
import { runTask } from "../../../services/producer/tasks/run/run.ts";
import { firestoreSchedules } from "../../../services/producer/schedules/firestore-schedules.ts";
import { type Fired, type ScheduleRunner, fireSchedules } from "../../../services/producer/schedules/fire-schedules.ts";
import { enqueue } from "../../../services/producer/tasks/enqueue.ts";
import type { NewTask } from "../../../services/producer/tasks/new-task.ts";
import { type TaskRecords, createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import { createWorkerApp } from "../../../services/worker/app.ts";
import {
  type HandlerResult,
  bindHandler,
  bindTransactionHandler,
  failPermanently,
  retryLater,
  snooze,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { Shutdown } from "../../../services/worker/runner/shutdown.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createOwnRelay } from "../../../shared/outbox/own-relay.ts";
import { relaySafely } from "../../../shared/outbox/relay-safely.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { LetterStore } from "../../../shared/records/letters/letter-store.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { INVOKER, AUDIENCE } from "../../harness/auth/token-rules.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { startFaultProxy } from "../../harness/network/fault-proxy.ts";
import { relayOf } from "../../harness/producer/test-relay.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { deliveryHeaders } from "../../harness/worker/worker-harness.ts";
import { TOKEN, TOKENS } from "../process/worker-process.ts";
import { QUEUES } from "./resharded-queues.ts";

export const CALLER = "ops@example.com";
const SILENT = createLogger({ service: "producer", level: "silent" });
const RELAY_MS = 20_000;
/** How long a request waits for a record. */
const RECORD_MS = 20_000;

const common = {
  payload: z.strictObject({ n: z.string() }),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
} as const;
const child = defineTask({ ...common, type: "outbox.child" });

/** Types whose tasks hop and are followed by others: one of each kind. */
export const OUTBOX_TASKS = {
  claim: defineTask({ ...common, type: "outbox.claim" }),
  transaction: defineTask({ ...common, type: "outbox.transaction", idempotency: "transaction" }),
  natural: defineTask({ ...common, type: "outbox.natural", idempotency: "natural" }),
  child,
} as const;
export type OutboxKind = Exclude<keyof typeof OUTBOX_TASKS, "child">;

const REGISTRY = defineRegistry({ queues: TEST_QUEUES, taskTypes: Object.values(OUTBOX_TASKS) });

/** What a task's handler does. */
export type Plan = "succeeds" | "snoozes" | "waits" | "enqueues" | "dies";

export interface Emulators {
  readonly firestore: { readonly host: string; readonly port: number };
  readonly cloudTasks: { readonly host: string; readonly port: number };
}

/** What the handlers of all processes do, and have done. */
export interface Doings {
  readonly plans: Map<string, Plan>;
  /** The id of each task that ran, once for each run. */
  readonly runs: string[];
}

const RESULTS: Readonly<Record<Plan, HandlerResult>> = {
  succeeds: succeeded(),
  enqueues: succeeded(),
  snoozes: snooze({ forMs: 1_000 }),
  waits: retryLater({ code: "not_yet", message: "Not yet.", retryAfterMs: 1_000 }),
  dies: failPermanently({ code: "gone", message: "The receiver is gone." }),
};

/**
 * A producer, a relay and a worker in one process, which reaches Firestore and Cloud Tasks through a proxy each.
 *
 * @param queues what its revision knows of them.
 */
export async function startOutboxProcess(
  { firestore, cloudTasks }: Emulators,
  doings: Doings,
  queues: DeployedQueues = QUEUES,
) {
  const store = await startFaultProxy(firestore);
  const tasks = await startFaultProxy(cloudTasks);
  const client = await createCloudTasksClient(tasks);
  const documents = new Documents({ db: connectToEmulator(store), clock: systemClock });
  const queue = createCloudTasksQueue(client, {
    project: "handoff-test",
    location: "europe-west1",
    queues,
    workerUrl: "http://127.0.0.1:1",
    workerAudience: AUDIENCE,
    invokerServiceAccount: INVOKER,
  });
  const relay = relayOf({ documents, queue, clock: systemClock, log: SILENT, types: REGISTRY.types, queues });
  const relayOne = (entryId: string, untilMs = Date.now() + RELAY_MS) => relaySafely(entryId, relay, untilMs);
  const sever = (): void => {
    store.sever();
    tasks.sever();
  };
  return {
    store,
    tasks,
    relay: (entryId: string) => relayOne(entryId),
    ...producerOf(documents, relay),
    tick: tickOf(documents, relayOne),
    deliver: workerOf(documents, { relay, queues, doings }),
    /** Cuts it off from both, as if it were killed: a fault alone cuts it off from the one that was being called. */
    sever,
    async discard(): Promise<void> {
      sever();
      store.calm();
      tasks.calm();
      await Promise.all([store.waitUntilQuiet(), tasks.waitUntilQuiet()]);
      // What it had in hand may still make calls. A Firestore client that is closed before them rejects where nobody can
      // handle it, so it is left to end with the process.
      await client.close();
      await Promise.all([store.stop(), tasks.stop()]);
    },
  };
}

type TestRelay = ReturnType<typeof relayOf>;

/** What callers and operators ask of the producer. */
function producerOf(documents: Documents, relay: TestRelay) {
  const producer = {
    registry: REGISTRY,
    clock: systemClock,
    log: SILENT,
    queue: relay.queue,
    relay,
    inFlight: new PendingCalls(),
    maxPayloadBytes: 10_000,
    letters: new LetterStore(documents),
    records: patient(createTaskRecords(new TaskStore(documents))),
    callerKeysFromMs: 0,
  };
  const mayDo = () => ({ allowed: true }) as const;
  const { signal } = new AbortController();
  return {
    cancel: (id: TaskId) => told(() => cancel({ id, by: CALLER, mayCancel: mayDo }, producer, signal)),
    run: (id: TaskId) => told(() => runTask({ id, dueAtMs: null, mayRun: mayDo }, producer, signal)),
    /** A caller hands a task over. */
    post: (kind: OutboxKind, { n, key }: { readonly n: string; readonly key: string }) =>
      told(() => enqueue(newTask(kind, { n, key }), producer, signal)),
    replay: (letterId: string) => told(() => replay(letterId, { by: CALLER, again: false }, producer)),
  };
}

/** A tick of a stack with one schedule, which it runs unless that is off. */
function tickOf(documents: Documents, relay: ScheduleRunner["relay"]) {
  return async (schedule: Schedule, { isOff = false } = {}): Promise<string> => {
    const schedules = new Map([[schedule.name, schedule]]);
    const off = new Set(isOff ? [schedule.name] : []);
    const parts = { store: firestoreSchedules(documents), off, clock: systemClock, log: SILENT };
    try {
      return toldOf(await fireSchedules({ ...parts, schedules, relay }, Date.now() + RELAY_MS));
    } catch (error) {
      if (error instanceof RecordStoreError) return "503";
      throw error;
    }
  };
}

/** Delivers a hop from one of its queues to the worker, as Cloud Tasks does. */
function workerOf(
  documents: Documents,
  { relay, queues, doings }: { readonly relay: TestRelay; readonly queues: DeployedQueues; readonly doings: Doings },
) {
  const app = createWorkerApp({
    project: "handoff-test",
    instance: "matrix/1",
    tracer: trace.getTracer("test"),
    clock: systemClock,
    log: SILENT,
    store: new TaskStore(documents),
    shutdown: new Shutdown(systemClock),
    relay: createOwnRelay(relay),
    around: (_delivery, next) => next(),
    tokens: TOKENS,
    admission: new Admission(admissionLimits("worker", MIN_MEMORY_MIB)),
    rules: {
      handlers: new Map(boundHandlers(doings).map((handler) => [handler.taskType.type, handler])),
      queues,
      maxBodyBytes: 10_000,
      deadLetterRetentionMs: 864_000_000,
    },
  });
  return async (envelope: Envelope, from: { readonly queue: string; readonly retryCount: number }): Promise<string> => {
    const response = await app.request(`/tasks/${envelope.type}`, {
      method: "POST",
      headers: {
        ...deliveryHeaders(envelope, TOKEN),
        "x-cloudtasks-queuename": from.queue,
        "x-cloudtasks-taskretrycount": String(from.retryCount),
      },
      body: JSON.stringify(envelope),
    });
    return response.status === 200 ? String(response.headers.get("Handoff-Outcome")) : String(response.status);
  };
}

export type OutboxProcess = Awaited<ReturnType<typeof startOutboxProcess>>;

function boundHandlers({ plans, runs }: Doings) {
  const result = (id: string): HandlerResult => {
    runs.push(id);
    return RESULTS[plans.get(id) ?? "succeeds"];
  };
  return [
    bindHandler(OUTBOX_TASKS.claim, ({ n }, { idempotencyKey, enqueue }) => {
      if (plans.get(idempotencyKey) === "enqueues") enqueue(child, { n }, { key: "one" });
      return Promise.resolve(result(idempotencyKey));
    }),
    bindHandler(OUTBOX_TASKS.natural, ({ n }, { idempotencyKey, enqueue }) => {
      if (plans.get(idempotencyKey) === "enqueues") enqueue(child, { n }, { key: "one" });
      return Promise.resolve(result(idempotencyKey));
    }),
    bindTransactionHandler(OUTBOX_TASKS.transaction, ({ n }, { idempotencyKey, enqueue }) => {
      if (plans.get(idempotencyKey) === "enqueues") enqueue(child, { n }, { key: "one" });
      return Promise.resolve(result(idempotencyKey));
    }),
    bindHandler(child, (_payload, { idempotencyKey }) => Promise.resolve(result(idempotencyKey))),
  ];
}

/** Google's client repeats a commit in its own time. On a busy machine, a request could give up before it hears how that went. */
function patient(records: TaskRecords): TaskRecords {
  return { ...records, change: (envelope, decide) => records.change(envelope, decide, RECORD_MS) };
}

function newTask(kind: OutboxKind, { n, key }: { readonly n: string; readonly key: string }): NewTask {
  const payload = { json: JSON.stringify({ n }), hash: hashPayload({ n }) };
  return { taskType: OUTBOX_TASKS[kind], payload, key: { text: key }, caller: { email: CALLER, role: "operator" } };
}

/** What a tick did about its schedule, in a word. */
function toldOf({ fired, started, turnedOff, failed }: Fired): string {
  if (failed > 0) return "failed";
  if (turnedOff > 0) return "turned off";
  if (started > 0) return "started";
  return fired > 0 ? "fired" : "nothing due";
}

/** The kind of an answer; what is thrown is answered 503. */
async function told(request: () => Promise<{ readonly kind: string }>): Promise<string> {
  try {
    return (await request()).kind;
  } catch (error) {
    if (error instanceof DependencyError) return "503";
    throw error;
  }
}
