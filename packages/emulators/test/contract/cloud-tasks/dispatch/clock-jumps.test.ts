import { expect, test } from "vitest";
import { jumpingClock } from "../../../support/jumping-clock.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

const HOUR_MS = 3_600_000;

test("delivers a task within a second or so once the clock has jumped past its time", async () => {
  const clock = jumpingClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const name = await createTask(harness, queue, { dueMs: clock.now() + HOUR_MS });
  clock.jump(2 * HOUR_MS);
  const jumpedMs = performance.now();
  await harness.attemptsEnded(1);
  expect(performance.now() - jumpedMs).toBeLessThan(10_000);
  expect(harness.emulator.history({ task: name })).toMatchObject([{ fate: { kind: "done" } }]);
});

test("delivers a retry after its backoff, though the clock was set back", async () => {
  const clock = jumpingClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { nanos: 500_000_000 } } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  await createTask(harness, queue);
  await harness.attemptsEnded(1);
  clock.jump(-HOUR_MS);
  await harness.attemptsEnded(2);
  expect(harness.attempts.map(({ status }) => status)).toEqual([500, 200]);
});

test("delivers a task that waits for its turn, though the clock was set back", async () => {
  const clock = jumpingClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { rateLimits: { maxConcurrentDispatches: 1 } });
  const first = Promise.withResolvers<number>();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? first.promise : 200));
  await createTask(harness, queue);
  await createTask(harness, queue);
  await harness.receiver.arrived(1);
  clock.jump(-HOUR_MS);
  first.resolve(200);
  await harness.attemptsEnded(2);
  expect(harness.receiver.received).toHaveLength(2);
});

test("holds a scheduled task until its time, though the clock was set back", async () => {
  const clock = jumpingClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const dueMs = clock.now() + HOUR_MS;
  const name = await createTask(harness, queue, { dueMs });
  const other = await createTask(harness, queue);
  clock.jump(-2 * HOUR_MS);
  // Wakes the queue, which looks at the clock.
  await harness.client.pauseQueue({ name: queue });
  await harness.client.resumeQueue({ name: queue });
  await harness.attemptsEnded(1);
  clock.jump(2 * HOUR_MS);
  const [task] = await harness.client.getTask({ name });
  expect(Number(task.scheduleTime?.seconds)).toBe(Math.floor(dueMs / 1000));
  expect(harness.emulator.history().map((attempt) => attempt.task)).toEqual([other]);
});

test("has the rate of a queue, though the clock was set back or ahead", async () => {
  const clock = jumpingClock();
  const harness = await startHarness({
    clock,
    queues: [{ name: "limited", rateLimits: { maxDispatchesPerSecond: 5, maxBurstSize: 1 } }],
  });
  const queue = "projects/emulated/locations/local/queues/limited";
  const startMs = performance.now();
  await createTask(harness, queue);
  await harness.attemptsEnded(1);
  clock.jump(HOUR_MS);
  await createTask(harness, queue);
  await harness.attemptsEnded(2);
  expect(performance.now() - startMs).toBeGreaterThan(190);
  clock.jump(-HOUR_MS);
  await createTask(harness, queue);
  await harness.attemptsEnded(3);
});

test("doesn't use up the time for retries when the clock jumps ahead", async () => {
  const clock = jumpingClock();
  const harness = await startHarness({ clock });
  const backoff = { nanos: 100_000_000 };
  const queue = await createQueue(harness, "default", {
    retryConfig: { maxAttempts: 1, maxRetryDuration: { seconds: 60 }, minBackoff: backoff, maxBackoff: backoff },
  });
  harness.receiver.respondWith(() => 500);
  await createTask(harness, queue);
  await harness.attemptsEnded(1);
  clock.jump(HOUR_MS);
  await harness.attemptsEnded(2);
  expect(harness.attempts[1]?.message).toBe("failed, will be retried");
});

test("counts the time for retries on across a restart", async () => {
  const clock = jumpingClock();
  const dataDir = temporaryFolder();
  const retryConfig = { maxAttempts: 1, maxRetryDuration: "60s", minBackoff: "10s", maxBackoff: "10s" };
  const queue = "projects/emulated/locations/local/queues/kept";
  const options = { clock, dataDir, queues: [{ name: "kept", retryConfig }] };
  const before = await startHarness(options);
  before.receiver.respondWith(() => 500);
  await createTask(before, queue);
  await before.attemptsEnded(1);
  await before.emulator.stop();
  // While the emulator is down, only the wall clock tells how much time passes.
  clock.jump(HOUR_MS);
  const after = await startHarness(options);
  await after.attemptsEnded(1);
  expect(after.attempts[0]?.message).toBe("failed for the last time and was deleted");
});
