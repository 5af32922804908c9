import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, onTestFinished, test, vi } from "vitest";
import { createWorkerApp } from "../../../../services/worker/app.ts";
import { createTokenRules } from "../../../../services/worker/authenticate.ts";
import {
  type HandlerResult,
  bindHandler,
  failPermanently,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { createKeyCache } from "../../../../shared/auth/key-cache.ts";
import { serveHttp } from "../../../../shared/http/server.ts";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import { TaskStore } from "../../../../shared/records/task-store.ts";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { createLogger } from "../../../../shared/runtime/log.ts";
import { connectToEmulator } from "../../../harness/firestore/connect-to-emulator.ts";
import { entryIdsOf, hopsInQueue, relay } from "../../../harness/producer/outbox-tasks.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { deployTestQueues } from "../../../harness/registry/test-queues.ts";
import { TEST_REGISTRY } from "../../../harness/registry/test-registry.ts";
import { detachedWorker } from "../../../harness/worker/detached-worker.ts";

const LATER = "2035-01-01T00:00:00.000Z";
/** On a busy machine. */
const DELETED_WITHIN_MS = 10_000;
const KINDS = { claim: CLAIMED, natural: NATURAL } as const;

/** A producer and the worker that its queues deliver to, when a test has a task delivered. */
async function setUp(handle: () => HandlerResult = succeeded) {
  let fetch: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = await serveHttp({ fetch: (request) => fetch(request), port: 0, host: "127.0.0.1" });
  const producer = await setUpProducer({ workerUrl: `http://127.0.0.1:${server.port}` });
  const { cloudTasks, firestore } = producer.emulators;
  const ran: unknown[] = [];
  const handlers = [...TEST_REGISTRY.types.values()].map((taskType) =>
    bindHandler(
      { ...taskType, idempotency: taskType.idempotency === "natural" ? "natural" : "claim" },
      async (payload) => {
        ran.push(payload);
        return handle();
      },
    ),
  );
  const { rules, ...worker } = detachedWorker();
  const log = createLogger({ service: "worker", level: "silent" });
  const store = new TaskStore({ db: connectToEmulator(firestore), clock: systemClock });
  const keys = createKeyCache({
    url: `http://${cloudTasks.host}:${cloudTasks.port}/oauth2/v1/certs`,
    clock: systemClock,
    log,
  });
  const [audience, invoker] = ["https://audience.example", "invoker@handoff-test.iam.gserviceaccount.com"];
  const app = createWorkerApp({
    ...worker,
    store,
    log,
    clock: systemClock,
    around: (_delivery, next) => next(),
    tokens: createTokenRules({ keys, audience, invoker, clock: systemClock }),
    rules: {
      ...rules,
      handlers: new Map(handlers.map((handler) => [handler.taskType.type, handler])),
      queues: deployTestQueues((key) => `${key}-2`),
      maxBodyBytes: 10_000,
      deadLetterRetentionMs: 600_000,
    },
  });
  const outcomes: string[] = [];
  const answered: (() => void)[] = [];
  fetch = async (request) => {
    const response = await app.fetch(request);
    outcomes.push(String(response.headers.get("Handoff-Outcome")));
    answered.shift()?.();
    return response;
  };
  onTestFinished(async () => {
    await server.close();
    await store.close(systemClock);
  });
  /** Has a hop of a task delivered, whenever it is due, and waits until the worker has responded. */
  const deliver = async (id: string, hop = 0): Promise<void> => {
    const name = `${producer.taskName(id)}${hop === 0 ? "" : `-h${hop}`}`;
    const response = new Promise<void>((resolve) => answered.push(resolve));
    await producer.admin.runTask({ name });
    await response;
    // Cloud Tasks deletes the task once it has the response.
    await vi.waitFor(async () => expect(await namesOf(producer, id)).not.toContain(name), DELETED_WITHIN_MS);
  };
  return { producer, ran, outcomes, deliver };
}

const namesOf = async (producer: ProducerHarness, id: string) =>
  (await producer.queuedTasks(id.slice(id.indexOf("-") + 1))).map(({ name }) => name);

const show = async (producer: ProducerHarness, id: string) => (await producer.send(`/v1/tasks/${id}`)).body;
const run = (producer: ProducerHarness, id: string) => producer.send(`/v1/tasks/${id}/run`, { method: "POST" });

test.each(["claim", "natural"] as const)("a %s task that is due in years runs now, once", async (kind) => {
  const { producer, ran, outcomes, deliver } = await setUp();
  const { id } = (await producer.enqueue({ ...KINDS[kind], scheduleTime: LATER })).body;
  await deliver(id);
  expect([ran, outcomes]).toEqual([[], ["rescheduled"]]);
  const due = { scheduleTime: LATER, nextAttempt: LATER, nextRule: "schedule" };
  expect(await show(producer, id)).toMatchObject({ state: "scheduled", attempts: 0, ...due });
  for (const entryId of await entryIdsOf(producer, id)) expect(await relay(producer, entryId)).toBe("relayed");
  expect(await show(producer, id)).toMatchObject({ state: "scheduled", attempts: 0, ...due });

  expect(await run(producer, id)).toMatchObject({
    status: 202,
    body: { state: "queued", attempts: 0, nextRule: "run" },
  });
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual(["-h2"]);
  await deliver(id, 2);

  expect(ran).toEqual([KINDS[kind].payload]);
  expect(await show(producer, id)).toMatchObject({ state: "succeeded" });
  expect(await hopsInQueue(producer, id)).toEqual({});
  expect(await run(producer, id)).toMatchObject({ status: 409, body: { code: "already-finished" } });
});

test("a request with the key of a rescheduled task is answered as replayed", async () => {
  const { producer, deliver } = await setUp();
  const again = () => producer.enqueue({ ...CLAIMED, scheduleTime: LATER }, "k");
  const { id } = (await again()).body;
  await deliver(id);
  expect(await again()).toMatchObject({ status: 200, body: { id, state: "scheduled", scheduleTime: LATER } });
  expect(await producer.cancel(id)).toMatchObject({ status: 200, body: { state: "cancelled", mayHaveRun: false } });
  expect(await entryIdsOf(producer, id)).toEqual([]);
  expect(await again()).toMatchObject({ status: 200, body: { id, state: "cancelled" } });
});

test("a delivery of the old hop after a run now is a duplicate", async () => {
  const { producer, ran, outcomes, deliver } = await setUp();
  const { id } = (await producer.enqueue({ ...CLAIMED, delaySeconds: 3_600 })).body;
  void producer.tasksProxy.inject({ rpc: "DeleteTask", when: "before-effect", answer: { status: status.INTERNAL } });
  expect(await run(producer, id)).toMatchObject({ status: 202 });
  await deliver(id);
  expect([ran, outcomes]).toEqual([[], ["duplicate"]]);
  await deliver(id, 1);
  expect([ran.length, outcomes]).toEqual([1, ["duplicate", "done"]]);
});

test("a replayed task runs with the letter's payload, and one that dies again has its own letter", async () => {
  let result: HandlerResult = failPermanently({ code: "NO", message: "no" });
  const { producer, ran, deliver } = await setUp(() => result);
  const { id } = (await producer.enqueue(CLAIMED)).body;
  await deliver(id);
  expect(await show(producer, id)).toMatchObject({ state: "dead" });
  const replay = (letter: string) => producer.send(`/v1/dead-letters/${letter}/replay`, { method: "POST" });

  const second = (await replay(id)).body.id;
  await deliver(second);
  expect(await show(producer, second)).toMatchObject({ state: "dead", replayOf: id });
  result = succeeded();
  const third = (await replay(second)).body.id;
  await deliver(third);

  expect(await show(producer, third)).toMatchObject({ state: "succeeded", replayOf: second });
  expect(ran).toEqual([CLAIMED.payload, CLAIMED.payload, CLAIMED.payload]);
  expect((await producer.letters().doc(id).get()).data()).toMatchObject({
    status: "replayed",
    replayedAs: second,
    payloadHash: hashPayload(CLAIMED.payload),
    replayedAt: expect.any(Timestamp),
  });
});
