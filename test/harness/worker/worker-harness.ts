import type { Firestore } from "@google-cloud/firestore";
import { type Tracer, trace } from "@opentelemetry/api";
import { onTestFinished as afterRunningTest } from "vitest";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission, type AdmissionLimits } from "../../../shared/http/admission.ts";
import { createWorkerApp } from "../../../services/worker/app.ts";
import { createTokenRules } from "../../../services/worker/authenticate.ts";
import type { AuthMode } from "../../../shared/auth/check-token.ts";
import type { BoundHandler } from "../../../services/worker/runner/handler.ts";
import { createKeyCache } from "../../../shared/auth/key-cache.ts";
import type { Around, Worker } from "../../../services/worker/worker.ts";
import { Shutdown } from "../../../services/worker/runner/shutdown.ts";
import { type Envelope, deliveryName, sealEnvelope } from "../../../shared/contract/envelope.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { TASK_OUTBOX } from "../../../shared/outbox/entry.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { TASK_RECORDS, parseTaskRecord } from "../../../shared/records/task-record.ts";
import { deriveTaskId, queueOf, randomTaskId } from "../../../shared/contract/task-id.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { deployTestQueues } from "../registry/test-queues.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { startKeyServer } from "../auth/key-server.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { AUDIENCE, INVOKER, KEY } from "../auth/token-rules.ts";
import { NO_RELAY } from "./no-relay.ts";
import { identityClaims, signToken } from "../auth/tokens.ts";

const MAX_BODY_BYTES = 300_000;
/** Ten days. */
const DEAD_LETTER_RETENTION_MS = 864_000_000;

export interface WorkerHarnessOptions {
  /** The path to Firestore for the worker, but not for its test. Default: straight to the emulator. */
  readonly reachFirestore?: (emulator: Address) => Promise<Address>;
  /** One clock for the worker and Firestore; tokens then use the wall clock. Default: a clock each. */
  readonly sharedClock?: VirtualClock;
  /** The server of the keys that sign deliveries. Default: the harness's own. */
  readonly keysUrl?: string;
  /** Who checks signatures. Default: as the token rules do. */
  readonly authMode?: AuthMode;
  /** Default: a tracer that keeps no spans. */
  readonly tracer?: Tracer;
  /** Default: nothing surrounds an attempt. */
  readonly around?: Around;
  /** Makes the relay of the worker's own entries from its dependencies. Default: nothing relays them. */
  readonly relay?: (on: RelayParts) => Worker["relay"];
  /** Default: those of the smallest instance. */
  readonly limits?: AdmissionLimits;
  /** Registers the clean-up. Default: with the running test; tests that run concurrently must each pass their own. */
  readonly onTestFinished?: (cleanUp: () => Promise<void>) => void;
}

/** The parts of the worker that a relay needs. */
export interface RelayParts extends Pick<Worker, "clock" | "log"> {
  readonly documents: Documents;
  readonly handlers: readonly BoundHandler[];
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * A worker on a real port, with a real key server and a Firestore emulator of its own.
 *
 * The worker and Firestore have separate clocks, as in the cloud; both stand still until a test advances them.
 */
export async function setUpWorker(
  makeHandlers: (db: Firestore) => readonly BoundHandler[],
  options: WorkerHarnessOptions = {},
) {
  const { reachFirestore, sharedClock, keysUrl, onTestFinished = afterRunningTest } = options;
  const storeClock = sharedClock ?? new VirtualClock();
  const emulator = await startFirestoreEmulator({ clock: storeClock });
  const db = connectToEmulator(emulator);
  const workerDb = reachFirestore ? connectToEmulator(await reachFirestore(emulator)) : db;
  const keyServer = await startKeyServer([KEY]);
  const clock = sharedClock ?? new VirtualClock();
  const logged: string[] = [];
  const log = createLogger({ service: "worker", destination: { write: (line) => void logged.push(line) } });
  const documents = new Documents({ db: workerDb, clock });
  const store = new TaskStore(documents);
  const handlers = makeHandlers(workerDb);
  const shutdown = new Shutdown(clock);
  const keys = createKeyCache({ url: keysUrl ?? keyServer.url, clock, log });
  const app = createWorkerApp(assembleWorker({ documents, store, handlers, shutdown, keys, clock, log }, options));
  const server = await serveHttp({ fetch: app.fetch, port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    await server.close();
    await store.close(systemClock);
    if (db !== workerDb) await db.terminate();
    await emulator.stop();
    await keyServer.close();
  });

  const url = `http://127.0.0.1:${server.port}`;
  const token = signToken(KEY, identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: Date.now() }));
  return {
    db,
    documents,
    handlers,
    log,
    emulator,
    clock,
    storeClock,
    shutdown,
    logged,
    keyServer,
    token,
    port: server.port,
    url,
    headersOf: (envelope: Envelope) => deliveryHeaders(envelope, token),
    /** Delivers a task as Cloud Tasks does; `headers` override the usual ones. */
    deliver: (envelope: Envelope, init: { headers?: Record<string, string>; signal?: AbortSignal } = {}) =>
      fetch(`${url}/tasks/${envelope.type}`, {
        ...init,
        method: "POST",
        headers: { ...deliveryHeaders(envelope, token), ...init.headers },
        body: JSON.stringify(envelope),
      }),
    ...behindWorker(db),
    /** How many calls of each kind Firestore has received since the last time. */
    callsSince: countCalls(emulator.calls),
  };
}

