import { describe, expect, it, onTestFinished } from "vitest";
import {
  type HandlerResult,
  bindTransactionHandler,
  failPermanently,
  retryLater,
  saturated,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { ABORT_GRACE_MS, leaseMsOf } from "../../../../shared/contract/queues.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  transactionTaskType,
} from "../../../harness/worker/scripted-handler.ts";
import { type WorkerHarness, sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const LEASE_MS = leaseMsOf(TEST_QUEUES.default);

/** A transaction loses its locks after a minute without activity. */
const LOCKS_LOST_MS = 61_000;

const NOT_YET = retryLater({ code: "not_yet", message: "Not yet." });
const GONE = failPermanently({ code: "gone", message: "The receiver is gone." });
const BUSY = saturated({ code: "busy", message: "The mail server is busy." });

/** Every way in which a late attempt may try to leave its record. */
const ENDS: readonly (readonly [string, () => HandlerResult])[] = [
  ["succeeds", () => succeeded("late")],
  ["asks for a retry", () => NOT_YET],
  ["releases its attempt", () => BUSY],
  ["fails permanently", () => GONE],
  [
    "throws",
    () => {
      throw new RangeError("late");
    },
  ],
];

async function setup() {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler]);
  return { handler, worker, task: sealTask(claimTaskType, { n: 1 }) };
}

type Harness = Awaited<ReturnType<typeof setup>>;

/** Starts an attempt that runs until `finish` tells it how to end. */
async function startAttempt({ handler, worker, task }: Harness) {
  const started = Promise.withResolvers<void>();
  const told = Promise.withResolvers<() => HandlerResult>();
  onTestFinished(() => told.resolve(() => NOT_YET));
  handler.steps(async () => {
    started.resolve();
    return (await told.promise)();
  });
  const delivered = worker.deliver(task);
  await Promise.race([started.promise, delivered.then(failUnstarted)]);
  return {
    async finish(end: () => HandlerResult) {
      told.resolve(end);
      return endingOf(await delivered);
    },
  };
}

function failUnstarted(answer: Response): never {
  throw new Error(`Answered ${endingOf(answer).join(" ")} without running.`);
}

/** Starts an attempt, and a second one once the first one's lease has run out. */
async function startTakeover(harness: Harness) {
  const late = await startAttempt(harness);
  await harness.worker.storeClock.advance(LEASE_MS + 1);
  const other = await startAttempt(harness);
  return { late, other };
}

function endingOf(answer: Response): [number, string | null] {
  return [answer.status, answer.headers.get("Handoff-Outcome")];
}

/** Cancels a task without its owner noticing: only the state changes. */
async function cancel(worker: WorkerHarness, taskId: string): Promise<void> {
  await worker.db.collection(TASK_RECORDS).doc(taskId).update({ state: "cancelled" });
}

describe("an attempt that wakes after its lease was taken over", () => {
  it.for(ENDS)("leaves the other's record alone while the other still runs: it %s", async ([, end]) => {
    const harness = await setup();
    const { worker, task } = harness;
    const { late, other } = await startTakeover(harness);
    const before = await worker.recordOf(task);

    const ending = await late.finish(end);

    expect(ending).toEqual([409, "busy"]);
    expect(before).toMatchObject({ state: "running", fence: 2, attempts: 2 });
    expect(await worker.recordOf(task)).toEqual(before);
    expect(await worker.deadLetters()).toEqual([]);
    expect(await other.finish(() => succeeded("other"))).toEqual([200, "done"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2, attempts: 2, result: "other" });
  });

  it.for(ENDS)("leaves the other's record alone if it took over by reading, too: it %s", async ([, end]) => {
    const harness = await setup();
    const { handler, worker, task } = harness;
    handler.steps(() => NOT_YET);
    await worker.deliver(task);
    const { late, other } = await startTakeover(harness);
    const before = await worker.recordOf(task);

    const ending = await late.finish(end);

    expect(ending).toEqual([409, "busy"]);
    expect(before).toMatchObject({ state: "running", fence: 3, attempts: 3 });
    expect(await worker.recordOf(task)).toEqual(before);
    expect(await worker.deadLetters()).toEqual([]);
    expect(await other.finish(() => succeeded("other"))).toEqual([200, "done"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 3, attempts: 3, result: "other" });
  });

  it.for(ENDS)("learns that the task is done if the other has succeeded: it %s", async ([, end]) => {
    const harness = await setup();
    const { worker, task } = harness;
    const { late, other } = await startTakeover(harness);
    await other.finish(() => succeeded("other"));
    const before = await worker.recordOf(task);

    expect(await late.finish(end)).toEqual([200, "duplicate"]);
    expect(before).toMatchObject({ state: "succeeded", fence: 2, result: "other" });
    expect(await worker.recordOf(task)).toEqual(before);
    expect(await worker.deadLetters()).toEqual([]);
  });

  it.for(ENDS)("gets 409 if the other has failed for now: it %s", async ([, end]) => {
    const harness = await setup();
    const { worker, task } = harness;
    const { late, other } = await startTakeover(harness);
    await other.finish(() => NOT_YET);
    const before = await worker.recordOf(task);

    expect(await late.finish(end)).toEqual([409, "busy"]);
    expect(before).toMatchObject({ state: "waiting", fence: 2, attempts: 2 });
    expect(await worker.recordOf(task)).toEqual(before);
    expect(await worker.deadLetters()).toEqual([]);
  });

  it.for(ENDS)("keeps the other's dead letter as it is: it %s", async ([, end]) => {
    const harness = await setup();
    const { worker, task } = harness;
    const { late, other } = await startTakeover(harness);
    await other.finish(() => failPermanently({ code: "refused", message: "The receiver refuses." }));
    const before = { record: await worker.recordOf(task), letters: await worker.deadLetters() };

    expect(await late.finish(end)).toEqual([200, "duplicate"]);
    expect(before.letters).toMatchObject([{ attempts: 2, error: { code: "refused" } }]);
    expect({ record: await worker.recordOf(task), letters: await worker.deadLetters() }).toEqual(before);
  });
});

