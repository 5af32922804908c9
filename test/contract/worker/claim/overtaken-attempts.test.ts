import { status } from "@grpc/grpc-js";
import { type TestContext, expect, test } from "vitest";
import { retryLater } from "../../../../services/worker/runner/handler.ts";
import { setUpFaultyWorker } from "../../../harness/worker/faulty-worker-harness.ts";
import {
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
} from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

const NOT_YET = retryLater({ code: "not_yet", message: "Not yet." });
const LOST = { rpc: "Commit", when: "after-effect", answer: { status: status.INTERNAL } } as const;
const LOST_BEFORE = { ...LOST, when: "before-effect" } as const;

/** How many reads come before the one that checks whether the commit took effect. */
const KINDS = [
  ["natural", () => scriptedHandler(naturalTaskType), 1],
  ["transaction", scriptedTransactionHandler, 2],
] as const;

test.for(KINDS)(
  "a %s attempt that has not heard that its failure was recorded is not counted again below another's",
  async ([, makeHandler, reads], context) => {
    const { record, worker, task } = await failOvertaken(makeHandler, { reads, spoiled: LOST }, context);

    expect(record).toMatchObject({ state: "waiting", attempts: 2, fence: 2 });
    expect(await worker.redeliver(task)).toEqual([[200, "done"]]);
  },
);

test.for(KINDS)(
  "a %s attempt whose failure wasn't recorded is still counted if another's was",
  async ([, makeHandler, reads], context) => {
    const { record } = await failOvertaken(makeHandler, { reads, spoiled: LOST_BEFORE }, context);

    expect(record).toMatchObject({ state: "waiting", attempts: 2, fence: 2 });
  },
);

/**
 * Two attempts fail: the second one between a commit of the first that gets no response and the read that checks for
 * it.
 */
async function failOvertaken(
  makeHandler: () => ReturnType<typeof scriptedHandler>,
  { reads, spoiled }: { readonly reads: number; readonly spoiled: typeof LOST | typeof LOST_BEFORE },
  { onTestFinished }: TestContext,
) {
  const handler = makeHandler().steps(
    () => NOT_YET,
    () => NOT_YET,
  );
  const worker = await setUpFaultyWorker(() => [handler], onTestFinished);
  const reachFirestore = () => Promise.resolve(worker.emulator);
  const another = await setUpWorker(() => [handler], { reachFirestore, onTestFinished });
  const task = sealTask(handler.taskType, { n: 1 });
  const again = { headers: { "x-cloudtasks-taskretrycount": "1" } };

  const ending = await worker.deliverFaultily(task, [
    spoiled,
    {
      rpc: "BatchGetDocuments",
      skip: reads,
      when: "after-effect",
      answer: "its-own",
      onArrival: async () => void (await another.deliver(task, again)),
    },
  ]);

  expect(ending).toEqual([424, "retry"]);
  return { worker, task, record: await worker.recordOf(task) };
}
