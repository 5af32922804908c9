import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { failedForGood, retryLater, saturated, succeeded } from "../../../services/worker/handler.ts";
import { LEASE_MARGIN_MS, QUEUES } from "../../../shared/queues.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { claimTaskType, scriptedHandler } from "../../support/scripted-handler.ts";
import { sealTask, startWorkerBundle } from "../../support/worker-bundle.ts";

const LEASE_MS = QUEUES.default.dispatchDeadlineMs + LEASE_MARGIN_MS;

async function setup() {
  const handler = scriptedHandler(claimTaskType);
  const worker = await startWorkerBundle(() => [handler]);
  return { handler, worker, task: sealTask(claimTaskType, { n: 1 }) };
}

test("the good path is two commits and no read", async () => {
  const { handler, worker, task } = await setup();

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(200);
  expect(worker.callsSince()).toEqual({ Commit: 2 });
  expect(handler.runs).toEqual([{ payload: { n: 1 }, attempt: 1, idempotencyKey: task.id }]);
  expect(await worker.recordOf(task)).toMatchObject({
    queue: "default",
    type: "test.claim",
    state: "succeeded",
    attempts: 1,
    fence: 1,
    claimedAt: null,
    lastError: null,
    result: { run: 1 },
    payloadHash: task.payloadHash,
  });
});

test("a finished task that is delivered again is acknowledged as a duplicate and does not run", async () => {
  const { handler, worker, task } = await setup();
  await worker.deliver(task);

  const again = await worker.deliver(task);

  expect(again.status).toBe(200);
  expect(again.headers.get("Handoff-Outcome")).toBe("duplicate");
  expect(handler.runs).toHaveLength(1);
});

test("answers 409 with the rest of the lease while another attempt owns the task", async () => {
  const { handler, worker, task } = await setup();
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  handler.steps(async () => {
    started.resolve();
    await finish.promise;
    return succeeded();
  });
  const first = worker.deliver(task);
  await started.promise;

  const second = await worker.deliver(task);
  finish.resolve();

  expect(second.status).toBe(409);
  expect(Number(second.headers.get("Retry-After"))).toBe(LEASE_MS / 1_000);
  expect((await first).status).toBe(200);
  expect(handler.runs).toHaveLength(1);
});

test("of many deliveries at once one runs, and the others are told to come back or that it is done", async () => {
  const { handler, worker, task } = await setup();

  const answers = await Promise.all(Array.from({ length: 12 }, () => worker.deliver(task)));

  expect(handler.runs).toHaveLength(1);
  const outcomes = answers.map((answer) => answer.headers.get("Handoff-Outcome"));
  expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
  expect(outcomes.every((outcome) => ["done", "duplicate", "busy"].includes(outcome ?? ""))).toBe(true);
});

test("a retry is answered 424, recorded as waiting, and runs again with the next attempt's number", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => retryLater({ code: "not_yet", message: "Not yet.", retryAfterMs: 1_500 }));

  const first = await worker.deliver(task);
  const between = await worker.recordOf(task);
  const second = await worker.deliver(task);

  expect([first.status, first.headers.get("Retry-After")]).toEqual([424, "2"]);
  expect(between).toMatchObject({ state: "waiting", attempts: 1, lastError: { code: "not_yet" }, claimedAt: null });
  expect(second.status).toBe(200);
  expect(handler.runs.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2, fence: 2, lastError: null });
});

test("a handler that throws is answered 500 and counted", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => {
    throw new RangeError("secret detail");
  });

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("secret detail");
  expect(await worker.recordOf(task)).toMatchObject({
    state: "waiting",
    attempts: 1,
    lastError: { code: "handler_threw", message: "The handler threw RangeError." },
  });
});

test("a saturated dependency is answered 429 and costs no attempt", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => saturated({ code: "busy", message: "The mail server is busy." }));

  const answer = await worker.deliver(task);

  expect(answer.status).toBe(429);
  expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 0 });
});

test("a permanent failure is acknowledged once its dead letter holds all that a replay needs", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => failedForGood({ code: "gone", message: "The receiver is gone." }));

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 1, lastError: { code: "gone" } });
  expect(await worker.deadLetters()).toMatchObject([
    {
      letterId: task.id,
      taskId: task.id,
      type: "test.claim",
      queue: "default",
      payload: { n: 1 },
      payloadHash: task.payloadHash,
      enqueuedAt: task.enqueuedAt,
      attempts: 1,
      error: { code: "gone", message: "The receiver is gone." },
    },
  ]);
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

test("a lease that has run out by Firestore's clock is taken over with the next fence", async () => {
  const { handler, worker, task } = await setup();
  const started = Promise.withResolvers<void>();
  const wake = Promise.withResolvers<void>();
  handler.steps(async () => {
    started.resolve();
    await wake.promise;
    return succeeded({ by: "the late one" });
  });
  const late = worker.deliver(task);
  await started.promise;
  await worker.storeClock.advance(LEASE_MS + 1);

  const takeover = await worker.deliver(task);
  wake.resolve();
  const lateAnswer = await late;

  expect(takeover.status).toBe(200);
  expect(handler.runs.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(lateAnswer.headers.get("Handoff-Outcome")).toBe("duplicate");
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2, attempts: 2, result: { run: 2 } });
});

test("the instance's own clock does not end another's lease", async () => {
  const { handler, worker, task } = await setup();
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  handler.steps(async () => {
    started.resolve();
    await finish.promise;
    return succeeded();
  });
  const first = worker.deliver(task);
  await started.promise;
  await worker.storeClock.advance(LEASE_MS - 1_000);

  const second = await worker.deliver(task);
  finish.resolve();

  expect([second.status, second.headers.get("Retry-After")]).toEqual([409, "1"]);
  expect((await first).status).toBe(200);
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

test("a record past its time counts as none, though it has not been deleted yet", async () => {
  const { handler, worker, task } = await setup();
  await worker.deliver(task);
  await worker.db
    .collection(TASK_RECORDS)
    .doc(task.id)
    .update({ expireAt: Timestamp.fromMillis(worker.storeClock.now()) });

  const answer = await worker.deliver(task);

  expect(answer.headers.get("Handoff-Outcome")).toBe("done");
  expect(handler.runs.map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2, attempts: 1 });
});

test("a payload that its type refuses is kept as a dead letter and never runs", async () => {
  const { handler, worker } = await setup();
  const task = sealTask(claimTaskType, { n: "one" });

  const answer = await worker.deliver(task);

  expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "dead"]);
  expect(handler.runs).toHaveLength(0);
  expect(await worker.deadLetters()).toMatchObject([{ payload: { n: "one" }, error: { code: "invalid_payload" } }]);
});

test("a type that this revision does not know is answered 404 until its attempts are used up", async () => {
  const { worker } = await setup();
  const task = sealTask({ type: "test.unheard-of", queue: "default" }, {});

  const statuses: number[] = [];
  for (let delivery = 1; delivery <= 10; delivery++) statuses.push((await worker.deliver(task)).status);

  expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 404, 404, 404, 200]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 10 });
  expect(await worker.deadLetters()).toMatchObject([{ type: "test.unheard-of", error: { code: "unknown_type" } }]);
});
