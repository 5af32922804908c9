import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../../src/kernel/clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

/** The machine's clocks, with the waits that they were asked for. */
function watchedClock(): { clock: Clock; waitsMs: number[] } {
  const waitsMs: number[] = [];
  const setTimer: Clock["setTimer"] = (delayMs, callback) => {
    waitsMs.push(delayMs);
    return systemClock.setTimer(delayMs, callback);
  };
  return { clock: { ...systemClock, setTimer }, waitsMs };
}

test("waits for several tokens of a fast queue at a time, and delivers all its tasks", async () => {
  const { clock, waitsMs } = watchedClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 500 } });
  await harness.client.pauseQueue({ name: queue });
  const count = 160; // more than its burst of 100
  await Promise.all(Array.from({ length: count }, () => createTask(harness, queue)));
  await harness.client.resumeQueue({ name: queue });
  await harness.attemptsEnded(count);
  expect(Math.min(...waitsMs)).toBeGreaterThanOrEqual(10);
  expect(harness.attempts).toHaveLength(count);
});

test("waits as long as one token takes in a slow queue", async () => {
  const { clock, waitsMs } = watchedClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 20 } });
  await harness.client.pauseQueue({ name: queue });
  await Promise.all(Array.from({ length: 12 }, () => createTask(harness, queue)));
  await harness.client.resumeQueue({ name: queue });
  await harness.attemptsEnded(12);
  const forTokens = waitsMs.filter((waitMs) => waitMs < 1000);
  expect(forTokens.length).toBeGreaterThan(0);
  expect(Math.max(...forTokens)).toBeLessThanOrEqual(50);
});
