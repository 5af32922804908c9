import { status } from "@grpc/grpc-js";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import {
  type HandlerContext,
  type HandlerResult,
  failPermanently,
  retryLater,
  saturated,
  succeeded,
} from "../../../services/worker/runner/handler.ts";
import { DRAIN_MS } from "../../../services/worker/runner/shutdown.ts";
import { ABORT_GRACE_MS, RECORD_STORE_DEADLINE_MS, leaseMsOf } from "../../../shared/contract/queues.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { CANCELLER, cancelTask } from "../../harness/worker/cancel-task.ts";
import { setUpFaultyWorker } from "../../harness/worker/faulty-worker-harness.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
  transactionTaskType,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const AGAIN = { headers: { "x-cloudtasks-taskretrycount": "1" } };
const NOT_YET = retryLater({ code: "not_yet", message: "Not yet." });
const LEASE_MS = leaseMsOf(TEST_QUEUES.default);

async function setUp() {
  const handlers = {
    claim: scriptedHandler(claimTaskType),
    natural: scriptedHandler(naturalTaskType),
    transaction: scriptedTransactionHandler(),
  };
  const worker = await setUpWorker(() => Object.values(handlers));
  const deliver = async (...delivery: Parameters<typeof worker.deliver>) => {
    const response = await worker.deliver(...delivery);
    return [response.status, response.headers.get("Handoff-Outcome")];
  };
  return { handlers, worker, deliver };
}

/** Starts an attempt at a claimed task and, once it runs, asks for a cancel. `end` says how it ends. */
async function askWhileRunning({ handlers, worker, deliver }: Awaited<ReturnType<typeof setUp>>) {
  const task = sealTask(claimTaskType, { n: 1 });
  const started = Promise.withResolvers<HandlerContext>();
  const { promise: told, resolve: end } = Promise.withResolvers<() => HandlerResult>();
  onTestFinished(() => end(() => NOT_YET));
  handlers.claim.steps(async (context) => {
    started.resolve(context);
    return (await told)();
  });
  const delivered = deliver(task);
  const context = await started.promise;
  expect(await context.isCancelled()).toBe(false);
  expect(await cancelTask(worker, task)).toMatchObject({ kind: "requested" });
  expect(await context.isCancelled()).toBe(true);
  return { task, context, delivered, end };
}

test.each([
  ["claim", claimTaskType, ["duplicate", "duplicate"], 0],
  ["transaction", transactionTaskType, ["duplicate", "duplicate"], 0],
  // Its first delivery reads nothing.
  ["natural", naturalTaskType, ["duplicate", "done"], 1],
] as const)(
  "a %s task that was cancelled before it ran is acknowledged and doesn't run when it comes again",
  async (kind, taskType, outcomes, runs) => {
    const { handlers, worker, deliver } = await setUp();
    const task = sealTask(taskType, { n: 1 });
    expect(await cancelTask(worker, task)).toMatchObject({ kind: "cancelled", mayHaveRun: kind === "natural" });
    const before = await worker.recordOf(task);

    const again = await deliver(task, AGAIN);
    const first = await deliver(task);

    expect([again, first]).toEqual(outcomes.map((outcome) => [200, outcome]));
    expect(handlers[kind].runs).toHaveLength(runs);
    expect(await worker.recordOf(task)).toEqual(before);
    expect(await worker.deadLetters()).toEqual([]);
  },
);

/** Ends of an attempt that was asked to end, with what the record then says. */
const ENDS: readonly (readonly [string, () => HandlerResult, object])[] = [
  [
    "asks for a retry",
    () => NOT_YET,
    { lastError: { code: "not_yet" }, attempts: 1, attemptLog: [{ outcome: "retry" }] },
  ],
  [
    "fails for good",
    () => failPermanently({ code: "gone", message: "Gone." }),
    { lastError: { code: "gone" }, attempts: 1, attemptLog: [{ outcome: "permanent" }] },
  ],
  [
    "meets a saturated dependency",
    () => saturated({ code: "busy", message: "Busy." }),
    { lastError: { code: "busy" }, attempts: 0, attemptLog: [{ outcome: "saturated" }] },
  ],
  [
    "throws",
    () => {
      throw new RangeError("late");
    },
    { lastError: { code: "handler_threw" }, attempts: 1, attemptLog: [{ outcome: "threw" }] },
  ],
];

