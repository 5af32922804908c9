import * as z from "zod";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createWorkerApp } from "../../../services/worker/app.ts";
import { createTokenRules } from "../../../services/worker/authenticate.ts";
import { createKeyCache } from "../../../shared/auth/key-cache.ts";
import { assembleHandlers } from "../../../services/worker/runner/assemble-handlers.ts";
import { runningWorker } from "../../../services/worker/running-worker.ts";
import { Shutdown } from "../../../services/worker/runner/shutdown.ts";
import { type Clock, systemClock } from "../../../shared/runtime/clock.ts";
import { flagVariable, platformVariables, portVariable, readConfig } from "../../../shared/runtime/config.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES, ENVELOPE_OVERHEAD_BYTES } from "../../../shared/contract/envelope.ts";
import { createFirestore, lateCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { serveHttp } from "../../../shared/http/server.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { OutboxStore } from "../../../shared/outbox/outbox-store.ts";
import { createOwnRelay } from "../../../shared/outbox/own-relay.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { cloudTasksSettings, cloudTasksVariables } from "../../../shared/queue/cloud-tasks-variables.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../../shared/runtime/program.ts";
import { queuesVariable } from "../../../shared/runtime/variables/queues-variable.ts";
import { startTracing, tracingVariables } from "../../../shared/tracing/tracing.ts";
import { queuesIn } from "../stack/chaos-queues.ts";
import { CHAOS_REGISTRY, DEAD_LETTER_RETENTION_MS } from "../load/task-types.ts";
import { runFolder } from "../run-folder.ts";
import { openEffectLedger } from "./effect-ledger.ts";
import { createChaosHandlers } from "./handlers.ts";

/** services/worker/main.ts with the chaos handlers, short times, and a clock that may be wrong. */
const configSchema = z.object({
  ...platformVariables,
  ...tracingVariables,
  ...cloudTasksVariables,
  QUEUES: queuesVariable(queuesIn(process.env)),
  PORT: portVariable,
  OIDC_CERTS_URL: z.url(),
  CHAOS_FOLDER: z.string(),
  CHAOS_RECEIVER_URL: z.url(),
  /** How far the worker's clock is off, in milliseconds. */
  CHAOS_CLOCK_OFFSET_MS: z.coerce.number().int().default(0),
  /** Whether the wrong clock also applies to tokens. One that is minutes slow then refuses every token. */
  CHAOS_TOKENS_BY_WRONG_CLOCK: flagVariable.default(true),
});

async function start(): Promise<RunningProgram> {
  const config = readConfig(configSchema, process.env);
  const log = createLogger({ service: "worker", level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: "handoff-worker", log, config });
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + config.CHAOS_CLOCK_OFFSET_MS };
  const tokenClock = config.CHAOS_TOKENS_BY_WRONG_CLOCK ? clock : systemClock;
  const db = createFirestore(config);
  const documents = new Documents({ db, clock, collectionPrefix: config.COLLECTION_PREFIX });
  const store = new TaskStore(documents);
  const cloudTasks = lateCloudTasksClient(config.CLOUD_TASKS_EMULATOR_HOST);
  const shutdown = new Shutdown(clock);
  const app = createWorkerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    instance: `chaos/${process.pid}`,
    tracer: tracing.tracer,
    store,
    clock,
    log,
    shutdown,
    relay: createOwnRelay({
      outbox: new OutboxStore(documents),
      queue: createCloudTasksQueue(cloudTasks.get, cloudTasksSettings(config)),
      rules: { types: CHAOS_REGISTRY.types, queues: config.QUEUES, maxPayloadBytes: DEFAULT_MAX_PAYLOAD_BYTES },
      deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
      clock,
      log,
    }),
    around: (_delivery, next) => next(),
    tokens: createTokenRules({
      keys: createKeyCache({ url: config.OIDC_CERTS_URL, clock: tokenClock, log }),
      audience: config.WORKER_AUDIENCE,
      invoker: config.INVOKER_SERVICE_ACCOUNT,
      clock: tokenClock,
    }),
    admission: new Admission(admissionLimits("worker", MIN_MEMORY_MIB)),
    rules: {
      handlers: assembleHandlers(
        CHAOS_REGISTRY,
        createChaosHandlers({
          db,
          ledger: openEffectLedger(runFolder(config.CHAOS_FOLDER)),
          receiverUrl: config.CHAOS_RECEIVER_URL,
        }),
        new Map(),
      ),
      queues: config.QUEUES,
      deadLetterRetentionMs: DEAD_LETTER_RETENTION_MS,
      maxBodyBytes: DEFAULT_MAX_PAYLOAD_BYTES + ENVELOPE_OVERHEAD_BYTES,
    },
  });
  const server = await serveHttp({ fetch: app.fetch, port: config.PORT, host: "127.0.0.1" });
  return runningWorker({ log, shutdown, store }, { server, tracing, cloudTasks });
}

await runProgram({ start, portVariable: "PORT" });
