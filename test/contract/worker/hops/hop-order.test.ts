import { describe, expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { retryLater, snooze, succeeded } from "../../../../services/worker/runner/handler.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import { type WorkerHarnessOptions, sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { HANDLERS, KINDS, type Kind, deliverHop, dueInMs, hopsOf } from "./hops.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const oneClock = (): WorkerHarnessOptions => ({ sharedClock: new VirtualClock() });

async function setUp(kind: Kind, options: WorkerHarnessOptions = oneClock()) {
  const handler = HANDLERS[kind]();
  const worker = await setUpWorker(() => [handler], options);
  const task = sealTask(handler.taskType, { n: 1 });
  const at = (fromNowMs: number): string => new Date(worker.clock.now() + fromNowMs).toISOString();
  const changeRecord = (fields: object) =>
    worker.db
      .collection(TASK_RECORDS)
      .doc(task.id)
      .update({ ...fields });
  return { handler, worker, task, hops: hopsOf(worker), at, changeRecord };
}

const putOff = () => snooze({ forMs: HOUR_MS });

describe("a delivery that is more than a second early", () => {
  test.each(KINDS)("is the next hop of a %s task, with one read and one commit, and nothing else", async (kind) => {
    const { handler, worker, task, hops, at } = await setUp(kind);
    const early = { ...task, notBefore: at(HOUR_MS) };
    worker.callsSince();

    expect(await deliverHop(worker, early)).toBe("200 rescheduled");

    expect(worker.callsSince()).toEqual({ BatchGetDocuments: 1, Commit: 1 });
    const next = await hops.next(early);
    expect([next.hop, dueInMs(next, worker), next.payload]).toEqual([1, HOUR_MS, { n: 1 }]);
    const record = await worker.recordOf(task);
    expect(record).toMatchObject({ state: "waiting", attempts: 0, hop: 1, notBefore: early.notBefore, attemptLog: [] });
    expect(await deliverHop(worker, early, 1)).toBe("200 duplicate");
    expect(await hops.ids()).toEqual([]);
    expect(handler.runs).toEqual([]);
    await worker.clock.advance(HOUR_MS - 1_000);
    expect(await deliverHop(worker, next)).toBe("200 done");
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", attempts: 1, fence: 2, hop: 1 });
  });

  test("waits for its time even if this revision doesn't know its type", async () => {
    const { worker, task, hops, at } = await setUp("claim");
    const early = { ...task, type: "test.unheard-of", notBefore: at(HOUR_MS) };

    expect(await deliverHop(worker, early)).toBe("200 rescheduled");

    const next = await hops.next(early);
    expect(await worker.recordOf(task)).not.toHaveProperty("unknownTypes");
    await worker.clock.advance(HOUR_MS);
    expect(await deliverHop(worker, next)).toBe("404 unknown-type");
  });

  test.each(KINDS)("is rescheduled however old its hop is: %s", async (kind) => {
    const { worker, task, hops, at } = await setUp(kind);
    const early = { ...task, hop: 2, hopAt: at(-31 * DAY_MS), notBefore: at(HOUR_MS) };

    expect(await deliverHop(worker, early, 5)).toBe("200 rescheduled");

    expect((await hops.next(early)).hop).toBe(3);
  });

  test.each(KINDS)("runs if only the instance's clock says so: %s", async (kind) => {
    const { handler, worker, task, hops, at } = await setUp(kind, {});
    await worker.storeClock.advance(HOUR_MS);

    expect(await deliverHop(worker, { ...task, notBefore: at(HOUR_MS) })).toBe("200 done");

    expect([handler.runs.length, await hops.ids()]).toEqual([1, []]);
  });

  test.each(KINDS)("keeps the number of a %s task's snoozes, and its earlier attempts", async (kind) => {
    const { handler, worker, task, hops } = await setUp(kind);
    handler.steps(putOff, putOff);
    await deliverHop(worker, task);
    const second = await hops.next(task);

    expect(await deliverHop(worker, second)).toBe("200 rescheduled");
    const third = await hops.next(second);
    expect(await worker.recordOf(task)).toMatchObject({ hop: 2, snoozes: 1, attemptLog: [{ outcome: "snoozed" }] });
    await worker.clock.advance(HOUR_MS);
    expect(await deliverHop(worker, third)).toBe("200 rescheduled");
    expect(await worker.recordOf(task)).toMatchObject({ hop: 3, snoozes: 2, attempts: 0 });
  });

  test("leaves a cancelled task alone", async () => {
    const { handler, worker, task, hops, changeRecord } = await setUp("natural");
    handler.steps(putOff);
    await deliverHop(worker, task);
    const second = await hops.next(task);
    await changeRecord({ state: "cancelled" });

    expect(await deliverHop(worker, second)).toBe("200 duplicate");
    expect(await hops.ids()).toEqual([]);
  });
});

describe("a delivery of an older hop", () => {
  test.each(KINDS)("is a duplicate of a %s task that waits for a later one", async (kind) => {
    const { handler, worker, task, hops } = await setUp(kind);
    handler.steps(putOff, putOff);
    await deliverHop(worker, task);
    const second = await hops.next(task);
    await worker.clock.advance(HOUR_MS);
    await deliverHop(worker, second);
    const record = await worker.recordOf(task);
    await worker.clock.advance(32 * DAY_MS);

    expect(await deliverHop(worker, task, 1)).toBe("200 duplicate");
    expect(await deliverHop(worker, second)).toBe("200 duplicate");

    expect(await worker.recordOf(task)).toEqual(record);
    expect(handler.runs).toHaveLength(2);
  });

  test("is a duplicate, and never busy, while a later one runs", async () => {
    const { handler, worker, task, hops } = await setUp("claim");
    handler.steps(putOff);
    await deliverHop(worker, task);
    const second = await hops.next(task);
    await worker.clock.advance(HOUR_MS);
    const held = handler.hold();
    const running = deliverHop(worker, second);
    await held.started;

    expect(await deliverHop(worker, task)).toBe("200 duplicate");
    expect(await deliverHop(worker, second)).toBe("409 busy");

    held.finish(succeeded());
    expect(await running).toBe("200 done");
  });

  test("may run once more if it is a natural task's first dispatch, and then leaves the later hop alone", async () => {
    const { handler, worker, task, hops } = await setUp("natural");
    handler.steps(putOff, () => retryLater({ code: "busy", message: "Busy." }));
    await deliverHop(worker, task);
    const second = await hops.next(task);
    const record = await worker.recordOf(task);

    // Its failure is not counted, and no second hop comes of it.
    expect(await deliverHop(worker, task)).toBe("200 duplicate");

    expect(handler.runs).toHaveLength(2);
    expect(await worker.recordOf(task)).toEqual(record);
    expect(await hops.ids()).toEqual([]);
    await worker.clock.advance(HOUR_MS);
    expect(await deliverHop(worker, second)).toBe("200 done");
  });

  test("is a duplicate if its attempt ends after the task has moved to a later hop", async () => {
    const { handler, worker, task, changeRecord } = await setUp("claim");
    const held = handler.hold();
    const late = deliverHop(worker, task);
    await held.started;
    // Another attempt took over, failed, and its task waits for its next hop.
    await changeRecord({ state: "waiting", owner: "other", fence: 2, claimedAt: null, hop: 1 });

    held.finish(succeeded());

    expect(await late).toBe("200 duplicate");
    expect(await worker.recordOf(task)).toMatchObject({ state: "waiting", owner: "other" });
  });
});

describe("a delivery of a newer hop than the record's", () => {
  test.each(KINDS)("continues at its own hop, with or without a record: %s", async (kind) => {
    const { handler, worker, task, hops, at } = await setUp(kind);
    handler.steps(putOff, putOff);
    const third: Envelope = { ...task, hop: 3, hopAt: at(0), notBefore: at(0) };

    expect(await deliverHop(worker, third)).toBe("200 rescheduled");
    expect(await worker.recordOf(task)).toMatchObject({ hop: 4, snoozes: 1 });
    const fourth = await hops.next(third);
    await worker.clock.advance(HOUR_MS);
    const later = { ...fourth, hop: 7 };
    expect(await deliverHop(worker, later)).toBe("200 rescheduled");

    expect(await worker.recordOf(task)).toMatchObject({ hop: 8, snoozes: 2, attempts: 0 });
    expect((await hops.next(later)).hop).toBe(8);
    expect(handler.runs).toHaveLength(2);
  });
});

describe("a task's age", () => {
  const LIMIT_MS = 30.5 * DAY_MS;

  test.each(KINDS)("counts from its hop, and never at the first delivery of one: %s", async (kind) => {
    const { handler, worker, task, at, changeRecord } = await setUp(kind);
    const busy = () => retryLater({ code: "busy", message: "Busy." });
    handler.steps(busy, busy, busy);
    const old = { ...task, enqueuedAt: at(-400 * DAY_MS), hop: 9 };

    expect(await deliverHop(worker, { ...old, hopAt: at(-LIMIT_MS) }, 0)).toBe("424 retry");
    const next = { ...old, hop: 10 };
    expect(await deliverHop(worker, { ...next, hopAt: at(-LIMIT_MS) }, 0)).toBe("424 retry");
    await changeRecord({ attempts: 0 });
    expect(await deliverHop(worker, { ...next, hopAt: at(-LIMIT_MS + 1_000) }, 1)).toBe("424 retry");
    expect(await deliverHop(worker, { ...next, hopAt: at(-LIMIT_MS) }, 2)).toBe("200 dead");

    expect(await worker.recordOf(task)).toMatchObject({ state: "dead", lastError: { code: "too_old" } });
    expect(handler.runs).toHaveLength(3);
  });
});
