import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import * as z from "zod";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { failPermanently, retryLater, saturated, succeeded } from "../../../services/worker/runner/handler.ts";
import { LEASE_MARGIN_MS } from "../../../shared/contract/queues.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";

const LEASE_MS = TEST_QUEUES.default.dispatchDeadlineMs + LEASE_MARGIN_MS;

async function setup() {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler]);
  return { handler, worker, task: sealTask(claimTaskType, { n: 1 }) };
}

test("a permanent failure is acknowledged once its dead letter holds everything that a replay needs", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => failPermanently({ code: "gone", message: "The receiver is gone." }));

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 1, lastError: { code: "gone" } });
  expect(await worker.deadLetters()).toMatchObject([
    {
      letterId: task.id,
      status: "open",
      taskId: task.id,
      type: "test.claim",
      queue: "default",
      code: "gone",
      attemptLog: [{ attempt: 1, outcome: "permanent", code: "gone", message: "The receiver is gone." }],
      payload: { n: 1 },
      payloadHash: task.payloadHash,
      enqueuedAt: task.enqueuedAt,
      attempts: 1,
      error: { code: "gone", message: "The receiver is gone." },
    },
  ]);
});

test("a dead letter expires after the configured retention", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => failPermanently({ code: "gone", message: "The receiver is gone." }));
  const nowMs = worker.clock.now();

  await worker.deliver(task);

  const [letter] = await worker.deadLetters();
  const times = z.object({ diedAt: z.instanceof(Timestamp), expireAt: z.instanceof(Timestamp) }).parse(letter);
  expect(times.diedAt.toMillis()).toBe(nowMs);
  expect(times.expireAt.toMillis() - nowMs).toBe(10 * 24 * 60 * 60_000);
});

test("the last allowed attempt that fails makes a dead letter", async () => {
  const { handler, worker, task } = await setup();
  const again = () => retryLater({ code: "not_yet", message: "Not yet." });
  handler.steps(again, again, again);

  const answers = [await worker.deliver(task), await worker.deliver(task), await worker.deliver(task)];

  expect(answers.map(({ status }) => status)).toEqual([424, 424, 200]);
  expect(answers[2]?.headers.get("Handoff-Outcome")).toBe("dead");
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 3 });
  expect(await worker.deadLetters()).toMatchObject([{ taskId: task.id, attempts: 3, error: { code: "not_yet" } }]);
});

test("a task whose last attempt was killed becomes a dead letter at the next delivery", async () => {
  const { handler, worker, task } = await setup();
  const never = () => new Promise<never>(() => {});
  handler.steps(never, never, never);
  for (let attempt = 1; attempt <= 3; attempt++) {
    const abandoned = new AbortController();
    const lost = worker.deliver(task, { signal: abandoned.signal }).catch(() => null);
    await expect.poll(() => handler.runs.length).toBe(attempt);
    abandoned.abort();
    await lost;
    await worker.storeClock.advance(LEASE_MS + 1);
  }

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect(handler.runs).toHaveLength(3);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", lastError: { code: "attempts_used_up" } });
  expect(await worker.deadLetters()).toHaveLength(1);
});

test("another payload under the same id never runs and gets a dead letter of its own", async () => {
  const { handler, worker } = await setup();
  const original = sealTask(claimTaskType, { n: 1 }, "one key");
  const impostor = sealTask(claimTaskType, { n: 2 }, "one key");
  await worker.deliver(original);

  const answers = [await worker.deliver(impostor), await worker.deliver(impostor)];

  expect(answers.map((answer) => answer.headers.get("Handoff-Outcome"))).toEqual(["dead", "dead"]);
  expect(handler.runs).toHaveLength(1);
  expect(await worker.recordOf(original)).toMatchObject({ state: "succeeded", payloadHash: original.payloadHash });
  expect(await worker.deadLetters()).toMatchObject([{ payload: { n: 2 }, error: { code: "payload_conflict" } }]);
});

test("a payload that doesn't match its type becomes a dead letter and never runs", async () => {
  const { handler, worker } = await setup();
  const task = sealTask(claimTaskType, { n: "one" });

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect(handler.runs).toHaveLength(0);
  expect(await worker.deadLetters()).toMatchObject([{ payload: { n: "one" }, error: { code: "invalid_payload" } }]);
});

test("a type that this revision doesn't know gets 404 nine times and then becomes a dead letter", async () => {
  const { worker } = await setup();
  const task = sealTask({ type: "test.unheard-of", queue: "default", idempotency: "claim" }, {});

  const statuses: number[] = [];
  for (let delivery = 1; delivery <= 10; delivery++) statuses.push((await worker.deliver(task)).status);

  expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 404, 404, 404, 200]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 0 });
  expect(await worker.deadLetters()).toMatchObject([{ type: "test.unheard-of", error: { code: "unknown_type" } }]);
});

