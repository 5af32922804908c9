import { z } from "zod";
import { LEAST_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createProducerApp } from "../../../services/producer/app.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { createCloudTasksClient, createFirestore } from "../../../shared/runtime/google-clients.ts";
import { hostAndPortVariable, platformVariables, portVariable, readConfig } from "../../../shared/runtime/config.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "../../../shared/contract/envelope.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../../shared/runtime/program.ts";
import { queuesVariable } from "../../../shared/runtime/queues-variable.ts";
import { startTracing, tracingVariables } from "../../../shared/tracing/tracing.ts";
import { CHAOS_REGISTRY } from "../load/task-types.ts";

/** services/producer/main.ts with the chaos task types and short times. */
const configSchema = z.object({
  ...platformVariables,
  ...tracingVariables,
  QUEUES: queuesVariable(CHAOS_REGISTRY.queues),
  PORT: portVariable,
  GOOGLE_CLOUD_LOCATION: z.string().min(1),
  WORKER_URL: z.url(),
  WORKER_AUDIENCE: z.string().min(1),
  INVOKER_SERVICE_ACCOUNT: z.email(),
  CLOUD_TASKS_EMULATOR_HOST: hostAndPortVariable,
});

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "producer", level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: "handoff-producer", log, config });
  const firestore = createFirestore(config);
  const client = await createCloudTasksClient(config.CLOUD_TASKS_EMULATOR_HOST);
  const app = createProducerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    tracer: tracing.tracer,
    registry: CHAOS_REGISTRY,
    clock: systemClock,
    log,
    records: createTaskRecords(new TaskStore({ db: firestore, clock: systemClock })),
    queue: createCloudTasksQueue(client, {
      project: config.GOOGLE_CLOUD_PROJECT,
      location: config.GOOGLE_CLOUD_LOCATION,
      queues: config.QUEUES,
      workerUrl: config.WORKER_URL,
      workerAudience: config.WORKER_AUDIENCE,
      invokerServiceAccount: config.INVOKER_SERVICE_ACCOUNT,
    }),
    admission: new Admission(admissionLimits("producer", LEAST_MEMORY_MIB)),
    maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES,
  });
  const server = await serveHttp({ fetch: app.fetch, port: config.PORT, host: "127.0.0.1" });
  return { log, stop: () => server.close() };
}

await runProgram({ start, portVariable: "PORT" });
