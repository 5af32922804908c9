import { status } from "@grpc/grpc-js";
import { type TestContext, describe, expect, it } from "vitest";
import { succeeded } from "../../../../services/worker/runner/handler.ts";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { RECORD_STORE_DEADLINE_MS } from "../../../../shared/contract/queues.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import type { Fault } from "../../../harness/network/fault-proxy.ts";
import { setUpFaultyWorker } from "../../../harness/worker/faulty-worker-harness.ts";
import { claimTaskType, scriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";

async function setup({ onTestFinished }: TestContext) {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  return { handler, worker, task: sealTask(claimTaskType, { n: 1 }) };
}

const CLAIM = { rpc: "Commit" };
/** A task without a record is claimed by one commit, so the next one settles. */
const SETTLE = { rpc: "Commit", skip: 1 };
const READ = { rpc: "BatchGetDocuments" };

/** Makes the worker read the record instead of creating it. */
const NO_CREATE: Fault = { ...CLAIM, when: "before-effect", answer: { status: status.INTERNAL } };

describe("a commit that claims", () => {
  it("isn't repeated by an attempt that reads its own claim", async (context) => {
    const { handler, worker, task } = await setup(context);
    const lost: Fault = { ...CLAIM, when: "after-effect", answer: { status: status.INTERNAL } };
    worker.callsSince();

    expect(await worker.deliverFaultily(task, [lost])).toEqual([200, "done"]);

    // It creates the record, reads it and settles it.
    expect(worker.callsSince()).toMatchObject({ BatchGetDocuments: 1, Commit: 2 });
    expect(handler.runs).toHaveLength(1);
  });

  it("doesn't run a task that was cancelled before the worker learns that the claim was its own", async (context) => {
    const { handler, worker, task } = await setup(context);
    const lost = worker.faults.inject({ ...CLAIM, when: "after-effect", answer: { status: status.INTERNAL } });
    // The client retries this read after a pause, during which the task is cancelled.
    const unread = worker.faults.inject({ ...READ, when: "before-effect", answer: { status: status.UNAVAILABLE } });
    const delivered = worker.deliver(task);
    await Promise.all([lost, unread]);
    await worker.db.collection(TASK_RECORDS).doc(task.id).update({ state: "cancelled" });

    const answer = await delivered;

    expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "duplicate"]);
    expect(handler.runs).toHaveLength(0);
    expect(await worker.recordOf(task)).toMatchObject({ state: "cancelled", fence: 1 });
  });

  it("leaves nothing behind if it has no effect and gets no response", async (context) => {
    const { handler, worker, task } = await setup(context);

    const ending = await worker.deliverFaultily(task, [{ ...CLAIM, when: "before-effect", answer: "nothing" }]);

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.recordOf(task)).toBeNull();
    expect(handler.runs).toHaveLength(0);
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 1, attempts: 1 });
    expect(handler.runs).toHaveLength(1);
  });

  it.for<[string, Fault[]]>([
    ["its response", [{ ...CLAIM, when: "after-effect", answer: "nothing" }]],
    [
      "its response and that of the read after it",
      [
        { ...CLAIM, when: "after-effect", answer: { status: status.INTERNAL } },
        { ...READ, when: "before-effect", answer: "nothing" },
      ],
    ],
  ])("holds the task for one lease if it loses %s", async ([, spoiled], context) => {
    const { handler, worker, task } = await setup(context);

    const ending = await worker.deliverFaultily(task, spoiled);

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "running", fence: 1 });
    expect(handler.runs).toHaveLength(0);
    expect(await worker.redeliver(task)).toEqual([
      [409, "busy"],
      [200, "done"],
    ]);
    expect(handler.runs).toHaveLength(1);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2 });
    expect(await worker.deadLetters()).toEqual([]);
  });
});

describe("a claim that takes effect after the worker gave up on it", () => {
  const away = { when: "before-effect", answer: { status: status.UNAVAILABLE }, times: 1_000 } as const;

  it.concurrent.for<[string, Fault[]]>([
    ["creating the record", [{ ...CLAIM, ...away }]],
    ["reading the record", [NO_CREATE, { ...READ, ...away }]],
  ])("is released, so that the task keeps its only attempt: %s", async ([, spoiled], { expect, onTestFinished }) => {
    const handler = scriptedHandler({ ...claimTaskType, attempts: 1 });
    const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
    const task = sealTask(claimTaskType, { n: 1 });
    const injected = Promise.all(spoiled.map((fault) => worker.faults.inject(fault)));
    const delivered = worker.deliver(task);
    await injected;
    await worker.clock.advance(RECORD_STORE_DEADLINE_MS);
    expect((await delivered).status).toBe(503);

    worker.faults.calm();

    await expect.poll(async () => (await worker.recordOf(task))?.state, { timeout: 100_000 }).toBe("waiting");
    expect(handler.runs).toHaveLength(0);
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
    expect(await worker.deadLetters()).toEqual([]);
  });
});

