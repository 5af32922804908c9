import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { bindTransactionHandler, succeeded } from "../../../../services/worker/runner/handler.ts";
import { transactionTaskType } from "../../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../../harness/worker/worker-harness.ts";
import { startCountedWorker } from "../cost/harness.ts";

const LOST_LOCK = { rpc: "Commit", when: "before-effect", answer: { status: status.ABORTED } } as const;

/** A worker whose one handler adds a document to `effects`. */
async function setup() {
  const { worker, faults, count } = await startCountedWorker((db) => [
    bindTransactionHandler(transactionTaskType, async ({ n }, { transaction }) => {
      transaction.create(db.collection("effects").doc(), { n });
      return succeeded({ n });
    }),
  ]);
  const task = sealTask(transactionTaskType, { n: 1 });
  const outcomeOf = async (): Promise<string | null> => (await worker.deliver(task)).headers.get("Handoff-Outcome");
  const countEffects = async (): Promise<number> => (await worker.db.collection("effects").get()).size;
  return { faults, count, outcomeOf, countEffects, recordOf: () => worker.recordOf(task) };
}

test("a delivery that loses its lock to one that does the task is a duplicate, without another transaction", async () => {
  const { faults, count, outcomeOf, countEffects, recordOf } = await setup();
  let other: Promise<string | null> | undefined;
  const meetAnother = async (): Promise<void> => {
    other = outcomeOf();
    await faults.waitUntilStuck(new AbortController().signal);
  };
  void faults.inject({ ...LOST_LOCK, onEffect: meetAnother });

  const { outcome, calls } = await count(outcomeOf);

  expect([outcome, await other]).toEqual(["duplicate", "done"]);
  // The other delivery's: that of this one was refused, and there was no second.
  expect(calls["Commit"]).toBe(1);
  expect(await recordOf()).toMatchObject({ state: "succeeded", attempts: 1 });
  expect(await countEffects()).toBe(1);
});

test("a delivery that loses its lock and finds nothing done tries again, and does the task", async () => {
  const { faults, count, outcomeOf, countEffects } = await setup();
  void faults.inject(LOST_LOCK);

  const { outcome, calls } = await count(outcomeOf);

  expect(outcome).toBe("done");
  expect(calls["Commit"]).toBe(1);
  expect(await countEffects()).toBe(1);
});
