import { expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { retryLater, snooze } from "../../../../services/worker/runner/handler.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { HANDLERS, KINDS, type Kind, deliverHop, dueInMs, hopsOf } from "./hops.ts";

const HOUR_MS = 3_600_000;

/** A worker with one handler of a kind, and a task for it. The worker and Firestore have one clock. */
async function setUp(kind: Kind, over: object = {}) {
  const handler = HANDLERS[kind](over);
  const worker = await setUpWorker(() => [handler], { sharedClock: new VirtualClock() });
  const task = sealTask(handler.taskType, { n: 1 });
  return { handler, worker, task, hops: hopsOf(worker) };
}

const busy = () => retryLater({ code: "busy", message: "Busy." });

test.each([
  ["claim", 100],
  ["transaction", 12],
  ["natural", 12],
] as const)("of a %s task, %i snoozes count no attempt, and the next that counts ends the row", async (kind, most) => {
  const { handler, worker, task, hops } = await setUp(kind);
  handler.steps(...Array.from({ length: most }, () => () => snooze({ forMs: HOUR_MS })), busy);

  let current: Envelope = task;
  for (let count = 1; count <= most; count++) {
    expect(await deliverHop(worker, current)).toBe("200 rescheduled");
    current = await hops.next(current);
    expect([current.hop, dueInMs(current, worker)]).toEqual([count, HOUR_MS]);
    const due = { hop: count, notBefore: current.notBefore };
    expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", attempts: 0, snoozes: count, ...due });
    await worker.clock.advance(HOUR_MS);
  }

  expect(await deliverHop(worker, current)).toBe("424 retry");
  const failed = await worker.recordOf(task);
  expect(failed).toMatchObject({ state: "waiting", attempts: 1, hop: most });
  expect(failed).not.toHaveProperty("snoozes");
  expect(failed?.attemptLog?.slice(-2)).toMatchObject([
    { attempt: 1, hop: most - 1, outcome: "snoozed", nextRule: "snooze" },
    { attempt: 1, hop: most, outcome: "retry" },
  ]);
  expect(await deliverHop(worker, current, 1)).toBe("200 done");
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2, hop: most });
  expect(handler.runs).toHaveLength(most + 2);
  expect(await hops.ids()).toEqual([]);
});

test.each(KINDS)("a %s task that is snoozed for the thousandth time in a row becomes a dead letter", async (kind) => {
  const { handler, worker, task, hops } = await setUp(kind);
  handler.steps(
    () => snooze({ forMs: HOUR_MS }),
    () => snooze({ forMs: HOUR_MS }),
  );
  await deliverHop(worker, task);
  const current = await hops.next(task);
  await worker.db.collection("taskRecords").doc(task.id).update({ snoozes: 999 });
  await worker.clock.advance(HOUR_MS);

  expect(await deliverHop(worker, current)).toBe("200 dead");

  const lastError = { code: "snoozed_too_often" };
  expect(await worker.recordOf(task)).toMatchObject({ state: "dead", attempts: 0, lastError });
  expect(await worker.deadLetters()).toMatchObject([{ letterId: task.id, payload: { n: 1 } }]);
  expect(await hops.ids()).toEqual([]);
});

test.each(KINDS)("a %s type's own backoff sets each time, whatever its queue's", async (kind) => {
  const backoff = { firstMs: 1_000, factor: 5, maxMs: 60_000, jitter: 0 };
  const { handler, worker, task, hops } = await setUp(kind, { attempts: 6, backoff });
  handler.steps(
    ...Array.from({ length: 6 }, (_, index) => () => {
      if (index % 2 === 0) return busy();
      throw new RangeError("Not yet.");
    }),
  );

  let current: Envelope = task;
  const waits: number[] = [];
  for (let failures = 1; failures <= 5; failures++) {
    expect(await deliverHop(worker, current)).toBe("200 rescheduled");
    current = await hops.next(current);
    const waitMs = dueInMs(current, worker);
    waits.push(waitMs);
    await worker.clock.advance(waitMs);
  }

  expect(waits).toEqual([1_000, 5_000, 25_000, 60_000, 60_000]);
  const record = await worker.recordOf(task);
  expect(record).toMatchObject({ state: "waiting", attempts: 5, hop: 5, notBefore: current.notBefore });
  expect(record?.attemptLog).toMatchObject(
    ["retry", "threw", "retry", "threw", "retry"].map((outcome, hop) => ({ outcome, hop, nextRule: "backoff" })),
  );
  expect(await deliverHop(worker, current)).toBe("200 dead");
  expect(await hops.ids()).toEqual([]);
  expect(handler.runs).toHaveLength(6);
});

test.each(KINDS)("a handler's retryAfterMs gives a %s task its next hop, and counts the attempt", async (kind) => {
  const { handler, worker, task, hops } = await setUp(kind);
  handler.steps(() => retryLater({ code: "busy", message: "Busy.", retryAfterMs: 5 * HOUR_MS }));

  const response = await worker.deliver(task);
  const next = await hops.next(task);

  expect([response.status, await response.json()]).toEqual([200, { outcome: "rescheduled" }]);
  expect(response.headers.has("retry-after")).toBe(false);
  expect(dueInMs(next, worker)).toBe(5 * HOUR_MS);
  expect(next).toMatchObject({ payload: { n: 1 }, payloadHash: task.payloadHash, caller: task.caller });
  expect(await worker.recordOf(task)).toMatchObject({
    state: "waiting",
    attempts: 1,
    hop: 1,
    lastError: { code: "busy" },
    attemptLog: [{ attempt: 1, hop: 0, outcome: "retry", nextRule: "retry-after" }],
  });
  await worker.clock.advance(5 * HOUR_MS);
  expect(await deliverHop(worker, next)).toBe("200 done");
  const line = worker.logged.map((text): unknown => JSON.parse(text)).at(-1);
  expect(line).toMatchObject({ message: "delivery", outcome: "done", taskId: task.id, hop: 1 });
});

test("a claim with a cancel request is cancelled if its handler snoozes it, and has no next hop", async () => {
  const { handler, worker, task, hops } = await setUp("claim");
  handler.steps(async () => {
    const requested = { cancelRequestedAt: new Date(worker.clock.now()) };
    await worker.db.collection("taskRecords").doc(task.id).update(requested);
    return snooze({ forMs: HOUR_MS });
  });

  expect(await deliverHop(worker, task)).toBe("200 duplicate");

  const record = await worker.recordOf(task);
  expect(record).toMatchObject({ state: "cancelled", attempts: 0, attemptLog: [{ outcome: "snoozed" }] });
  expect(record?.attemptLog?.[0]).not.toHaveProperty("nextAt");
  expect(await hops.ids()).toEqual([]);
});

test.each(KINDS)("an attempt of a %s task that was killed in its second hop is in its log", async (kind) => {
  const { handler, worker, task, hops } = await setUp(kind);
  handler.steps(() => snooze({ forMs: HOUR_MS }));
  await deliverHop(worker, task);
  const second = await hops.next(task);
  await worker.clock.advance(HOUR_MS);
  const lost = { state: "running", claimedAt: new Date(worker.clock.now()), leaseMs: 0, attempts: 1, hop: 1 };
  await worker.db.collection("taskRecords").doc(task.id).update(lost);

  expect(await deliverHop(worker, second, 1)).toBe("200 done");

  const log = [
    { hop: 0, outcome: "snoozed" },
    { hop: 1, outcome: "lost" },
    { hop: 1, outcome: "succeeded" },
  ];
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 2, attemptLog: log });
});
