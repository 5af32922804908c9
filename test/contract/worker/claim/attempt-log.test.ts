import { expect, test } from "vitest";
import { succeeded } from "../../../../services/worker/runner/handler.ts";
import { LEASE_MARGIN_MS } from "../../../../shared/contract/queues.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";
import { claimTaskType, scriptedHandler } from "../../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../../harness/worker/worker-harness.ts";

const LEASE_MS = TEST_QUEUES.default.dispatchDeadlineMs + LEASE_MARGIN_MS;

test("a record shows how each of its attempts ended, and the lost one", async () => {
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler]);
  const task = sealTask(claimTaskType, { n: 93_817_465 });
  handler.steps(() => {
    throw new RangeError("93817465 is out of range");
  });
  expect((await worker.deliver(task)).status).toBe(500);
  const held = handler.hold();
  const lost = worker.deliver(task);
  await held.started;
  await worker.storeClock.advance(LEASE_MS);
  expect((await worker.deliver(task)).status).toBe(200);
  held.finish(succeeded());
  await lost;

  const record = await worker.recordOf(task);

  const by = { hop: 0, instance: "test/1" };
  expect(record).toMatchObject({
    attempts: 3,
    claimedBy: null,
    attemptLog: [
      {
        ...by,
        attempt: 1,
        outcome: "threw",
        code: "handler_threw",
        message: "RangeError: [payload] is out of range",
        stack: expect.stringMatching(/^at .*attempt-log\.test\.ts:\d+/),
      },
      { ...by, attempt: 2, outcome: "lost", endedAt: null, code: null },
      { ...by, attempt: 3, outcome: "succeeded", code: null, message: null, stack: null },
    ],
  });
});
