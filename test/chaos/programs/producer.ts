import * as z from "zod";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { identifyLocally } from "../../../services/producer/access/identify.ts";
import { createProducerApp } from "../../../services/producer/app.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { cloudTasksSettings, cloudTasksVariables } from "../../../shared/queue/cloud-tasks-variables.ts";
import { firestoreSchedules } from "../../../services/producer/schedules/firestore-schedules.ts";
import { Waits } from "../../../services/producer/tasks/status/waits.ts";
import { createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { createCloudTasksClient, createFirestore } from "../../../shared/runtime/google-clients.ts";
import { platformVariables, portVariable, readConfig } from "../../../shared/runtime/config.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "../../../shared/contract/envelope.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { LetterStore } from "../../../shared/records/letters/letter-store.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { OutboxStore } from "../../../shared/outbox/outbox-store.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../../shared/runtime/program.ts";
import { queuesVariable } from "../../../shared/runtime/variables/queues-variable.ts";
import { startTracing, tracingVariables } from "../../../shared/tracing/tracing.ts";
import { queuesIn } from "../stack/chaos-queues.ts";
import { CHAOS_REGISTRY, DEAD_LETTER_RETENTION_MS } from "../load/task-types.ts";
import { NO_QUEUE_CONTROL } from "../../harness/producer/no-queue-control.ts";

/** services/producer/main.ts with the chaos task types and short times. */
const configSchema = z.object({
  ...platformVariables,
  ...tracingVariables,
  ...cloudTasksVariables,
  QUEUES: queuesVariable(queuesIn(process.env)),
  PORT: portVariable,
});

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "producer", level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: "handoff-producer", log, config });
  const firestore = createFirestore(config);
  const collectionPrefix = config.COLLECTION_PREFIX;
  const documents = new Documents({ db: firestore, clock: systemClock, collectionPrefix });
  const store = new TaskStore(documents);
  const client = await createCloudTasksClient(config.CLOUD_TASKS_EMULATOR_HOST);
  const queue = createCloudTasksQueue(client, cloudTasksSettings(config));
  const app = createProducerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    tracer: tracing.tracer,
    registry: CHAOS_REGISTRY,
    identify: identifyLocally,
    clock: systemClock,
    log,
    records: createTaskRecords(store),
    letters: new LetterStore(documents),
    queue,
    queues: NO_QUEUE_CONTROL,
    relay: {
      outbox: new OutboxStore(documents),
      queue,
      rules: { types: CHAOS_REGISTRY.types, queues: config.QUEUES, maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES },
      deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
      clock: systemClock,
      log,
    },
    schedules: { store: firestoreSchedules(documents), off: new Set() },
    admission: new Admission(admissionLimits("producer", MIN_MEMORY_MIB)),
    inFlight: new PendingCalls(),
    waits: new Waits(),
    maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
  });
  const server = await serveHttp({ fetch: app.fetch, port: config.PORT, host: "127.0.0.1" });
  return { log, stop: () => server.close() };
}

await runProgram({ start, portVariable: "PORT" });
