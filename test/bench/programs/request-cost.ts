import { trace } from "@opentelemetry/api";
import * as z from "zod";
import { accessOf, accessVariables } from "../../../services/producer/access/access-variables.ts";
import { createProducerApp } from "../../../services/producer/app.ts";
import { Waits } from "../../../services/producer/tasks/status/waits.ts";
import { createTaskRecords } from "../../../services/producer/tasks/task-records.ts";
import { createWorkerApp } from "../../../services/worker/app.ts";
import { createTokenRules } from "../../../services/worker/authenticate.ts";
import { bindHandler, succeeded } from "../../../services/worker/runner/handler.ts";
import { createKeyCache } from "../../../shared/auth/key-cache.ts";
import { sealEnvelope } from "../../../shared/contract/envelope.ts";
import { MIN_MEMORY_MIB, admissionLimits } from "../../../shared/contract/memory-budget.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { randomTaskId } from "../../../shared/contract/task-id.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { Admission } from "../../../shared/http/admission.ts";
import { createCloudTasksQueue } from "../../../shared/queue/cloud-tasks-queue.ts";
import { Documents } from "../../../shared/records/documents.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import { systemClock as clock } from "../../../shared/runtime/clock.ts";
import { hostAndPortVariable } from "../../../shared/runtime/config.ts";
import { createCloudTasksClient } from "../../../shared/runtime/google-clients.ts";
import { createLogger } from "../../../shared/runtime/log.ts";
import { firestoreSchedules } from "../../../services/producer/schedules/firestore-schedules.ts";
import { LetterStore } from "../../../shared/records/letters/letter-store.ts";
import { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import { startKeyServer } from "../../harness/auth/key-server.ts";
import { identityClaims, makeSigningKey, signToken } from "../../harness/auth/tokens.ts";
import { connectToEmulator } from "../../harness/firestore/connect-to-emulator.ts";
import { relayOf } from "../../harness/producer/test-relay.ts";
import { TEST_QUEUES, deployTestQueues } from "../../harness/registry/test-queues.ts";
import { detachedWorker } from "../../harness/worker/detached-worker.ts";
import { median } from "../median.ts";
import { NO_QUEUE_CONTROL } from "../../harness/producer/no-queue-control.ts";

/**
 * Measures what a request costs its service, in microseconds of a processor: both services' apps without their HTTP
 * servers, with Google's clients of emulators in another process. One request at a time; the kinds take turns.
 */
const settings = z
  .object({ cloudTasks: hostAndPortVariable, firestore: hostAndPortVariable, rounds: z.int(), requests: z.int() })
  .parse(JSON.parse(process.argv[2] ?? ""));

const [project, location, audience] = ["handoff-bench", "local", "https://handoff.example.com"];
const email = "shop@handoff-bench.iam.gserviceaccount.com";
const payload = { order: 7, text: "x".repeat(200) };
const taskType = defineTask({
  type: "bench.claim",
  payload: z.strictObject({ order: z.int(), text: z.string() }),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});
const queues = deployTestQueues((key) => `${key}-queue`);
const log = createLogger({ service: "bench", destination: { write: () => undefined } });
const documents = new Documents({ db: connectToEmulator(settings.firestore), clock });
const store = new TaskStore(documents);
const client = await createCloudTasksClient(settings.cloudTasks);
const signingKey = makeSigningKey("key-1");
const { url: keysUrl } = await startKeyServer([signingKey]);
const json = { "content-type": "application/json" };

type App = (request: Request) => Response | Promise<Response>;

/** A producer that is given these variables. Its tasks stay in their queue. */
function producerApp(variables: Readonly<Record<string, string>>): App {
  const registry = defineRegistry({ queues: TEST_QUEUES, taskTypes: [taskType] });
  const queue = createCloudTasksQueue(client, {
    project,
    location,
    queues,
    workerUrl: "https://worker.example",
    workerAudience: audience,
    invokerServiceAccount: email,
  });
  const app = createProducerApp({
    ...accessOf(z.object(accessVariables).parse(variables), { clock, log }),
    project,
    clock,
    log,
    tracer: trace.getTracer("bench"),
    registry,
    records: createTaskRecords(store),
    letters: new LetterStore(documents),
    queue,
    queues: NO_QUEUE_CONTROL,
    relay: relayOf({ documents, queue, clock, log, types: registry.types, queues }),
    admission: new Admission(admissionLimits("producer", MIN_MEMORY_MIB)),
    inFlight: new PendingCalls(),
    schedules: { store: firestoreSchedules(documents), off: new Set() },
    waits: new Waits(),
    maxPayloadBytes: 4_096,
    callerKeysFromMs: 0,
  });
  return app.fetch;
}

function workerApp(): App {
  const { rules, ...worker } = detachedWorker();
  const handlers = new Map([[taskType.type, bindHandler(taskType, async () => succeeded())]]);
  const app = createWorkerApp({
    ...worker,
    store,
    log,
    clock,
    around: (_delivery, next) => next(),
    tokens: createTokenRules({ keys: createKeyCache({ url: keysUrl, clock, log }), audience, invoker: email, clock }),
    rules: { ...rules, handlers, queues, maxBodyBytes: 8_192 },
  });
  return app.fetch;
}

let made = 0;
const bearer = (): string =>
  `Bearer ${signToken(signingKey, { ...identityClaims({ audience, email, nowMs: Date.now() }), jti: `${made++}` })}`;
const known = bearer();

function post(headers: Readonly<Record<string, string>>): Request {
  const body = JSON.stringify({ type: taskType.type, payload });
  return new Request(`${audience}/v1/tasks`, { method: "POST", headers: { ...json, ...headers }, body });
}

function delivery(): Request {
  const task = { id: randomTaskId(taskType), type: taskType.type, payload, caller: email, enqueuedAtMs: Date.now() };
  const names = { "x-cloudtasks-queuename": "default-queue", "x-cloudtasks-taskname": task.id };
  const headers = { ...json, ...names, "x-cloudtasks-taskretrycount": "0", authorization: known };
  const body = JSON.stringify(sealEnvelope(task));
  return new Request(`${audience}/tasks/${task.type}`, { method: "POST", headers, body });
}

/** Medians of the rounds, by the kind of request. A quarter as many rounds before don't count: they warm up. */
async function measure(kinds: Readonly<Record<string, [App, () => Request]>>): Promise<Record<string, number>> {
  const micros = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
  for (let round = -Math.ceil(settings.rounds / 4); round < settings.rounds; round++) {
    for (const [kind, [app, request]] of Object.entries(kinds)) {
      const ready = Array.from({ length: settings.requests }, request);
      const before = process.cpuUsage();
      for (const each of ready) {
        const response = await app(each);
        const text = await response.text();
        if (!response.ok) throw new Error(`${kind}: ${response.status}: ${text}`);
      }
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) micros.get(kind)?.push((user + system) / ready.length);
    }
  }
  return Object.fromEntries([...micros].map(([kind, figures]) => [kind, median(figures)]));
}

const parent = client.locationPath(project, location);
const queue = client.queuePath(project, location, "default-queue");
await client.createQueue({ parent, queue: { name: queue } });
await client.pauseQueue({ name: queue });
const local = producerApp({ AUTH_MODE: "local" });
const telling = producerApp({
  ACCESS: JSON.stringify({ accounts: {}, operators: [], viewers: [], callerTypes: {} }),
  PRODUCER_AUDIENCE: audience,
  PRODUCER_URL: audience,
  OIDC_CERTS_URL: keysUrl,
  CALLER_REQUESTS_PER_SECOND: "1000000",
});
const withKey = () => ({ "idempotency-key": `key-${made++}` });
const figures = await measure({
  local: [local, () => post({})],
  knownToken: [telling, () => post({ authorization: known })],
  newToken: [telling, () => post({ authorization: bearer() })],
  localWithKey: [local, () => post(withKey())],
  knownTokenWithKey: [telling, () => post({ authorization: known, ...withKey() })],
  newTokenWithKey: [telling, () => post({ authorization: bearer(), ...withKey() })],
  delivery: [workerApp(), delivery],
});
process.stdout.write(`${JSON.stringify(figures)}\n`);
process.exit(0);
