import * as z from "zod";
import { createWorkerApp } from "../../../../services/worker/app.ts";
import { createTokenRules } from "../../../../services/worker/authenticate.ts";
import { runningWorker } from "../../../../services/worker/running-worker.ts";
import { Shutdown } from "../../../../services/worker/runner/shutdown.ts";
import { createKeyCache } from "../../../../shared/auth/key-cache.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../../shared/http/admission.ts";
import { serveHttp } from "../../../../shared/http/server.ts";
import { TaskStore } from "../../../../shared/records/task-store.ts";
import { systemClock as clock } from "../../../../shared/runtime/clock.ts";
import { platformVariables, readConfig } from "../../../../shared/runtime/config.ts";
import { createFirestore, lateCloudTasksClient } from "../../../../shared/runtime/google-clients.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { runProgram } from "../../../../shared/runtime/program.ts";
import { startTracing } from "../../../../shared/tracing/tracing.ts";
import { AUDIENCE, INVOKER } from "../../../harness/auth/token-rules.ts";
import { deployTestQueues } from "../../../harness/registry/test-queues.ts";
import { FAULTS, faultyHandlers } from "./faulty-handlers.ts";
import { NO_RELAY } from "../../../harness/worker/no-relay.ts";

/** services/worker/main.ts with handlers that leave faults, and with a fault of its own on request. */
const configSchema = z.object({
  ...platformVariables,
  OIDC_CERTS_URL: z.url(),
  FAULT: z.enum(["a timer"]).optional(),
});

async function start() {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "worker", level: config.LOG_LEVEL });
  const { GOOGLE_CLOUD_PROJECT: project } = config;
  const tracingConfig = { GOOGLE_CLOUD_PROJECT: project, OTEL_TRACES_SAMPLER_ARG: 1, OTEL_BSP_SCHEDULE_DELAY: 1 };
  const tracing = await startTracing({ service: "worker", log, config: tracingConfig });
  const store = new TaskStore({ db: createFirestore(config), clock, collectionPrefix: config.COLLECTION_PREFIX });
  const shutdown = new Shutdown(clock);
  const app = createWorkerApp({
    project,
    instance: "faults/1",
    tracer: tracing.tracer,
    store,
    clock,
    log,
    shutdown,
    relay: NO_RELAY,
    around: (_delivery, next) => next(),
    admission: new Admission(admissionLimits("worker", MIN_MEMORY_MIB)),
    tokens: createTokenRules({
      keys: createKeyCache({ url: config.OIDC_CERTS_URL, clock, log }),
      audience: AUDIENCE,
      invoker: INVOKER,
      clock,
    }),
    rules: {
      handlers: new Map(faultyHandlers.map((handler) => [handler.taskType.type, handler])),
      queues: deployTestQueues((key) => `${key}-queue`),
      maxBodyBytes: 10_000,
      deadLetterRetentionMs: 864_000_000,
    },
  });
  const server = await serveHttp({ fetch: app.fetch, port: 0, host: "127.0.0.1" });
  log.info({ port: server.port }, "listening");
  if (config.FAULT) FAULTS[config.FAULT]();
  return runningWorker({ log, shutdown, store }, { server, tracing, cloudTasks: lateCloudTasksClient() });
}

await runProgram({ start, portVariable: "PORT" });
