import { Hono } from "hono";
import { trace } from "@opentelemetry/api";
import * as z from "zod";
import { identifyLocally } from "../../../services/producer/access/identify.ts";
import { createProducerApp } from "../../../services/producer/app.ts";
import { createWorkerApp } from "../../../services/worker/app.ts";
import { createTokenRules } from "../../../services/worker/authenticate.ts";
import { bindHandler, succeeded } from "../../../services/worker/runner/handler.ts";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import { firestoreSchedules } from "../../../services/producer/schedules/firestore-schedules.ts";
import { LetterStore } from "../../../shared/records/letters/letter-store.ts";
import { Waits } from "../../../services/producer/tasks/status/waits.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import type { TaskQueue } from "../../../shared/queue/task-queue.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";
import { COSTLY_SHAPES, costlyPayload } from "../../harness/overload/costly-payloads.ts";
import { assembleToken, identityClaims } from "../../harness/auth/tokens.ts";
import { detachedDocuments, relayOf } from "../../harness/producer/test-relay.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { detachedWorker } from "../../harness/worker/detached-worker.ts";
import { median } from "../median.ts";
import { NO_QUEUE_CONTROL } from "../../harness/producer/no-queue-control.ts";

/**
 * Measures what one large payload costs a process, in milliseconds of a processor: an app that only parses it, the producer
 * up to its call of Cloud Tasks, and the worker with a handler that does nothing. In turn, so that the machine's moods
 * meet all three.
 */
const { shape, rounds } = z
  .object({ shape: z.enum(COSTLY_SHAPES), rounds: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const taskType = defineTask({
  type: "bench.any",
  payload: anyJson,
  queue: "bulk",
  idempotency: "natural",
  timeoutMs: 10_000,
  attempts: 1,
});
const payload = costlyPayload(shape, "http://127.0.0.1:9/");
const log = createLogger({ service: "bench", level: "silent" });

const id = randomTaskId({ queue: "bulk", idempotency: "natural" });
const deliveryBody = JSON.stringify({
  id,
  type: taskType.type,
  payload: JSON.parse(payload),
  payloadHash: hashPayload(JSON.parse(payload)),
  enqueuedAt: new Date().toISOString(),
});
const requestBody = `{"type":"${taskType.type}","payload":${payload}}`;

const json = { "content-type": "application/json" };

/** What any service in Hono pays that reads JSON. */
function plainApp(): () => Promise<Response> {
  const app = new Hono();
  app.post("/", async (context) => context.json({ isJson: (await context.req.json()) !== undefined }));
  return async () => app.request("/", { method: "POST", headers: json, body: requestBody });
}

function producerApp(): () => Promise<Response> {
  const unused = (): never => {
    throw new Error("Not asked for here.");
  };
  const queue: TaskQueue = {
    find: unused,
    findInEarlierShard: unused,
    delete: unused,
    probe: unused,
    create: async ({ envelope }) => {
      // What the client sends.
      Buffer.from(envelope.text);
      const atMs = Date.now();
      const counts = { dispatchCount: 0, responseCount: 0 };
      return { kind: "created", task: { type: envelope.type, createdAtMs: atMs, scheduledAtMs: atMs, ...counts } };
    },
  };
  const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: [taskType] });
  const app = createProducerApp({
    project: "handoff-bench",
    tracer: trace.getTracer("bench"),
    registry,
    identify: identifyLocally,
    clock: systemClock,
    log,
    records: { find: unused, watch: unused, change: unused, probe: unused },
    letters: new LetterStore(detachedDocuments(systemClock)),
    queue,
    queues: NO_QUEUE_CONTROL,
    relay: relayOf({ queue, clock: systemClock, log, types: registry.types }),
    admission: new Admission(admissionLimits("producer", MIN_MEMORY_MIB)),
    inFlight: new PendingCalls(),
    schedules: { store: firestoreSchedules(detachedDocuments(systemClock)), off: new Set() },
    waits: new Waits(),
    maxPayloadBytes: payload.length,
  });
  return async () => app.request("/v1/tasks", { method: "POST", headers: json, body: requestBody });
}

function workerApp(): () => Promise<Response> {
  const { rules, ...worker } = detachedWorker();
  const [audience, email] = ["https://worker.example.com", "invoker@example.com"];
  const keys = { find: () => Promise.reject(new Error("There is no key server here.")) };
  const app = createWorkerApp({
    ...worker,
    log,
    clock: systemClock,
    around: (_delivery, next) => next(),
    tokens: createTokenRules({ keys, audience, invoker: email, clock: systemClock, mode: "platform" }),
    rules: {
      ...rules,
      handlers: new Map([[taskType.type, bindHandler(taskType, async () => succeeded())]]),
      maxBodyBytes: deliveryBody.length,
    },
  });
  const claims = identityClaims({ audience, email, nowMs: Date.now() });
  const token = assembleToken({ alg: "RS256", kid: "1", typ: "JWT" }, claims, () => Buffer.from(""));
  const headers = {
    ...json,
    authorization: `Bearer ${token}SIGNATURE_REMOVED_BY_GOOGLE`,
    "x-cloudtasks-queuename": "bulk-queue",
    "x-cloudtasks-taskname": id,
    "x-cloudtasks-taskretrycount": "0",
  };
  return async () => app.request(`/tasks/${taskType.type}`, { method: "POST", headers, body: deliveryBody });
}

/** Rounds that don't count: functions are compiled, and the heap grows, in the first. */
const WARM_UP_ROUNDS = 5;

async function measure(): Promise<{ plainMs: number; producerMs: number; workerMs: number }> {
  const contenders = [plainApp(), producerApp(), workerApp()];
  const all: number[][] = contenders.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [index, request] of contenders.entries()) {
      const before = process.cpuUsage();
      const response = await request();
      const { user, system } = process.cpuUsage(before);
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      if (round >= 0) all[index]?.push((user + system) / 1_000);
    }
  }
  const [plainMs = 0, producerMs = 0, workerMs = 0] = all.map(median);
  return { plainMs, producerMs, workerMs };
}

process.stdout.write(JSON.stringify(await measure()));
