import { expect, test } from "vitest";
import { retryLater, saturated, succeeded } from "../../../../services/worker/runner/handler.ts";
import { LEASE_MARGIN_MS } from "../../../../shared/contract/queues.ts";
import { claimTaskType, scriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const LEASE_MS = TEST_QUEUES.default.dispatchDeadlineMs + LEASE_MARGIN_MS;

async function setup() {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler]);
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

test("a redelivered task costs one read, and a duplicate writes nothing", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => retryLater({ code: "not_yet", message: "Not yet." }));
  await worker.deliver(task);
  worker.callsSince();

  await worker.deliver(task);
  const again = worker.callsSince();
  await worker.deliver(task);
  const duplicate = worker.callsSince();

  // Each begins with the commit that would create the record.
  expect(again).toEqual({ Commit: 3, BatchGetDocuments: 1 });
  expect(duplicate).toEqual({ Commit: 1, BatchGetDocuments: 1 });
});

test("answers 409 with the rest of the lease while another attempt owns the task", async () => {
  const { handler, worker, task } = await setup();
  const held = handler.hold();
  const first = worker.deliver(task);
  await held.started;

  const second = await worker.deliver(task);
  held.finish(succeeded());

  expect(second.status).toBe(409);
  expect(Number(second.headers.get("Retry-After"))).toBe(LEASE_MS / 1_000);
  expect((await first).status).toBe(200);
  expect(handler.runs).toHaveLength(1);
});

test("of many simultaneous deliveries one runs, and the others are busy or duplicates", async () => {
  const { handler, worker, task } = await setup();

  const answers = await Promise.all(Array.from({ length: 12 }, () => worker.deliver(task)));

  expect(handler.runs).toHaveLength(1);
  const outcomes = answers.map((answer) => answer.headers.get("Handoff-Outcome"));
  expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(1);
  expect(outcomes.every((outcome) => ["done", "duplicate", "busy"].includes(outcome ?? ""))).toBe(true);
});

test("a retry is answered 424, recorded as waiting, and runs again with the next attempt's number", async () => {
  const { handler, worker, task } = await setup();
  handler.steps(() => retryLater({ code: "not_yet", message: "Not yet." }));

  const first = await worker.deliver(task);
  const between = await worker.recordOf(task);
  const second = await worker.deliver(task);

  expect([first.status, first.headers.get("Retry-After")]).toEqual([424, null]);
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

test("a lease that has expired by Firestore's clock is taken over with the next fence", async () => {
  const { handler, worker, task } = await setup();
  const held = handler.hold();
  const late = worker.deliver(task);
  await held.started;
  await worker.storeClock.advance(LEASE_MS + 1);

  const takeover = await worker.deliver(task);
  held.finish(succeeded({ by: "the late one" }));
  const lateAnswer = await late;

  expect(takeover.status).toBe(200);
  expect(handler.runs.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(lateAnswer.headers.get("Handoff-Outcome")).toBe("duplicate");
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2, attempts: 2, result: { run: 2 } });
});

test("the instance's own clock does not end another's lease", async () => {
  const { handler, worker, task } = await setup();
  const held = handler.hold();
  const first = worker.deliver(task);
  await held.started;
  const ahead = await setUpWorker(() => [handler], { reachFirestore: () => Promise.resolve(worker.emulator) });
  await ahead.clock.advance(LEASE_MS + 1_000);
  await worker.storeClock.advance(LEASE_MS - 1_000);

  const second = await ahead.deliver(task);
  held.finish(succeeded());

  expect([second.status, second.headers.get("Retry-After")]).toEqual([409, "1"]);
  expect((await first).status).toBe(200);
});
