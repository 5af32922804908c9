import { FieldPath, Timestamp } from "@google-cloud/firestore";
import { type Tracer, trace } from "@opentelemetry/api";
import { onTestFinished } from "vitest";
import { startCloudTasksEmulator } from "handoff-emulators/cloud-tasks";
import { startFirestoreEmulator } from "handoff-emulators/firestore";
import { LEAST_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission, type AdmissionLimits } from "../../../shared/http/admission.ts";
import { shardKeys } from "../../../shared/contract/queue-shards.ts";
import type { DeployedQueues, QueueSettings } from "../../../shared/contract/queues.ts";
import type { Registry } from "../../../shared/contract/registry.ts";
import { identifyLocally } from "../../../services/producer/access/identify.ts";
import { createProducerApp } from "../../../services/producer/app.ts";
import { createCloudTasksClient, lateStatisticsClient } from "../../../shared/runtime/google-clients.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import type { GoogleConsole } from "../../../services/producer/http/google-console.ts";
import { firestoreSchedules } from "../../../services/producer/schedules/firestore-schedules.ts";
import { Waits } from "../../../services/producer/tasks/status/waits.ts";
import { createCloudTasksControl } from "../../../services/producer/queues/cloud-tasks-control.ts";
import type { Producer } from "../../../services/producer/producer.ts";
import type { Throughput } from "../../../services/producer/throughput/throughput.ts";
import { createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { LetterStore } from "../../../shared/records/letters/letter-store.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { TASK_OUTBOX } from "../../../shared/outbox/entry.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { DEAD_LETTERS } from "../../../shared/records/letters/dead-letter.ts";
import { TASK_SCHEDULES } from "../../../shared/schedules/task-schedules.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { TEST_REGISTRY } from "../registry/test-registry.ts";
import { connectToEmulator } from "../firestore/connect-to-emulator.ts";
import { relayOf } from "./test-relay.ts";
import { type ProxyListener, startFaultProxy } from "../network/fault-proxy.ts";

/** The path of the queues. Their names differ from their keys, as they can in the cloud. */
export const QUEUES_PATH = "projects/handoff-test/locations/europe-west1/queues";
const nameOf = (key: string): string => `${key}-2`;
const secondNameOf = (key: string): string => `${key}-3`;

function namesOf(
  key: string,
  { settings, isTwice }: { readonly settings: QueueSettings; readonly isTwice: boolean },
): [string, ...string[]] {
  const [, ...others] = shardKeys(key, settings);
  return [nameOf(key), ...others.map(nameOf), ...(isTwice ? [secondNameOf(key)] : [])];
}

export const MAX_PAYLOAD_BYTES = 4_096;

/** Valid requests for a natural and a claimed task. */
export const NATURAL = { type: "document.publish", payload: { documentId: "d1", version: 1, content: "text" } };
export const CLAIMED = {
  type: "webhook.deliver",
  payload: { url: "https://example.com/hook", event: "order.paid", data: { order: 7 } },
};

export interface ProducerHarnessOptions {
  /** Default: the tests' own. */
  readonly registry?: Registry;
  /** The keys of queues with a second name, `{key}-3`. Default: none. */
  readonly twice?: readonly string[];
  /** The producer's clock. Default: the wall clock, which the emulators always use. */
  readonly clock?: Clock;
  /** Whether the queues deliver. Default: no; tasks stay where they are. */
  readonly delivering?: boolean;
  /** Where tasks are delivered. Default: an address that doesn't exist. */
  readonly workerUrl?: string;
  /** Default: a tracer that keeps no spans. */
  readonly tracer?: Tracer;
  /** Null leaves it out. Default: long ago, so that no shared key is looked up. */
  readonly callerKeysFromMs?: number | null;
  /** The access control. Default: everybody may call, as `local`. */
  readonly access?: Pick<Producer, "identify" | "callerRate">;
  /** The types that applications may enqueue through the outbox. Default: all. */
  readonly outboxTypes?: readonly string[];
  /** The names of schedules that aren't run. Default: none. */
  readonly schedulesOff?: readonly string[];
  /** Receives the calls to Firestore. Default: nobody does. */
  readonly cost?: ProxyListener;
  /** Default: none, as on a laptop. */
  readonly console?: GoogleConsole;
  /** The source of the counts of enqueued and finished tasks. Default: none. */
  readonly throughput?: Throughput | undefined;
  /** Default: those of the smallest instance. */
  readonly limits?: AdmissionLimits;
}

/** A producer on a real port, with its own emulators behind proxies that can inject faults. */
export async function setUpProducer(options: ProducerHarnessOptions = {}) {
  const { registry = TEST_REGISTRY, callerKeysFromMs = 0 } = options;
  const queues: DeployedQueues = new Map(
    [...registry.queues].map(([key, settings]) => [
      key,
      { settings, names: namesOf(key, { settings, isTwice: options.twice?.includes(key) ?? false }) },
    ]),
  );
  const state = options.delivering ? "RUNNING" : "PAUSED";
  const names = [...queues.values()].flatMap((deployed) => deployed.names);
  const cloudTasks = await startCloudTasksEmulator({
    queues: names.map((name) => ({ name: `${QUEUES_PATH}/${name}`, state })),
  });
  const firestoreEmulator = await startFirestoreEmulator();
  const tasksProxy = await startFaultProxy(cloudTasks);
  const recordsProxy = await startFaultProxy(firestoreEmulator, options.cost);
  const admin = await createCloudTasksClient(cloudTasks);
  const client = await createCloudTasksClient(tasksProxy);
  const statistics = lateStatisticsClient(tasksProxy);
  const clock = options.clock ?? systemClock;
  const documents = new Documents({ db: connectToEmulator(recordsProxy), clock });
  const store = new TaskStore(documents);
  const pastIt = connectToEmulator(firestoreEmulator);
  const records = pastIt.collection(TASK_RECORDS);
  const letters = pastIt.collection(DEAD_LETTERS);
  const entries = pastIt.collection(TASK_OUTBOX);
  const logged: string[] = [];
  const inFlight = new PendingCalls();
  const waits = new Waits();
  const log = createLogger({ service: "producer", destination: { write: (line) => void logged.push(line) } });
  const settings = {
    project: "handoff-test",
    location: "europe-west1",
    queues,
    workerUrl: options.workerUrl ?? "https://worker.example",
    workerAudience: "https://audience.example",
    invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
  };
  const queue = createCloudTasksQueue(client, settings);
  const { types } = registry;
  const { outboxTypes } = options;
  const parts = { documents, queue, clock, log, types, queues, maxPayloadBytes: MAX_PAYLOAD_BYTES };
  const relay = relayOf({ ...parts, ...(outboxTypes ? { outboxTypes } : {}) });
  const app = createProducerApp({
    project: "handoff-test",
    tracer: options.tracer ?? trace.getTracer("test"),
    registry,
    ...(options.access ?? { identify: identifyLocally }),
    clock,
    log,
    records: createTaskRecords(store),
    letters: new LetterStore(documents),
    queue,
    queues: createCloudTasksControl({ tasks: async () => client, statistics: statistics.get }, settings),
    throughput: options.throughput,
    relay,
    schedules: { store: firestoreSchedules(documents), off: new Set(options.schedulesOff) },
    admission: new Admission(options.limits ?? admissionLimits("producer", LEAST_MEMORY_MIB)),
    inFlight,
    waits,
    ...(options.console ? { console: options.console } : {}),
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    ...(callerKeysFromMs === null ? {} : { callerKeysFromMs }),
  });
  const server = await serveHttp({ fetch: app.fetch, port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${server.port}`;
  onTestFinished(async () => {
    await server.close();
    tasksProxy.calm();
    recordsProxy.calm();
    await store.close(systemClock);
    await Promise.all([client.close(), statistics.close(), admin.close(), pastIt.terminate()]);
    await Promise.all([tasksProxy.stop(), recordsProxy.stop()]);
    await Promise.all([cloudTasks.stop(), firestoreEmulator.stop()]);
  });

  const send = async (path: string, init: RequestInit = {}) => readResponse(await fetch(`${url}${path}`, init));
  const post = (body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    send("/v1/tasks", { method: "POST", headers: { "content-type": "application/json", ...headers }, body, ...init });
  return {
    url,
    app,
    admin,
    logged,
    inFlight,
    waits,
    relay,
    emulators: { cloudTasks, firestore: firestoreEmulator },
    tasksProxy,
    recordsProxy,
    post,
    /** Enqueues a task; `key` is the idempotency key. */
    enqueue: (body: unknown, key?: string) =>
      post(JSON.stringify(body), key === undefined ? {} : { "idempotency-key": key }),
    send,
    /** How many times an RPC has reached the emulators. */
    calls: (rpc: string) => (cloudTasks.calls.get(rpc) ?? 0) + (firestoreEmulator.calls.get(rpc) ?? 0),
    async queuedTasks(queue: string) {
      const [tasks] = await admin.listTasks({ parent: `${QUEUES_PATH}/${nameOf(queue)}`, responseView: "FULL" });
      return tasks;
    },
    /** A task's full name in Cloud Tasks. */
    taskName: (id: string) => `${QUEUES_PATH}/${id.slice(id.indexOf("-") + 1)}-2/tasks/${id}`,
    /** Writes a task's record as a worker would. `fields` override those of a task that succeeded. */
    writeRecord: (id: string, fields: Record<string, unknown> = {}) =>
      records.doc(id).set({ ...SUCCEEDED, expireAt: Timestamp.fromMillis(Date.now() + MINUTE_MS), ...fields }),
    /** The dead letters, read without the proxy. */
    letters: () => letters,
    /** The outbox, read without the proxy. */
    outboxEntries: () => entries,
    /** The schedules' states, read without the proxy. */
    schedules: () => pastIt.collection(TASK_SCHEDULES),
    /** The entries of a task. */
    async entriesOf(id: string) {
      const { docs } = await entries.where(FieldPath.documentId(), ">=", `${id}.`).get();
      return docs
        .filter((entry) => entry.id.startsWith(`${id}.`))
        .map((entry) => ({ id: entry.id, data: entry.data() }));
    },
    cancel: (id: string) => send(`/v1/tasks/${id}`, { method: "DELETE" }),
    /** A task's record as Firestore holds it; undefined if there is none. */
    recordOf: async (id: string) => (await records.doc(id).get()).data(),
  };
}

export type ProducerHarness = Awaited<ReturnType<typeof setUpProducer>>;

/** A producer's response, with its body read. */
export interface ProducerResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ResponseBody;
}

/** The fields of tasks and of problems, any of which may be missing. */
interface ResponseBody {
  readonly id: string;
  readonly state: string;
  readonly createdAt: string;
  readonly scheduleTime: string;
  readonly code: string;
  readonly detail: string;
  readonly problems: readonly { path: string; message: string }[];
}

async function readResponse(response: Response): Promise<ProducerResponse> {
  const text = await response.text();
  const body: ResponseBody = JSON.parse(text);
  return { status: response.status, headers: response.headers, text, body };
}

const MINUTE_MS = 60_000;

/** The record of a task that succeeded. Its payload hash matches no payload. */
const SUCCEEDED = {
  queue: "default",
  type: "webhook.deliver",
  state: "succeeded",
  owner: "owner-1",
  fence: 1,
  attempts: 1,
  claimedAt: null,
  leaseMs: 45_000,
  payloadHash: "",
  firstSeenAt: Timestamp.fromMillis(Date.UTC(2026, 4, 1, 10, 0, 0)),
  finishedAt: Timestamp.fromMillis(Date.UTC(2026, 4, 1, 10, 0, 5)),
  lastError: null,
  result: '{"status":204}',
};