test.each([
  ["lists in lists", { d: [[1], [[2]]] }],
  ["a reserved name", { __x__: 1 }],
  ["an empty name", { "": 1 }],
  ["thirty levels", JSON.parse('{"a":'.repeat(30) + "1" + "}".repeat(30))],
])("%s, which can't be Firestore fields, are kept whole in results and dead letters", async (_, value) => {
  const handler = scriptedHandler({ ...claimTaskType, payload: anyJson });
  const worker = await setUpWorker(() => [handler]);
  const [done, dead] = [sealTask(claimTaskType, value), sealTask(claimTaskType, value)];
  handler.steps(
    () => succeeded(value),
    () => failPermanently({ code: "gone", message: "The receiver is gone." }),
  );

  const answers = [await worker.deliver(done), await worker.deliver(dead)];

  expect(answers.map(({ headers }) => headers.get("Handoff-Outcome"))).toEqual(["done", "dead"]);
  expect((await worker.recordOf(done))?.result).toEqual(value);
  expect(await worker.deadLetters()).toMatchObject([{ taskId: dead.id, payload: value }]);
});

test("a task that Cloud Tasks is about to delete for its age becomes a dead letter first", async () => {
  const { handler, worker } = await setup();
  const days = (count: number) => count * 24 * 3_600_000;
  const task = sealTask(claimTaskType, { n: 1 });
  const enqueuedAt = new Date(worker.storeClock.now() - days(30.6)).toISOString();
  const old = { ...task, enqueuedAt };
  handler.steps(() => saturated({ code: "busy", message: "Busy for a month." }));

  const answers = [
    await worker.deliver(old),
    await worker.deliver(old, { headers: { "x-cloudtasks-taskretrycount": "1" } }),
  ];

  expect(answers.map(({ headers }) => headers.get("Handoff-Outcome"))).toEqual(["saturated", "dead"]);
  expect(handler.runs).toHaveLength(1);
  expect(await worker.deadLetters()).toMatchObject([{ taskId: task.id, error: { code: "too_old" } }]);
});

test.each([
  ["natural", scriptedHandler(naturalTaskType)],
  ["transaction", scriptedTransactionHandler()],
])(
  "a %s task whose every attempt was killed becomes a dead letter before Cloud Tasks deletes it",
  async (_, handler) => {
    const worker = await setUpWorker(() => [handler]);
    const enqueuedAt = new Date(worker.storeClock.now() - 30.6 * 24 * 3_600_000).toISOString();
    const task = { ...sealTask(handler.taskType, { n: 1 }), enqueuedAt };

    const answer = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": "700" } });

    expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
    expect(handler.runs).toHaveLength(0);
    expect(await worker.recordOf(task)).toMatchObject({ state: "dead", lastError: { code: "too_old" } });
    expect(await worker.deadLetters()).toMatchObject([
      { taskId: task.id, payload: { n: 1 }, error: { code: "too_old" } },
    ]);
    const again = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": "701" } });
    expect(again.headers.get("Handoff-Outcome")).toBe("duplicate");
  },
);

test("a transaction task that has failed before ends in its record if it is too old", async () => {
  const handler = scriptedTransactionHandler();
  const worker = await setUpWorker(() => [handler]);
  const enqueuedAt = new Date(worker.storeClock.now() - 30.6 * 24 * 3_600_000).toISOString();
  const task = { ...sealTask(handler.taskType, { n: 1 }), enqueuedAt };
  handler.steps(() => saturated({ code: "busy", message: "Busy for a month." }));
  await worker.deliver(task);

  const answer = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": "1" } });

  expect(answer.headers.get("Handoff-Outcome")).toBe("dead");
  expect(handler.runs).toHaveLength(1);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", fence: 1, lastError: { code: "too_old" } });
  expect(await worker.deadLetters()).toMatchObject([{ taskId: task.id, error: { code: "too_old" } }]);
});

test.each([
  ["natural", scriptedHandler(naturalTaskType)],
  ["transaction", scriptedTransactionHandler()],
])("a %s task that is delivered for the first time runs, however old it is", async (_, handler) => {
  const worker = await setUpWorker(() => [handler]);
  const enqueuedAt = new Date(worker.storeClock.now() - 30.6 * 24 * 3_600_000).toISOString();

  const answer = await worker.deliver({ ...sealTask(handler.taskType, { n: 1 }), enqueuedAt });

  expect(answer.headers.get("Handoff-Outcome")).toBe("done");
  expect(handler.runs).toHaveLength(1);
});

test.each([
  ["natural", () => scriptedHandler(naturalTaskType)],
  ["transaction", scriptedTransactionHandler],
  ["claim", () => scriptedHandler(claimTaskType)],
])("a %s task's endless error message doesn't keep its end from being recorded", async (_, makeHandler) => {
  const handler = makeHandler();
  const worker = await setUpWorker(() => [handler]);
  const task = sealTask(handler.taskType, { n: 1 });
  handler.steps(() => failPermanently({ code: "c".repeat(1_200_000), message: "m".repeat(1_200_000) }));

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  const lastError = { code: `${"c".repeat(100)}…`, message: `${"m".repeat(2_000)}…` };
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", lastError });
});

test("a dead letter that had no payload has one when its task dies again", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => failPermanently({ code: "gone", message: "The receiver is gone." }));
  const earlier = { payloadJson: "null", payloadOmitted: true, replays: 3, status: "replayed" };
  await worker.db.collection("deadLetters").doc(task.id).set(earlier);

  await worker.deliver(task);

  const letter = (await worker.db.collection("deadLetters").doc(task.id).get()).data();
  expect(letter).toMatchObject({ payloadJson: '{"n":1}', replays: 3, status: "open" });
  expect(letter).not.toHaveProperty("payloadOmitted");
});
