import { type Tracer, trace } from "@opentelemetry/api";
import { onTestFinished } from "vitest";
import { identifyLocally } from "../../../services/producer/access/identify.ts";
import { createProducerApp } from "../../../services/producer/app.ts";
import type { GoogleConsole } from "../../../services/producer/http/google-console.ts";
import type { Producer } from "../../../services/producer/producer.ts";
import { createCloudTasksControl } from "../../../services/producer/queues/cloud-tasks-control.ts";
import { firestoreSchedules } from "../../../services/producer/schedules/firestore-schedules.ts";
import { Waits } from "../../../services/producer/tasks/status/waits.ts";
import { createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import type { Throughput } from "../../../services/producer/throughput/throughput.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import type { DeployedQueues } from "../../../shared/contract/queues.ts";
import type { Registry } from "../../../shared/contract/registry.ts";
import { Admission, type AdmissionLimits } from "../../../shared/http/admission.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { LetterStore } from "../../../shared/records/letters/letter-store.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import type { ProxyListener } from "../network/fault-proxy.ts";
import { TEST_REGISTRY } from "../registry/test-registry.ts";
import { behindProducer } from "./behind-producer.ts";
import { type Backends, startBackends } from "./producer-backends.ts";
import { deployQueues } from "./producer-queues.ts";
import { requestsTo } from "./producer-requests.ts";
import { relayOf } from "./test-relay.ts";

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
  /** Receives the calls to Firestore. Default: none. */
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
  const { registry = TEST_REGISTRY, clock = systemClock, delivering = false, twice, cost } = options;
  const queues = deployQueues(registry, twice);
  const backends = await startBackends({ queues, delivering, clock, cost });
  const logged: string[] = [];
  const log = createLogger({ service: "producer", destination: { write: (line) => void logged.push(line) } });
  const { producer, relay } = assembleProducer(backends, { ...options, registry, clock, queues, log });
  const app = createProducerApp(producer);
  const server = await serveHttp({ fetch: app.fetch, port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    await server.close();
    await backends.stop();
  });
  const url = `http://127.0.0.1:${server.port}`;
  const { inFlight, waits } = producer;
  const { admin, emulators, tasksProxy, recordsProxy } = backends;
  return {
    url,
    app,
    logged,
    inFlight,
    waits,
    relay,
    get admin() {
      return admin();
    },
    emulators,
    tasksProxy,
    recordsProxy,
    ...requestsTo(url),
    ...behindProducer(backends),
  };
}

export type ProducerHarness = Awaited<ReturnType<typeof setUpProducer>>;

/** What the producer's app is made of, over its backends. */
function assembleProducer(
  { client, statistics, documents, store }: Backends,
  given: ProducerHarnessOptions & {
    readonly registry: Registry;
    readonly clock: Clock;
    readonly queues: DeployedQueues;
    readonly log: Producer["log"];
  },
) {
  const { registry, clock, queues, log, callerKeysFromMs = 0, outboxTypes, console } = given;
  const settings = {
    project: "handoff-test",
    location: "europe-west1",
    queues,
    workerUrl: given.workerUrl ?? "https://worker.example",
    workerAudience: "https://audience.example",
    invokerServiceAccount: "invoker@handoff-test.iam.gserviceaccount.com",
  };
  const queue = createCloudTasksQueue(client, settings);
  const { types } = registry;
  const parts = { documents, queue, clock, log, types, queues, maxPayloadBytes: MAX_PAYLOAD_BYTES };
  const relay = relayOf({ ...parts, ...(outboxTypes ? { outboxTypes } : {}) });
  const producer = {
    project: "handoff-test",
    tracer: given.tracer ?? trace.getTracer("test"),
    registry,
    ...(given.access ?? { identify: identifyLocally }),
    clock,
    log,
    records: createTaskRecords(store),
    letters: new LetterStore(documents),
    queue,
    queues: createCloudTasksControl({ tasks: async () => client, statistics: statistics.get }, settings),
    throughput: given.throughput,
    relay,
    schedules: { store: firestoreSchedules(documents), off: new Set(given.schedulesOff) },
    admission: new Admission(given.limits ?? admissionLimits("producer", MIN_MEMORY_MIB)),
    inFlight: new PendingCalls(),
    waits: new Waits(),
    ...(console ? { console } : {}),
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    ...(callerKeysFromMs === null ? {} : { callerKeysFromMs }),
  };
  return { producer, relay };
}
