import { expect, test } from "vitest";
import { startCloudTasksEmulator } from "../../../../src/cloud-tasks/emulator.ts";
import type { QueueDefinition } from "../../../../src/cloud-tasks/state/queue-definition.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { createTask, startHarness } from "../support/harness.ts";

const PARENT = "projects/my-project/locations/europe-west1";

test("creates the queues in its options, which are in the API's own terms", async () => {
  const { client } = await startHarness({
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

test("uses the burst size in a queue's definition until its rate is updated", async () => {
  const clock = new VirtualClock();
  const name = `${PARENT}/queues/q`;
  const harness = await startHarness({
    clock,
    queues: [{ name, rateLimits: { maxDispatchesPerSecond: 1, maxBurstSize: 2 }, state: "PAUSED" }],
  });
  for (let n = 0; n < 5; n++) await createTask(harness, name);
  await harness.client.resumeQueue({ name });
  await clock.advance(0);
  expect(harness.receiver.received).toHaveLength(2);
  const [updated] = await harness.client.updateQueue({
    queue: { name, rateLimits: { maxDispatchesPerSecond: 1 } },
    updateMask: { paths: ["rate_limits"] },
  });
  expect(updated.rateLimits?.maxBurstSize).toBe(10);
});

test("a queue can be defined without doublings, and then waits longer by one step each time", async () => {
  const clock = new VirtualClock();
  const name = `${PARENT}/queues/q`;
  const retryConfig = { minBackoff: "10s", maxBackoff: "1h", maxDoublings: 0 };
  const harness = await startHarness({ clock, queues: [{ name, retryConfig }] });
  harness.receiver.respondWith(() => 500);
  await createTask(harness, name);
  await clock.advance("100s");
  const startMs = harness.emulator.history()[0]?.dispatchedMs ?? 0;
  const dispatchedS = harness.emulator.history().map(({ dispatchedMs }) => (dispatchedMs - startMs) / 1000);
  expect(dispatchedS).toEqual([0, 10, 30, 60, 100]);
});

test("changes the settings of a stored queue, but not its tasks and its state", async () => {
  const dataDir = temporaryFolder();
  const name = `${PARENT}/queues/q`;
  const clock = new VirtualClock();
  const first = await startHarness({ clock, dataDir, queues: [{ name }] });
  await createTask(first, name, { id: "kept", dueMs: clock.now() + 1000 });
  await first.client.pauseQueue({ name });
  await first.emulator.stop();
  const second = await startHarness({ clock, dataDir, queues: [{ name, retryConfig: { maxAttempts: 3 } }] });
  const [queue] = await second.client.getQueue({ name });
  expect(queue).toMatchObject({ state: "PAUSED", retryConfig: { maxAttempts: 3 } });
  expect((await second.client.listTasks({ parent: name }))[0]).toHaveLength(1);
});

const wrong: readonly { queues: QueueDefinition[]; says: string }[] = [
  { queues: [{ name: "under_score" }], says: '"under_score": its name must be' },
  { queues: [{ name: "projects/p/queues/q" }], says: "its name must be" },
  { queues: [{ name: "q", rateLimits: { maxDispatchesPerSecond: 501 } }], says: "less than or equal to 500" },
  { queues: [{ name: "q", rateLimits: { maxBurstSize: 0 } }], says: "maxBurstSize must be at least 1" },
  { queues: [{ name: "q", retryConfig: { minBackoff: "soon" } }], says: '"soon" is not a duration' },
  { queues: [{ name: "q", retryConfig: { minBackoff: "2h" } }], says: "less than or equal to RetryConfig.maxBackoff" },
  { queues: [{ name: "q" }, { name: "projects/emulated/locations/local/queues/q" }], says: "defined twice" },
];

test.each(wrong)("refuses to start with an invalid definition of a queue: $says", async ({ queues, says }) => {
  await expect(startCloudTasksEmulator({ queues })).rejects.toMatchObject({
    code: "INVALID_QUEUE",
    message: expect.stringContaining(says),
  });
});