describe("a claim whose response a process sees only after a pause", () => {
  /** The step's time is up when the response to the commit arrives, and no timer has fired yet. */
  async function deliverLate(worker: Awaited<ReturnType<typeof setup>>["worker"], task: Envelope) {
    const wakeTooLate = (): Promise<void> => {
      const now = worker.clock.now() + RECORD_STORE_DEADLINE_MS + 1;
      Object.assign(worker.clock, { now: () => now });
      return Promise.resolve();
    };
    void worker.faults.inject({ ...CLAIM, when: "after-effect", answer: "its-own", onArrival: wakeTooLate });
    const answer = await worker.deliver(task);
    return [answer.status, answer.headers.get("Handoff-Outcome")];
  }

  it("doesn't run, and is released", async (context) => {
    const { handler, worker, task } = await setup(context);

    expect(await deliverLate(worker, task)).toEqual([503, "unavailable"]);

    expect(handler.runs).toHaveLength(0);
    await expect.poll(() => worker.recordOf(task)).toMatchObject({ state: "waiting", fence: 1, attempts: 0 });
    expect(worker.logged.join()).toContain("late-claim");
    expect(worker.logged.join()).not.toContain("the record store can't be reached");
  });

  it("still learns that the task is done", async (context) => {
    const { worker, task } = await setup(context);
    await worker.deliver(task);

    expect(await deliverLate(worker, task)).toEqual([200, "duplicate"]);
  });
});

describe("a commit that settles", () => {
  it("isn't acknowledged if it has no effect and gets no response: the task runs again after the lease", async (context) => {
    const { handler, worker, task } = await setup(context);

    const ending = await worker.deliverFaultily(task, [{ ...SETTLE, when: "before-effect", answer: "nothing" }]);

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "running", fence: 1 });
    expect(await worker.redeliver(task)).toEqual([
      [409, "busy"],
      [200, "done"],
    ]);
    expect(handler.runs).toHaveLength(2);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2, attempts: 2 });
    expect(await worker.deadLetters()).toEqual([]);
  });

  it.for<[string, Fault[]]>([
    ["its response", [{ ...SETTLE, when: "after-effect", answer: "nothing" }]],
    [
      "its response and that of the read after it",
      [
        { ...SETTLE, when: "after-effect", answer: { status: status.INTERNAL } },
        { ...READ, when: "before-effect", answer: "nothing" },
      ],
    ],
  ])("is found by the next delivery if it loses %s", async ([, spoiled], context) => {
    const { handler, worker, task } = await setup(context);

    const ending = await worker.deliverFaultily(task, spoiled);

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.redeliver(task)).toEqual([[200, "duplicate"]]);
    expect(handler.runs).toHaveLength(1);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 1, attempts: 1 });
  });
});

describe("a commit that keeps another payload's dead letter", () => {
  it("isn't acknowledged until the letter is known to be stored", async (context) => {
    const { handler, worker } = await setup(context);
    const original = sealTask(claimTaskType, { n: 1 }, "one key");
    const impostor = sealTask(claimTaskType, { n: 2 }, "one key");
    await worker.deliver(original);

    const ending = await worker.deliverFaultily(impostor, [
      NO_CREATE,
      { ...CLAIM, when: "after-effect", answer: "nothing" },
    ]);

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.redeliver(impostor)).toEqual([[200, "dead"]]);
    expect(await worker.deadLetters()).toHaveLength(1);
    expect(handler.runs).toHaveLength(1);
  });
});

describe("a read whose response is lost", () => {
  const LOST_READ: Fault = { ...READ, when: "after-effect", answer: { status: status.ABORTED } };

  it("doesn't keep an attempt from recording its success", async (context) => {
    const { handler, worker, task } = await setup(context);

    const ending = await worker.deliverFaultily(task, [{ ...NO_CREATE, ...SETTLE }, LOST_READ]);

    expect(ending).toEqual([200, "done"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 1, attempts: 1 });
    expect(handler.runs).toHaveLength(1);
  });

  it("doesn't keep the owner of a task from recording its success", async (context) => {
    const { handler, worker, task } = await setup(context);
    const held = handler.hold();
    const owner = worker.deliver(task);
    await held.started;

    const other = await worker.deliverFaultily(task, [LOST_READ], { retryCount: 1 });
    held.finish(succeeded());

    expect(other).toEqual([409, "busy"]);
    expect((await owner).status).toBe(200);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 1, attempts: 1 });
  });
});
