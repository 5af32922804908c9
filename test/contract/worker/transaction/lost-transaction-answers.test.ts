import { status } from "@grpc/grpc-js";
import type { Firestore } from "@google-cloud/firestore";
import { type TestContext, describe, expect, it } from "vitest";
import {
  type HandlerResult,
  bindTransactionHandler,
  retryLater,
  succeeded,
} from "../../../../services/worker/runner/handler.ts";
import { ABORT_GRACE_MS } from "../../../../shared/contract/queues.ts";
import { setUpFaultyWorker } from "../../../harness/worker/faulty-worker-harness.ts";
import { naturalTaskType, scriptedHandler, transactionTaskType } from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";

/** A transaction loses its locks after a minute without activity. */
const LOCKS_LOST_MS = 61_000;

/** How long until the worker gives up on a handler that hasn't ended. */
const GIVEN_UP_MS = transactionTaskType.timeoutMs + ABORT_GRACE_MS;

const COMMIT = { rpc: "Commit" };
const READ = { rpc: "BatchGetDocuments" };

const NOT_YET = retryLater({ code: "not_yet", message: "Not yet." });

/**
 * A worker whose one handler adds a document to `effects`, then ends as told, in order, and after that with success.
 */
async function setupTransaction({ onTestFinished }: TestContext, ...ends: HandlerResult[]) {
  const effectsIn = (db: Firestore) => db.collection("effects");
  const worker = await setUpFaultyWorker(
    (db) => [
      bindTransactionHandler(transactionTaskType, async ({ n }, { transaction }) => {
        transaction.create(effectsIn(db).doc(), { n });
        return ends.shift() ?? succeeded({ n });
      }),
    ],
    onTestFinished,
  );
  const countEffects = async () => (await effectsIn(worker.db).get()).size;
  return { worker, countEffects, task: sealTask(transactionTaskType, { n: 1 }) };
}

describe("the commit of a transaction task", () => {
  it("isn't acknowledged if it has no effect and gets no response: the next delivery has the only effect", async (context) => {
    const { worker, countEffects, task } = await setupTransaction(context);

    const ending = await worker.deliverFaultily(task, [{ ...COMMIT, when: "before-effect", answer: "nothing" }], {
      waitMs: GIVEN_UP_MS,
    });

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.recordOf(task)).toBeNull();
    expect(await countEffects()).toBe(0);
    await worker.storeClock.advance(LOCKS_LOST_MS);
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
    expect(await countEffects()).toBe(1);
  });

  it("is found by the next delivery if it has its effect and gets no response", async (context) => {
    const { worker, countEffects, task } = await setupTransaction(context);

    const ending = await worker.deliverFaultily(task, [{ ...COMMIT, when: "after-effect", answer: "nothing" }], {
      waitMs: GIVEN_UP_MS,
    });

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.redeliver(task)).toEqual([[200, "duplicate"]]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 1, attempts: 1 });
    expect(await countEffects()).toBe(1);
  });

  it("counts as done if it had its effect and time ran out before that was known", async (context) => {
    const { worker, countEffects, task } = await setupTransaction(context, NOT_YET, NOT_YET);
    await worker.deliver(task);
    await worker.deliver(task);

    const injected = worker.faults.inject({ ...COMMIT, when: "after-effect", answer: { status: status.INTERNAL } });
    const delivered = worker.deliver(task);
    await injected;
    await worker.clock.advance(transactionTaskType.timeoutMs);
    const answer = await delivered;

    expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([200, "done"]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 3, attempts: 3, result: { n: 1 } });
    expect(await countEffects()).toBe(1);
    expect(await worker.deadLetters()).toEqual([]);
  });
});

