import type { CloudTasksClient } from "@google-cloud/tasks";
import { z } from "zod";
import { systemClock } from "../../shared/runtime/clock.ts";
import { hostAndPortVariable, platformVariables, portVariable, readConfig } from "../../shared/runtime/config.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES, HIGHEST_MAX_PAYLOAD_BYTES } from "../../shared/contract/envelope.ts";
import { LEAST_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { createCloudTasksClient, createFirestore } from "../../shared/runtime/google-clients.ts";
import { guardAgainstPages, guardVariables } from "../../shared/http/guard.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../shared/runtime/program.ts";
import { queuesVariable } from "../../shared/runtime/queues-variable.ts";
import { registry } from "../../shared/tasks/index.ts";
import { startTracing, tracingVariables } from "../../shared/tracing/tracing.ts";
import { createProducerApp } from "./app.ts";
import { createCloudTasksQueue } from "../../shared/queue/cloud-tasks-queue.ts";
import { runningProducer } from "./running-producer.ts";
import { createTaskRecords } from "./tasks/task-records.ts";

const configSchema = z.object({
  ...platformVariables,
  ...tracingVariables,
  ...guardVariables,
  QUEUES: queuesVariable(registry.queues),
  PORT: portVariable.default(8080),
  HOST: z.string().default("0.0.0.0"),
  GOOGLE_CLOUD_LOCATION: z.string().min(1),
  WORKER_URL: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }),
  WORKER_AUDIENCE: z.string().min(1),
  INVOKER_SERVICE_ACCOUNT: z.email(),
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable.optional(),
  MAX_PAYLOAD_BYTES: z.coerce.number().int().min(1).max(HIGHEST_MAX_PAYLOAD_BYTES).default(DEFAULT_MAX_PAYLOAD_BYTES),
  MEMORY_MIB: z.coerce.number().int().min(LEAST_MEMORY_MIB).default(LEAST_MEMORY_MIB),
});

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "producer", level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: "handoff-producer", log, config });
  const store = new TaskStore({ db: createFirestore(config), clock: systemClock });
  const client = Promise.withResolvers<CloudTasksClient>();
  const app = createProducerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    tracer: tracing.tracer,
    registry,
    clock: systemClock,
    log,
    records: createTaskRecords(store),
    queue: createCloudTasksQueue(client.promise, {
      project: config.GOOGLE_CLOUD_PROJECT,
      location: config.GOOGLE_CLOUD_LOCATION,
      queues: config.QUEUES,
      workerUrl: config.WORKER_URL.replace(/\/$/, ""),
      workerAudience: config.WORKER_AUDIENCE,
      invokerServiceAccount: config.INVOKER_SERVICE_ACCOUNT,
    }),
    maxPayloadBytes: config.MAX_PAYLOAD_BYTES,
    admission: new Admission(admissionLimits("producer", config.MEMORY_MIB)),
  });
  const fetch = guardAgainstPages(app.fetch, { config, log });
  const server = await serveHttp({ fetch, port: config.PORT, host: config.HOST });
  log.info({ port: server.port }, "listening");
  // Loading the client takes longer than everything else. Requests that arrive before it is there wait for it.
  const loadedClient = await createCloudTasksClient(config.CLOUD_TASKS_EMULATOR_HOST);
  client.resolve(loadedClient);

  return runningProducer({ log, server, store, client: loadedClient, tracing });
}

await runProgram({ start, portVariable: "PORT" });
