import { trace } from "@opentelemetry/api";
import type { CloudTasksClient } from "@google-cloud/tasks";
import * as z from "zod";
import { VirtualClock } from "handoff-emulators/clock";
import { identifyLocally } from "../../services/producer/access/identify.ts";
import { createProducerApp } from "../../services/producer/app.ts";
import { Waits } from "../../services/producer/tasks/status/waits.ts";
import { createTaskRecords } from "../../services/producer/tasks/task-records.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { createCloudTasksQueue } from "../../shared/queue/cloud-tasks-queue.ts";
import { Documents } from "../../shared/records/documents.ts";
import { firestoreSchedules } from "../../services/producer/schedules/firestore-schedules.ts";
import { LetterStore } from "../../shared/records/letters/letter-store.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { createCloudTasksClient } from "../../shared/runtime/google-clients.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { PendingCalls } from "../../shared/runtime/pending-calls.ts";
import { connectToEmulator } from "../harness/firestore/connect-to-emulator.ts";
import type { FaultProxy } from "../harness/network/fault-proxy.ts";
import { relayOf } from "../harness/producer/test-relay.ts";
import { AUDIENCE, INVOKER, RACING_QUEUES, RACING_REGISTRY, type Responded } from "./racing-tasks.ts";
import { NO_QUEUE_CONTROL } from "../harness/producer/no-queue-control.ts";

/** A task's view, or a problem. */
const cancelled = z.object({
  state: z.string().optional(),
  code: z.string().optional(),
  mayHaveRun: z.boolean().optional(),
});

/** The queues of the races, as a client of Cloud Tasks sees them. */
export function racingQueue(client: CloudTasksClient, workerUrl: string) {
  return createCloudTasksQueue(client, {
    project: "handoff-test",
    location: "europe-west1",
    queues: RACING_QUEUES,
    workerUrl,
    workerAudience: AUDIENCE,
    invokerServiceAccount: INVOKER,
  });
}

/** A producer on a real port. Time passes for it when a race says so, since its patience is counted by that. */
export async function startProducer(
  faults: FaultProxy,
  cloudTasks: { readonly host: string; readonly port: number },
  workerUrl: string,
) {
  const clock = new VirtualClock({ startMs: Date.now() });
  const client = await createCloudTasksClient(cloudTasks);
  const documents = new Documents({ db: connectToEmulator(faults), clock });
  const log = createLogger({ service: "producer", level: "silent" });
  const queue = racingQueue(client, workerUrl);
  const app = createProducerApp({
    project: "handoff-test",
    tracer: trace.getTracer("test"),
    registry: RACING_REGISTRY,
    identify: identifyLocally,
    clock,
    log,
    records: createTaskRecords(new TaskStore(documents)),
    letters: new LetterStore(documents),
    queue,
    queues: NO_QUEUE_CONTROL,
    relay: relayOf({ documents, queue, clock, log, types: RACING_REGISTRY.types, queues: RACING_QUEUES }),
    admission: new Admission(admissionLimits("producer", MIN_MEMORY_MIB)),
    inFlight: new PendingCalls(),
    schedules: { store: firestoreSchedules(documents), off: new Set() },
    waits: new Waits(),
    maxPayloadBytes: 10_000,
  });
  const server = await serveHttp({ fetch: app.fetch, port: 0, host: "127.0.0.1" });
  const send = (path: string, init: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return {
    clock,
    client,
    fetch: send,
    async cancel(id: string): Promise<Responded> {
      const response = await send(`/v1/tasks/${id}`, { method: "DELETE" });
      const { state, code, mayHaveRun } = cancelled.parse(await response.json());
      return {
        status: response.status,
        says: String(state ?? code),
        ...(mayHaveRun === undefined ? {} : { mayHaveRun }),
      };
    },
    async stop(): Promise<void> {
      await server.close();
      await documents.close(systemClock);
      await client.close();
    },
  };
}
