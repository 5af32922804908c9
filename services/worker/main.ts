import { z } from "zod";
import { systemClock } from "../../shared/runtime/clock.ts";
import { platformVariables, portVariable, readConfigAndSettings } from "../../shared/runtime/config.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import {
  DEFAULT_MAX_PAYLOAD_BYTES,
  ENVELOPE_OVERHEAD_BYTES,
  HIGHEST_MAX_PAYLOAD_BYTES,
} from "../../shared/contract/envelope.ts";
import { LEAST_MEMORY_MIB, admissionLimits } from "../../shared/contract/memory-budget.ts";
import { Admission } from "../../shared/http/admission.ts";
import { createFirestore } from "../../shared/runtime/google-clients.ts";
import { guardAgainstPages, guardVariables } from "../../shared/http/guard.ts";
import { serveHttp } from "../../shared/http/server.ts";
import { createLogger } from "../../shared/runtime/log.ts";
import { DEFAULT_DEAD_LETTER_RETENTION_DAYS } from "../../shared/records/dead-letter.ts";
import { TaskStore } from "../../shared/records/task-store.ts";
import { type RunningProgram, runProgram } from "../../shared/runtime/program.ts";
import { queuesVariable } from "../../shared/runtime/queues-variable.ts";
import { registry } from "../../shared/tasks/index.ts";
import { startTracing, tracingVariables } from "../../shared/tracing/tracing.ts";
import { createWorkerApp } from "./app.ts";
import { createTokenRules } from "./authenticate.ts";
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
  ...guardVariables,
  QUEUES: queuesVariable(registry.queues),
  PORT: portVariable.default(8080),
  HOST: z.string().default("0.0.0.0"),
  WORKER_AUDIENCE: z.string().min(1),
  INVOKER_SERVICE_ACCOUNT: z.email(),
  OIDC_CERTS_URL: z.url().default(GOOGLE_CERTS_URL),
  AUTH_MODE: z.enum(["verify", "platform"]).default("verify"),
  INVOKER_CHECK: z.literal("on").optional(),
  DEAD_LETTER_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(DEFAULT_DEAD_LETTER_RETENTION_DAYS),
  MAX_PAYLOAD_BYTES: z.coerce.number().int().min(1).max(HIGHEST_MAX_PAYLOAD_BYTES).default(DEFAULT_MAX_PAYLOAD_BYTES),
  MEMORY_MIB: z.coerce.number().int().min(LEAST_MEMORY_MIB).default(LEAST_MEMORY_MIB),
});

const DAY_MS = 24 * 60 * 60_000;

/** Wraps each attempt, from its claim to its recorded end. Yours to fill in: Sentry, metrics, a tenant's context. */
const around: Around = (_delivery, next) => next();

async function start(): Promise<RunningProgram> {
  const { config, settings } = readConfigAndSettings(configSchema, registry.settings, process.env);
  refuseUnguardedPlatformMode(config);
  const log = createLogger({ service: "worker", level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: "handoff-worker", log, config });
  const clock = systemClock;
  const db = createFirestore(config);
  const store = new TaskStore({ db, clock });
  const shutdown = new Shutdown(clock);
  const app = createWorkerApp({
    project: config.GOOGLE_CLOUD_PROJECT,
    tracer: tracing.tracer,
    store,
    clock,
    log,
    shutdown,
    around,
    admission: new Admission(admissionLimits("worker", config.MEMORY_MIB)),
    tokens: createTokenRules({
      keys: createKeyCache({ url: config.OIDC_CERTS_URL, clock, log }),
      audience: config.WORKER_AUDIENCE,
      invoker: config.INVOKER_SERVICE_ACCOUNT,
      clock,
      mode: config.AUTH_MODE,
    }),
    rules: {
      clock,
      handlers: assembleHandlers(registry, createHandlers({ db }), settings),
      queues: config.QUEUES,
      deadLetterRetentionMs: config.DEAD_LETTER_RETENTION_DAYS * DAY_MS,
      maxBodyBytes: config.MAX_PAYLOAD_BYTES + ENVELOPE_OVERHEAD_BYTES,
    },
  });
  const fetch = guardAgainstPages(app.fetch, { config, log });
  const server = await serveHttp({ fetch, port: config.PORT, host: config.HOST });
  log.info({ port: server.port }, "listening");
  return runningWorker({ log, shutdown, store }, { server, tracing });
}

/** Without Cloud Run's own check of callers, nobody would have verified the signature. */
function refuseUnguardedPlatformMode(config: z.output<typeof configSchema>): void {
  if (config.AUTH_MODE === "verify" || (config.K_SERVICE && config.INVOKER_CHECK)) return;
  throw new ConfigError(
    "AUTH_MODE=platform: only allowed on Cloud Run, where K_SERVICE is set, and with INVOKER_CHECK=on, which infra sets " +
      "when Cloud Run checks every caller's token.",
  );
}

await runProgram({ start, portVariable: "PORT" });