describe("a transaction attempt that wakes after the worker gave up on it", () => {
  it("has no effect besides the other's", async () => {
    const started = Promise.withResolvers<void>();
    const wake = Promise.withResolvers<void>();
    let runs = 0;
    const worker = await setUpWorker((db) => [
      bindTransactionHandler(transactionTaskType, async (_, { transaction }) => {
        runs++;
        transaction.create(db.collection("effects").doc(), { run: runs });
        if (runs > 1) return succeeded("other");
        started.resolve();
        await wake.promise;
        return succeeded("late");
      }),
    ]);
    const task = sealTask(transactionTaskType, { n: 1 });
    const late = worker.deliver(task);
    await started.promise;
    await worker.clock.advance(transactionTaskType.timeoutMs + ABORT_GRACE_MS);
    await worker.storeClock.advance(LOCKS_LOST_MS);
    const other = await worker.deliver(task);
    const commits = worker.emulator.calls.get("Commit") ?? 0;

    wake.resolve();

    await expect.poll(() => worker.emulator.calls.get("Commit")).toBe(commits + 1);
    expect([endingOf(await late), endingOf(other)]).toEqual([
      [500, "failed"],
      [200, "done"],
    ]);
    const effects = await worker.db.collection("effects").get();
    expect(effects.docs.map((doc) => doc.data())).toEqual([{ run: 2 }]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 1, attempts: 1, result: "other" });
  });
});

describe("a task that is cancelled", () => {
  it.for(ENDS)("while it runs stays cancelled and is acknowledged: its handler %s", async ([, end]) => {
    const harness = await setup();
    const { handler, worker, task } = harness;
    const attempt = await startAttempt(harness);
    await cancel(worker, task.id);
    const before = await worker.recordOf(task);

    expect(await attempt.finish(end)).toEqual([200, "duplicate"]);
    expect(before).toMatchObject({ state: "cancelled", fence: 1, attempts: 1 });
    expect(await worker.recordOf(task)).toEqual(before);
    expect(await worker.deadLetters()).toEqual([]);
    expect(endingOf(await worker.deliver(task))).toEqual([200, "duplicate"]);
    expect(handler.runs).toHaveLength(1);
  });

  it("while it waits never runs again", async () => {
    const { handler, worker, task } = await setup();
    handler.steps(() => NOT_YET);
    await worker.deliver(task);
    await cancel(worker, task.id);

    expect(endingOf(await worker.deliver(task))).toEqual([200, "duplicate"]);
    expect(handler.runs).toHaveLength(1);
    expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", fence: 1, attempts: 1 });
  });

  it("stays cancelled if it is natural, even if it runs once more", async () => {
    const handler = scriptedHandler(naturalTaskType).steps(
      () => NOT_YET,
      () => GONE,
    );
    const worker = await setUpWorker(() => [handler]);
    const task = sealTask(naturalTaskType, { n: 1 });
    await worker.deliver(task);
    await cancel(worker, task.id);

    const answer = await worker.deliver(task, { headers: { "x-cloudtasks-taskretrycount": "1" } });

    expect(endingOf(answer)).toEqual([200, "duplicate"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", attempts: 1 });
    expect(await worker.deadLetters()).toEqual([]);
  });
});
