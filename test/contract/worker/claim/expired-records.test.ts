import { Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { retryLater } from "../../../../services/worker/runner/handler.ts";
import { TASK_RECORDS } from "../../../../shared/records/task-record.ts";
import {
  claimTaskType,
  naturalTaskType,
  scriptedHandler,
  scriptedTransactionHandler,
} from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

const NOT_YET = () => retryLater({ code: "not_yet", message: "Not yet." });
const SOON = () => retryLater({ code: "soon", message: "Soon." });

const AGAIN = { headers: { "x-cloudtasks-taskretrycount": "1" } };

/** With the attempt numbers that handlers see; for natural tasks that is always 1. */
test.each([
  ["claim", () => scriptedHandler(claimTaskType), [1, 2, 1, 2]],
  ["transaction", scriptedTransactionHandler, [1, 2, 1, 2]],
  ["natural", () => scriptedHandler(naturalTaskType), [1, 1, 1, 1]],
] as const)("a %s task's expired record leaves nothing but its fence", async (_, makeHandler, attempts) => {
  const handler = makeHandler().steps(NOT_YET, NOT_YET, SOON);
  const worker = await setUpWorker(() => [handler]);
  const task = sealTask(handler.taskType, { n: 1 });
  await worker.deliver(task);
  await worker.deliver(task, AGAIN);
  const old = await worker.recordOf(task);
  // TTL deletion can lag a day.
  const expireAt = Timestamp.fromMillis(worker.storeClock.now());
  await worker.db.collection(TASK_RECORDS).doc(task.id).update({ expireAt });
  await worker.storeClock.advance(1_000);

  const answers = [await worker.deliver(task), await worker.deliver(task, AGAIN)];

  expect(answers.map(({ status }) => status)).toEqual([424, 200]);
  expect(handler.runs.map(({ attempt }) => attempt)).toEqual(attempts);
  const record = await worker.recordOf(task);
  expect(record).toMatchObject({ fence: 4, attempts: 2 });
  expect(record?.firstSeenAt?.toMillis()).toBeGreaterThan(old?.firstSeenAt?.toMillis() ?? Infinity);
});
