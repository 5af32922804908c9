import { CloudTasksClient } from "@google-cloud/tasks";
import { performance } from "node:perf_hooks";
import { expect, onTestFinished, test } from "vitest";
import { startCloudTasksEmulator } from "../../../../src/cloud-tasks/emulator.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { addTaskMatchers } from "../../../../src/vitest.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { startReceiver } from "../support/receiver.ts";

addTaskMatchers(expect);

const START_MS = Date.UTC(2026, 0, 1);
const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The documented schedule: it doubles three times, then grows by the last step, up to an hour. */
function documentedScheduleMs(untilMs: number): number[] {
  const delays = [10, 20, 40, 80];
  for (let next = 160; next < 3600; next += 80) delays.push(next);
  const schedule: number[] = [];
  let nowMs = 0;
  for (let retry = 0; ; retry++) {
    nowMs += (delays[retry] ?? 3600) * SECOND_MS;
    if (nowMs > untilMs) return schedule;
    schedule.push(nowMs);
  }
}

test("retries a failing task for 30 days on the documented schedule", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", {
    retryConfig: { maxAttempts: -1, minBackoff: { seconds: 10 }, maxBackoff: { seconds: 3600 }, maxDoublings: 3 },
  });
  harness.receiver.respondWith(() => 500);
  const name = await createTask(harness, queue);

  const from = performance.now();
  await clock.advance("30d");
  const realMs = performance.now() - from;

  const dispatchedMs = harness.emulator.history({ task: name }).map((attempt) => attempt.dispatchedMs - START_MS);
  expect(dispatchedMs).toEqual([0, ...documentedScheduleMs(30 * DAY_MS)]);
  expect(clock.now()).toBe(START_MS + 30 * DAY_MS);
  const seconds = dispatchedMs.map((ms) => ms / SECOND_MS);
  process.stdout.write(
    `30 days, ${seconds.length} attempts, in ${realMs.toFixed(0)} ms; in seconds since the first: ` +
      `${seconds.slice(0, 12).join(" ")} … ${seconds.slice(-2).join(" ")}\n`,
  );
});

test("delivers tasks in the order in which they fall due, each after the response to the one before", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const order: string[] = [];
  harness.receiver.respondWith(async (delivery) => {
    const name = delivery.headers.get("X-CloudTasks-TaskName") ?? "";
    order.push(`${name} begins at ${clock.now() - START_MS}`);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    order.push(`${name} ends at ${clock.now() - START_MS}`);
    return 200;
  });
  for (const [id, minutes] of [
    ["c", 30],
    ["a", 10],
    ["b", 20],
    ["late", 61],
  ] as const) {
    await createTask(harness, queue, { id, dueMs: START_MS + minutes * 60_000 });
  }

  await clock.advance("1h");

  expect(order).toEqual([
    "a begins at 600000",
    "a ends at 600000",
    "b begins at 1200000",
    "b ends at 1200000",
    "c begins at 1800000",
    "c ends at 1800000",
  ]);
});

test("delivers one task a second from a queue with that rate", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "slow", { rateLimits: { maxDispatchesPerSecond: 1 } });
  await harness.client.pauseQueue({ name: queue });
  for (let n = 0; n < 15; n++) await createTask(harness, queue);
  await harness.client.resumeQueue({ name: queue });
  await clock.advance("1m");
  const dispatchedS = harness.emulator.history().map(({ dispatchedMs }) => (dispatchedMs - START_MS) / SECOND_MS);
  // The bucket of such a queue has ten tokens.
  expect(dispatchedS).toEqual([...Array.from({ length: 10 }, () => 0), 1, 2, 3, 4, 5]);
});

test("a handler that hangs times out at its deadline in virtual time", async () => {
  const clock = new VirtualClock({ startMs: START_MS, patienceMs: 20 });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 60 } } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? "stall" : 200));
  const name = await createTask(harness, queue, { dispatchDeadline: { seconds: 600 } });
  await harness.receiver.arrived(1);
  await clock.advance("1h");
  expect(harness.emulator).toHaveRetried(name, { times: 1, afterMs: [60_000] });
  expect(harness.emulator).toHaveSucceeded(name, { attempts: 2 });
  expect(harness.emulator.history({ task: name })).toMatchObject([
    { dispatchedMs: START_MS, endedMs: START_MS + 600_000, outcome: { kind: "timeout" } },
    { dispatchedMs: START_MS + 660_000, outcome: { kind: "answered", status: 200 } },
  ]);
});

test("a stop doesn't wait for a clock that nobody moves", async () => {
  const clock = new VirtualClock();
  const emulator = await startCloudTasksEmulator({ clock, queues: [{ name: "q" }] });
  const client = new CloudTasksClient(emulator.clientOptions());
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  receiver.respondWith(() => "stall");
  const parent = "projects/emulated/locations/local/queues/q";
  await client.createTask({ parent, task: { httpRequest: { url: receiver.url } } });
  await receiver.arrived(1);
  await client.close();
  await emulator.stop();
  expect(emulator.history()).toMatchObject([{ outcome: { kind: "aborted" }, fate: { kind: "aborted" } }]);
});
