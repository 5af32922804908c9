import { status } from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import { DEAD_LETTERS, conflictLetterId } from "../../../shared/records/letters/dead-letter.ts";
import { setUpFaultyWorker } from "../../harness/worker/faulty-worker-harness.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
} from "../../harness/worker/scripted-handler.ts";
import { sealTask } from "../../harness/worker/worker-harness.ts";

const HANDLERS = {
  claim: () => scriptedHandler(claimTaskType),
  natural: () => scriptedHandler(naturalTaskType),
  transaction: scriptedTransactionHandler,
} as const;
const KINDS = ["claim", "natural", "transaction"] as const;

async function setUpConflict(kind: (typeof KINDS)[number]) {
  const handler = HANDLERS[kind]();
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  const { taskType } = handler;
  const task = sealTask(taskType, { n: 1 });
  const other = { ...sealTask(taskType, { n: 2 }), id: task.id };
  handler.steps(() => ({ kind: "retry", error: { code: "later", message: "Later." } }));
  await worker.deliver(task);
  const letter = worker.db.collection(DEAD_LETTERS).doc(conflictLetterId(task.id, other.payloadHash));
  return { worker, handler, other, letter };
}

it.each(KINDS)("a conflict of a %s task is kept, once, and doesn't run", async (kind) => {
  const { worker, handler, other, letter } = await setUpConflict(kind);

  for (const retryCount of [1, 2]) {
    expect(await worker.deliverFaultily(other, [], { retryCount })).toEqual([200, "dead"]);
  }

  expect((await letter.get()).data()).toMatchObject({
    status: "open",
    code: "payload_conflict",
    payloadJson: '{"n":2}',
  });
  expect(await worker.deadLetters()).toHaveLength(1);
  expect(handler.runs).toHaveLength(1);
});

it.each(KINDS)("a conflict of a %s task that was replayed stays replayed", async (kind) => {
  const { worker, other, letter } = await setUpConflict(kind);
  await worker.deliverFaultily(other, [], { retryCount: 1 });
  const replay = { status: "replayed", replayedAs: "0123456789abcdef0123456789abcdef-default", replays: 1 };
  await letter.update(replay);

  expect(await worker.deliverFaultily(other, [], { retryCount: 2 })).toEqual([200, "dead"]);

  expect((await letter.get()).data()).toMatchObject(replay);
});

it("a conflict of a transaction whose commit's response is lost is kept, too", async () => {
  const { worker, other, letter } = await setUpConflict("transaction");
  const lost = { rpc: "Commit", when: "after-effect", answer: { status: status.UNAVAILABLE } } as const;

  expect(await worker.deliverFaultily(other, [lost], { retryCount: 1 })).toEqual([200, "dead"]);

  expect((await letter.get()).get("status")).toBe("open");
});
