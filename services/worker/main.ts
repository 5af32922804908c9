import { randomBytes } from "node:crypto";
import * as z from "zod";
import { systemClock } from "../../shared/runtime/clock.ts";
import { platformVariables, portVariable, readConfigAndSettings } from "../../shared/runtime/config.ts";
import {
  DEFAULT_MAX_PAYLOAD_BYTES,
  ENVELOPE_OVERHEAD_BYTES,
  HIGHEST_MAX_PAYLOAD_BYTES,
} from "../../shared/contract/envelope.ts";
import { MAX_MEMORY_MIB, MIN_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { createFirestore, lateCloudTasksClient } from "../../shared/runtime/google-clients.ts";
import { guardAgainstPages, guardVariables } from "../../shared/http/guard.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { OutboxStore } from "../../shared/outbox/outbox-store.ts";
import { createOwnRelay } from "../../shared/outbox/own-relay.ts";
import { createCloudTasksQueue } from "../../shared/queue/cloud-tasks-queue.ts";
import { cloudTasksSettings, cloudTasksVariables } from "../../shared/queue/cloud-tasks-variables.ts";
import { Documents } from "../../shared/records/documents.ts";
import { retentionMsOf, retentionVariables } from "../../shared/records/letters/retention-variable.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../shared/runtime/program.ts";
import { numberWithin } from "../../shared/runtime/variables/number-within.ts";
import { queuesVariable } from "../../shared/runtime/variables/queues-variable.ts";
import { registry } from "../../shared/tasks/index.ts";
import { startTracing, tracingVariables } from "../../shared/tracing/tracing.ts";
import { createWorkerApp } from "./app.ts";
import { createTokenRules } from "./authenticate.ts";
import { authModeOf, invokerCheckVariable } from "../../shared/auth/auth-mode.ts";
import { GOOGLE_CERTS_URL } from "../../shared/auth/fetch-key-set.ts";
import { createHandlers } from "./handlers/index.ts";
import { createKeyCache } from "../../shared/auth/key-cache.ts";
import { assembleHandlers } from "./runner/assemble-handlers.ts";
import { Shutdown } from "./runner/shutdown.ts";
import { runningWorker } from "./running-worker.ts";
import type { Around } from "./worker.ts";

const configSchema = z.object({
  ...platformVariables,
  ...tracingVariables,
  ...cloudTasksVariables,
  ...retentionVariables,
  ...guardVariables,
  QUEUES: queuesVariable(registry.queues),
  PORT: portVariable.default(8080),
  HOST: z.string().default("0.0.0.0"),
  OIDC_CERTS_URL: z.url().default(GOOGLE_CERTS_URL),
  AUTH_MODE: z.enum(["auto", "verify", "platform"]).default("auto"),
  INVOKER_CHECK: invokerCheckVariable,
  MAX_PAYLOAD_BYTES: numberWithin({ from: 1, to: HIGHEST_MAX_PAYLOAD_BYTES }).default(DEFAULT_MAX_PAYLOAD_BYTES),
  MEMORY_MIB: numberWithin({ from: MIN_MEMORY_MIB, to: MAX_MEMORY_MIB }).default(MIN_MEMORY_MIB),
});

/** Wraps each attempt, from its claim to its recorded end. Yours to fill in: Sentry, metrics, a tenant's context. */
const around: Around = (_delivery, next) => next();

async function start(): Promise<RunningProgram> {
  const { config, settings } = readConfigAndSettings(configSchema, registry.settings, process.env);
  const mode = authModeOf(config);
  const log = createLogger({ service: "worker", level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: "handoff-worker", log, config });
  const clock = systemClock;
  const db = createFirestore(config);
  const documents = new Documents({ db, clock, collectionPrefix: config.COLLECTION_PREFIX });
  const store = new TaskStore(documents);
  const cloudTasks = lateCloudTasksClient(config.CLOUD_TASKS_EMULATOR_HOST);
  const deadLetterRetentionMs = retentionMsOf(config);
  const shutdown = new Shutdown(clock);
  const instance = `${config.K_REVISION ?? "local"}/${randomBytes(4).toString("hex")}`;
  const app = createWorkerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    instance,
    tracer: tracing.tracer,
    store,
    clock,
    log,
    shutdown,
    relay: createOwnRelay({
      outbox: new OutboxStore(documents),
      queue: createCloudTasksQueue(cloudTasks.get, cloudTasksSettings(config)),
      rules: { types: registry.types, queues: config.QUEUES, maxPayloadBytes: config.MAX_PAYLOAD_BYTES },
      deadLetterRetentionMs,
      clock,
      log,
    }),
    around,
    admission: new Admission(admissionLimits("worker", config.MEMORY_MIB)),
    tokens: createTokenRules({
      keys: createKeyCache({ url: config.OIDC_CERTS_URL, clock, log }),
      audience: config.WORKER_AUDIENCE,
      invoker: config.INVOKER_SERVICE_ACCOUNT,
      clock,
      mode,
    }),
    rules: {
      handlers: assembleHandlers(registry, createHandlers({ db }), settings),
      queues: config.QUEUES,
      deadLetterRetentionMs,
      maxBodyBytes: config.MAX_PAYLOAD_BYTES + ENVELOPE_OVERHEAD_BYTES,
    },
  });
  const fetch = guardAgainstPages(app.fetch, { config, log });
  const server = await serveHttp({ fetch, port: config.PORT, host: config.HOST });
  log.info({ port: server.port, instance }, "listening");
  return runningWorker({ log, shutdown, store }, { server, tracing, cloudTasks });
}

void runProgram({ start, portVariable: "PORT" });