test("an attempt that was asked to end ends its task as cancelled, however it ends, unless it succeeds", async () => {
  const running = await setUp();
  const { worker } = running;
  for (const [, how, record] of ENDS) {
    const { task, delivered, end } = await askWhileRunning(running);
    end(how);
    expect(await delivered).toEqual([200, "duplicate"]);
    const cancelled = { state: "cancelled", cancelledBy: CANCELLER, claimedAt: null, leaseMs: 0, ...record };
    expect(await worker.recordOf(task)).toMatchObject(cancelled);
  }
  const { task, delivered, end } = await askWhileRunning(running);
  end(() => succeeded("done"));
  expect(await delivered).toEqual([200, "done"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", result: "done" });
  expect(await worker.deadLetters()).toEqual([]);
});

test("an attempt that is lost after a cancel request leaves a task that the next delivery cancels", async () => {
  const running = await setUp();
  const { handlers, worker, deliver } = running;
  const { task, delivered, end } = await askWhileRunning(running);
  expect(await deliver(task, AGAIN)).toEqual([409, "busy"]);
  await worker.storeClock.advance(LEASE_MS + 1);

  expect(await deliver(task, AGAIN)).toEqual([200, "duplicate"]);
  end(() => succeeded("late"));

  expect(await delivered).toEqual([200, "duplicate"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", attemptLog: [{ outcome: "lost" }] });
  expect(handlers.claim.runs).toHaveLength(1);
});

test("a shutdown doesn't release a cancelled task: it ends", async () => {
  const running = await setUp();
  const { worker } = running;
  const { task, context, delivered, end } = await askWhileRunning(running);
  context.signal.addEventListener("abort", () => end(() => NOT_YET));
  const drained = worker.shutdown.drain();
  await worker.clock.advance(DRAIN_MS);
  expect([await delivered, await drained]).toEqual([[200, "duplicate"], true]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", attemptLog: [{ outcome: "released" }] });
});

test("a task that an earlier revision left waiting in spite of a cancel doesn't run again", async () => {
  const running = await setUp();
  const { handlers, worker, deliver } = running;
  const { task, delivered, end } = await askWhileRunning(running);
  // That revision knows nothing of cancelRequestedAt, and keeps it.
  await worker.db
    .collection(TASK_RECORDS)
    .doc(task.id)
    .update({ state: "waiting", owner: "other", fence: 2, claimedAt: null, leaseMs: 0 });
  expect(await deliver(task, AGAIN)).toEqual([200, "duplicate"]);
  end(() => NOT_YET);
  expect(await delivered).toEqual([200, "duplicate"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", fence: 2 });
  expect(handlers.claim.runs).toHaveLength(1);
});

test("a claim whose response is lost doesn't begin after a cancel request", async () => {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  const task = sealTask(claimTaskType, { n: 1 });
  const onEffect = async () => void (await cancelTask(worker, task));
  const lost = { rpc: "Commit", when: "after-effect", answer: { status: status.INTERNAL }, onEffect } as const;
  expect(await worker.deliverFaultily(task, [lost])).toEqual([200, "duplicate"]);
  expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", attempts: 0, attemptLog: [] });
  expect(handler.runs).toEqual([]);
});

test("a transaction's lock makes a cancel wait, and whichever commits first wins", async () => {
  const { handlers, worker, deliver } = await setUp();
  for (const [result, kind, ending] of [
    [succeeded(), "finished", [200, "done"]],
    [NOT_YET, "cancelled", [200, "duplicate"]],
  ] as const) {
    const task = sealTask(transactionTaskType, { n: 1 });
    const held = handlers.transaction.hold();
    const delivered = deliver(task);
    await held.started;
    const cancelling = cancelTask(worker, task);
    held.finish(result);
    expect([await delivered, await cancelling]).toMatchObject([ending, { kind }]);
    expect(await worker.recordOf(task)).toMatchObject({ state: kind === "finished" ? "succeeded" : "cancelled" });
  }
});

/** A type that looks for a cancel every second, and a handler that runs until `end`. */
async function setUpWatched(idempotency: "claim" | "natural") {
  const taskType = defineTask({ ...(idempotency === "claim" ? claimTaskType : naturalTaskType), cancelCheckMs: 1_000 });
  const handler = scriptedHandler(taskType);
  const worker = await setUpWorker(() => [handler]);
  const task = sealTask(taskType, { n: 1 });
  const started = Promise.withResolvers<AbortSignal>();
  const { promise: told, resolve: end } = Promise.withResolvers<HandlerResult>();
  onTestFinished(() => end(NOT_YET));
  handler.steps(({ signal }) => {
    started.resolve(signal);
    return told;
  });
  const delivered = worker.deliver(task);
  const signal = await started.promise;
  /** Lets a second pass, and the look for a cancel come to its end. */
  const look = async (): Promise<void> => {
    const reads = () => worker.emulator.calls.get("BatchGetDocuments") ?? 0;
    const before = reads();
    await worker.clock.advance(1_000);
    await expect.poll(reads).toBe(before + 1);
  };
  return {
    worker,
    handler,
    task,
    signal,
    end,
    look,
    outcome: async () => (await delivered).headers.get("Handoff-Outcome"),
  };
}

test.each(["claim", "natural"] as const)(
  "cancelCheckMs fires the signal of a %s task's handler after a cancel",
  async (kind) => {
    const { worker, task, signal, end, look, outcome } = await setUpWatched(kind);
    await look();
    await look();
    expect(signal.aborted).toBe(false);
    await cancelTask(worker, task);
    const aborted = once(signal, "abort");
    await worker.clock.advance(1_000);
    await aborted;
    expect(signal.reason).toMatchObject({ message: "The task was cancelled." });
    end(NOT_YET);
    expect(await outcome()).toBe("duplicate");
    const log = kind === "claim" ? [{ outcome: "cancelled" }] : [];
    expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", attemptLog: log });
  },
);

test("a handler that ignores the signal keeps its lease, and the next delivery finds the task cancelled", async () => {
  const { worker, handler, task, signal, outcome } = await setUpWatched("claim");
  await cancelTask(worker, task);
  const aborted = once(signal, "abort");
  await worker.clock.advance(1_000);
  await aborted;
  await worker.clock.advance(ABORT_GRACE_MS);
  expect(await outcome()).toBe("failed");
  expect(await worker.recordOf(task)).toMatchObject({ state: "running" });
  await worker.storeClock.advance(LEASE_MS + 1);
  expect((await worker.deliver(task, AGAIN)).headers.get("Handoff-Outcome")).toBe("duplicate");
  expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled" });
  expect(handler.runs).toHaveLength(1);
});

test("without cancelCheckMs there are no checks, and a handler that asks gets no if Firestore can't respond", async () => {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  const task = sealTask(claimTaskType, { n: 1 });
  const answers: boolean[] = [];
  handler.steps(async ({ isCancelled }) => {
    await worker.clock.advance(claimTaskType.timeoutMs / 2);
    expect(worker.callsSince()).toEqual({ Commit: 1 });
    await cancelTask(worker, task);
    const injected = worker.faults.inject({ rpc: "BatchGetDocuments", when: "before-effect", answer: "nothing" });
    const asking = isCancelled();
    await injected;
    await worker.clock.advance(RECORD_STORE_DEADLINE_MS);
    answers.push(await asking);
    return NOT_YET;
  });
  expect((await worker.deliver(task)).status).toBe(200);
  expect(answers).toEqual([false]);
});