describe("a transaction that is not committed before its time is up", () => {
  it("gets 503 and isn't counted, since its handler hasn't failed", async (context) => {
    const { worker, countEffects, task } = await setupTransaction(context);

    const injected = worker.faults.inject({ ...COMMIT, when: "before-effect", answer: { status: status.ABORTED } });
    const delivered = worker.deliver(task);
    await injected;
    await worker.clock.advance(transactionTaskType.timeoutMs);
    const answer = await delivered;

    expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([503, "unavailable"]);
    expect(await worker.recordOf(task)).toBeNull();
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
    expect(await countEffects()).toBe(1);
  });
});

describe("a transaction whose handler is told to stop", () => {
  it("fails, whatever its handler then throws", async ({ onTestFinished }) => {
    const started = Promise.withResolvers<void>();
    const away = Object.assign(new Error("Something is away."), { code: status.UNAVAILABLE });
    const handler = bindTransactionHandler(transactionTaskType, (_, { signal }) => {
      started.resolve();
      return new Promise((__, reject) => signal.addEventListener("abort", () => reject(away)));
    });
    const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
    const task = sealTask(transactionTaskType, { n: 1 });

    const delivered = worker.deliver(task);
    await started.promise;
    await worker.clock.advance(transactionTaskType.timeoutMs);
    const answer = await delivered;

    expect([answer.status, answer.headers.get("Handoff-Outcome")]).toEqual([500, "failed"]);
    expect(await worker.recordOf(task)).toMatchObject({
      state: "waiting",
      attempts: 1,
      lastError: { code: "timeout" },
    });
  });
});

describe("the read of a transaction task's record", () => {
  it("leaves nothing behind when it gets no response", async (context) => {
    const { worker, countEffects, task } = await setupTransaction(context);

    const ending = await worker.deliverFaultily(task, [{ ...READ, when: "before-effect", answer: "nothing" }], {
      waitMs: GIVEN_UP_MS,
    });

    expect(ending).toEqual([503, "unavailable"]);
    expect(await worker.recordOf(task)).toBeNull();
    expect(await countEffects()).toBe(0);
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
    expect(await countEffects()).toBe(1);
  });
});

async function setupNatural({ onTestFinished }: TestContext) {
  const handler = scriptedHandler(naturalTaskType);
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  return { handler, worker, task: sealTask(naturalTaskType, { n: 1 }) };
}

describe("the commit that records a natural task's failure", () => {
  it.for([
    ["before-effect", null],
    ["after-effect", { state: "waiting", attempts: 1 }],
  ] as const)("leads to a 503 when it gets no response: %s", async ([when, recorded], context) => {
    const { handler, worker, task } = await setupNatural(context);
    handler.steps(() => NOT_YET);

    const ending = await worker.deliverFaultily(task, [{ ...COMMIT, when, answer: "nothing" }]);

    expect(ending).toEqual([503, "unavailable"]);
    const record = await worker.recordOf(task);
    expect(record && { state: record.state, attempts: record.attempts }).toEqual(recorded);
    await worker.storeClock.advance(LOCKS_LOST_MS);
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
    expect(handler.runs).toHaveLength(2);
    expect(await worker.deadLetters()).toEqual([]);
  });
});

describe("the commit that closes the record of a natural task that had failed", () => {
  it.for([
    ["before-effect", "waiting", "done"],
    ["after-effect", "succeeded", "duplicate"],
  ] as const)("leaves the task unacknowledged when it gets no response: %s", async (cell, context) => {
    const [when, state, outcome] = cell;
    const { handler, worker, task } = await setupNatural(context);
    handler.steps(() => NOT_YET);
    await worker.deliver(task);

    const ending = await worker.deliverFaultily(task, [{ ...COMMIT, when, answer: "nothing" }], { retryCount: 1 });

    expect(ending).toEqual([503, "unavailable"]);
    expect((await worker.recordOf(task))?.state).toBe(state);
    await worker.storeClock.advance(LOCKS_LOST_MS);
    expect(await worker.redeliver(task)).toEqual([[200, outcome]]);
    expect(await worker.recordOf(task)).toMatchObject({ state: "succeeded", fence: 2, attempts: 2 });
  });
});
