import type { CloudTasksClient } from "@google-cloud/tasks";
import * as z from "zod";
import { systemClock } from "../../shared/runtime/clock.ts";
import { platformVariables, portVariable, readConfig } from "../../shared/runtime/config.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES, HIGHEST_MAX_PAYLOAD_BYTES } from "../../shared/contract/envelope.ts";
import { MAX_MEMORY_MIB, MIN_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { createCloudTasksClient, createFirestore, lateStatisticsClient } from "../../shared/runtime/google-clients.ts";
import { guardAgainstPages, guardVariables } from "../../shared/http/guard.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { PendingCalls } from "../../shared/runtime/pending-calls.ts";
import { OutboxStore } from "../../shared/outbox/outbox-store.ts";
import { Documents } from "../../shared/records/documents.ts";
import { LetterStore } from "../../shared/records/letters/letter-store.ts";
import { retentionMsOf, retentionVariables } from "../../shared/records/letters/retention-variable.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../shared/runtime/program.ts";
import { jsonVariable } from "../../shared/runtime/variables/json-variable.ts";
import { numberWithin } from "../../shared/runtime/variables/number-within.ts";
import { queuesVariable } from "../../shared/runtime/variables/queues-variable.ts";
import { registry } from "../../shared/tasks/index.ts";
import { startTracing, tracingVariables } from "../../shared/tracing/tracing.ts";
import { accessOf, accessVariables } from "./access/access-variables.ts";
import { createProducerApp } from "./app.ts";
import { googleConsole } from "./http/google-console.ts";
import { createCloudTasksQueue } from "../../shared/queue/cloud-tasks-queue.ts";
import { cloudTasksSettings, cloudTasksVariables } from "../../shared/queue/cloud-tasks-variables.ts";
import { createCloudTasksControl } from "./queues/cloud-tasks-control.ts";
import { runningProducer } from "./running-producer.ts";
import { firestoreSchedules } from "./schedules/firestore-schedules.ts";
import { Waits } from "./tasks/status/waits.ts";
import { throughputOf, throughputVariables } from "./throughput/throughput-variables.ts";
import { createTaskRecords } from "./tasks/task-records.ts";

const configSchema = z.object({
  ...platformVariables,
  ...tracingVariables,
  ...cloudTasksVariables,
  ...retentionVariables,
  ...guardVariables,
  ...accessVariables,
  ...throughputVariables,
  QUEUES: queuesVariable(registry.queues),
  PORT: portVariable.default(8080),
  HOST: z.string().default("0.0.0.0"),
  MAX_PAYLOAD_BYTES: numberWithin({ from: 1, to: HIGHEST_MAX_PAYLOAD_BYTES }).default(DEFAULT_MAX_PAYLOAD_BYTES),
  CALLER_KEYS_FROM: z.iso.datetime({ offset: true, error: "must be an RFC 3339 time with a zone" }).optional(),
  /** The types that applications may enqueue through the outbox; see `matchesTypePattern`. Default: all. */
  OUTBOX_TYPES: jsonVariable(z.array(z.string())).optional(),
  /** The names of schedules that aren't run here. Default: none. */
  SCHEDULES_OFF: jsonVariable(z.array(z.string())).default([]),
  MEMORY_MIB: numberWithin({ from: MIN_MEMORY_MIB, to: MAX_MEMORY_MIB }).default(MIN_MEMORY_MIB),
});

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "producer", level: config.LOG_LEVEL });
  const access = accessOf(config, { clock: systemClock, log });
  const tracing = await startTracing({ service: "handoff-producer", log, config });
  const documents = new Documents({
    db: createFirestore(config),
    clock: systemClock,
    collectionPrefix: config.COLLECTION_PREFIX,
  });
  const store = new TaskStore(documents);
  const client = Promise.withResolvers<CloudTasksClient>();
  const statistics = lateStatisticsClient(config.CLOUD_TASKS_EMULATOR_HOST);
  const inFlight = new PendingCalls();
  const waits = new Waits();
  const settings = cloudTasksSettings(config);
  const queue = createCloudTasksQueue(client.promise, settings);
  const app = createProducerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    tracer: tracing.tracer,
    registry,
    ...access,
    clock: systemClock,
    log,
    records: createTaskRecords(store),
    letters: new LetterStore(documents),
    queue,
    queues: createCloudTasksControl({ tasks: () => client.promise, statistics: statistics.get }, settings),
    throughput: throughputOf(config, systemClock),
    relay: {
      outbox: new OutboxStore(documents),
      queue,
      rules: {
        types: registry.types,
        queues: config.QUEUES,
        outboxTypes: config.OUTBOX_TYPES,
        maxPayloadBytes: config.MAX_PAYLOAD_BYTES,
      },
      deadLetterRetentionMs: retentionMsOf(config),
      clock: systemClock,
      log,
    },
    schedules: { store: firestoreSchedules(documents), off: new Set(config.SCHEDULES_OFF) },
    maxPayloadBytes: config.MAX_PAYLOAD_BYTES,
    ...(config.CALLER_KEYS_FROM === undefined ? {} : { callerKeysFromMs: Date.parse(config.CALLER_KEYS_FROM) }),
    admission: new Admission(admissionLimits("producer", config.MEMORY_MIB)),
    inFlight,
    waits,
    ...(config.CLOUD_TASKS_EMULATOR_HOST === undefined ? { console: googleConsole(settings) } : {}),
  });
  const fetch = guardAgainstPages(app.fetch, { config, log });
  const server = await serveHttp({ fetch, port: config.PORT, host: config.HOST });
  log.info({ port: server.port }, "listening");
  // Loading the client takes longer than everything else. Requests that arrive earlier wait for it.
  const loadedClient = await createCloudTasksClient(config.CLOUD_TASKS_EMULATOR_HOST);
  client.resolve(loadedClient);

  return runningProducer({ log, server, waits, inFlight, store, clients: [loadedClient, statistics], tracing });
}

void runProgram({ start, portVariable: "PORT" });
