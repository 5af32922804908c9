import { expect, test } from "vitest";
import { startCloudTasksEmulator } from "../../../../src/cloud-tasks/emulator.ts";
import type { QueueDefinition } from "../../../../src/cloud-tasks/state/queue-definition.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { createTask, startBundle } from "../support/harness.ts";

const PARENT = "projects/my-project/locations/europe-west1";

test("begins with the queues that it is given, in the API's own terms", async () => {
  const { client } = await startBundle({
    project: "my-project",
    location: "europe-west1",
    queues: [
      {
        name: "short",
        rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 2, maxBurstSize: 3 },
        retryConfig: {
          maxAttempts: 7,
          maxDoublings: 2,
          minBackoff: "0.5s",
          maxBackoff: 60_000,
          maxRetryDuration: "2d",
        },
      },
      { name: "projects/elsewhere/locations/there/queues/full", state: "PAUSED" },
    ],
  });
  const [short] = await client.getQueue({ name: `${PARENT}/queues/short` });
  expect(short).toMatchObject({
    state: "RUNNING",
    rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 2, maxBurstSize: 3 },
    retryConfig: {
      maxAttempts: 7,
      maxDoublings: 2,
      minBackoff: { seconds: "0", nanos: 500_000_000 },
      maxBackoff: { seconds: "60", nanos: 0 },
      maxRetryDuration: { seconds: "172800", nanos: 0 },
    },
  });
  const [full] = await client.getQueue({ name: "projects/elsewhere/locations/there/queues/full" });
  expect(full).toMatchObject({ state: "PAUSED", retryConfig: { maxAttempts: 100 } });
});

test("goes by the burst that a queue is defined with, until its rate is updated", async () => {
  const clock = new VirtualClock();
  const name = `${PARENT}/queues/q`;
  const bundle = await startBundle({
    clock,
    queues: [{ name, rateLimits: { maxDispatchesPerSecond: 1, maxBurstSize: 2 }, state: "PAUSED" }],
  });
  for (let n = 0; n < 5; n++) await createTask(bundle, name);
  await bundle.client.resumeQueue({ name });
  await clock.advance(0);
  expect(bundle.receiver.received).toHaveLength(2);
  const [updated] = await bundle.client.updateQueue({
    queue: { name, rateLimits: { maxDispatchesPerSecond: 1 } },
    updateMask: { paths: ["rate_limits"] },
  });
  expect(updated.rateLimits?.maxBurstSize).toBe(10);
});

test("no doublings at all can be defined, and wait longer by one step each time", async () => {
  const clock = new VirtualClock();
  const name = `${PARENT}/queues/q`;
  const retryConfig = { minBackoff: "10s", maxBackoff: "1h", maxDoublings: 0 };
  const bundle = await startBundle({ clock, queues: [{ name, retryConfig }] });
  bundle.receiver.answerWith(() => 500);
  await createTask(bundle, name);
  await clock.advance("100s");
  const startMs = bundle.emulator.history()[0]?.dispatchedMs ?? 0;
  const dispatchedS = bundle.emulator.history().map(({ dispatchedMs }) => (dispatchedMs - startMs) / 1000);
  expect(dispatchedS).toEqual([0, 10, 30, 60, 100]);
});

test("changes the settings of a queue that is kept, and leaves its tasks and its state", async () => {
  const dataDir = temporaryFolder();
  const name = `${PARENT}/queues/q`;
  const clock = new VirtualClock();
  const first = await startBundle({ clock, dataDir, queues: [{ name }] });
  await createTask(first, name, { id: "kept", dueMs: clock.now() + 1000 });
  await first.client.pauseQueue({ name });
  await first.emulator.stop();
  const second = await startBundle({ clock, dataDir, queues: [{ name, retryConfig: { maxAttempts: 3 } }] });
  const [queue] = await second.client.getQueue({ name });
  expect(queue).toMatchObject({ state: "PAUSED", retryConfig: { maxAttempts: 3 } });
  expect((await second.client.listTasks({ parent: name }))[0]).toHaveLength(1);
});

const wrong: readonly { queues: QueueDefinition[]; says: string }[] = [
  { queues: [{ name: "under_score" }], says: '"under_score": its name is neither' },
  { queues: [{ name: "projects/p/queues/q" }], says: "its name is neither" },
  { queues: [{ name: "q", rateLimits: { maxDispatchesPerSecond: 501 } }], says: "less than or equal to 500" },
  { queues: [{ name: "q", rateLimits: { maxBurstSize: 0 } }], says: "maxBurstSize must be at least 1" },
  { queues: [{ name: "q", retryConfig: { minBackoff: "soon" } }], says: '"soon" is no duration' },
  { queues: [{ name: "q", retryConfig: { minBackoff: "2h" } }], says: "less than or equal to RetryConfig.maxBackoff" },
  { queues: [{ name: "q" }, { name: "projects/emulated/locations/local/queues/q" }], says: "defined twice" },
];

test.each(wrong)("refuses to start with a queue that is defined wrongly: $says", async ({ queues, says }) => {
  await expect(startCloudTasksEmulator({ queues })).rejects.toMatchObject({
    code: "INVALID_QUEUE",
    message: expect.stringContaining(says),
  });
});