/** What the worker's app is made of. */
function assembleWorker(
  parts: Pick<Worker, "store" | "shutdown" | "clock" | "log"> & {
    readonly documents: Documents;
    readonly handlers: readonly BoundHandler[];
    readonly keys: ReturnType<typeof createKeyCache>;
  },
  options: WorkerHarnessOptions,
): Worker {
  const { documents, store, handlers, shutdown, keys, clock, log } = parts;
  const { sharedClock, authMode, relay = () => NO_RELAY } = options;
  return {
    project: "handoff-test",
    instance: "test/1",
    tracer: options.tracer ?? trace.getTracer("test"),
    store,
    clock,
    log,
    shutdown,
    relay: relay({ documents, handlers, clock, log }),
    around: options.around ?? ((_delivery, next) => next()),
    tokens: createTokenRules({
      keys,
      audience: AUDIENCE,
      invoker: INVOKER,
      clock: sharedClock ? systemClock : clock,
      ...(authMode ? { mode: authMode } : {}),
    }),
    admission: new Admission(options.limits ?? admissionLimits("worker", MIN_MEMORY_MIB)),
    rules: {
      handlers: new Map(handlers.map((handler) => [handler.taskType.type, handler])),
      queues: deployTestQueues((key) => `${key}-queue`),
      maxBodyBytes: MAX_BODY_BYTES,
      deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
    },
  };
}

/** What a test sees behind the worker's back. */
function behindWorker(db: Firestore) {
  return {
    async recordOf(envelope: Envelope) {
      const snapshot = await db.collection(TASK_RECORDS).doc(envelope.id).get();
      return snapshot.exists ? parseTaskRecord(snapshot.data()) : null;
    },
    /** The outbox's entries by id, in order. */
    async entries() {
      const { docs } = await db.collection(TASK_OUTBOX).get();
      return docs.map((doc) => ({ entryId: doc.id, ...doc.data() }));
    },
    async deadLetters() {
      const { docs } = await db.collection(DEAD_LETTERS).get();
      return docs.map((doc) => ({ letterId: doc.id, ...doc.data(), payload: JSON.parse(doc.get("payloadJson")) }));
    },
  };
}

export type WorkerHarness = Awaited<ReturnType<typeof setUpWorker>>;

/** The account that enqueues the tests' tasks. */
export const CALLER = "shop@handoff-test.iam.gserviceaccount.com";

/** The envelope of a task, as the producer seals it. */
export function sealTask(
  task: Pick<TaskType, "type" | "queue" | "idempotency">,
  payload: Envelope["payload"],
  idempotencyKey?: string,
): Envelope {
  const { type } = task;
  const id =
    idempotencyKey === undefined ? randomTaskId(task) : deriveTaskId(["key", CALLER, type, idempotencyKey], task);
  return sealEnvelope({ id, type, payload, caller: CALLER, enqueuedAtMs: Date.now() });
}

/** The headers of a task's first dispatch. */
export function deliveryHeaders(envelope: Envelope, token: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "user-agent": "Google-Cloud-Tasks",
    "x-cloudtasks-queuename": `${queueOf(envelope.id)}-queue`,
    "x-cloudtasks-taskname": deliveryName(envelope),
    "x-cloudtasks-taskretrycount": "0",
    "x-cloudtasks-taskexecutioncount": "0",
    "x-cloudtasks-tasketa": "1767322800.000000",
  };
}

function countCalls(calls: ReadonlyMap<string, number>): () => Record<string, number> {
  let before = new Map(calls);
  return () => {
    const now = new Map(calls);
    const grown = [...now].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
    before = now;
    return Object.fromEntries(grown.filter(([, count]) => count > 0));
  };
}
