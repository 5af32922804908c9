import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const SECOND_MS = 1000;

test("retries on the schedule of the API's own example, and deletes the task after its last attempt", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", {
    retryConfig: { maxAttempts: 9, minBackoff: { seconds: 10 }, maxBackoff: { seconds: 300 }, maxDoublings: 3 },
  });
  harness.receiver.respondWith(() => 500);
  const name = await createTask(harness, queue);

  await harness.attemptsEnded(1);
  for (const [index, seconds] of [10, 20, 40, 80, 160, 240, 300, 300].entries()) {
    await clock.advance(seconds * SECOND_MS - 1);
    expect(harness.receiver.received).toHaveLength(index + 1);
    await clock.advance(1);
    await harness.attemptsEnded(index + 2);
  }
  expect(harness.attempts.at(-1)?.message).toBe("failed for the last time and was deleted");
  expect((await rejectionOf(() => harness.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
  await clock.advance(3_600_000);
  expect(harness.receiver.received).toHaveLength(9);
});

test("gives up only once both the attempts and the time are used up", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const second = { seconds: 1 };
  const queue = await createQueue(harness, "default", {
    retryConfig: { maxAttempts: 2, maxRetryDuration: { seconds: 3 }, minBackoff: second, maxBackoff: second },
  });
  harness.receiver.respondWith(() => 500);
  await createTask(harness, queue);

  for (const attempts of [1, 2, 3]) {
    await harness.attemptsEnded(attempts);
    expect(harness.attempts[attempts - 1]?.message).toBe("failed, will be retried");
    await clock.advance(SECOND_MS);
  }
  await harness.attemptsEnded(4);
  expect(harness.attempts[3]?.message).toBe("failed for the last time and was deleted");
});

test("gives up by the time alone with maxAttempts -1", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", {
    retryConfig: { maxAttempts: -1, maxRetryDuration: { seconds: 3 }, minBackoff: { seconds: 2 } },
  });
  harness.receiver.respondWith(() => 500);
  const name = await createTask(harness, queue);
  await clock.advance("1h");
  expect(harness.emulator.history().map(({ dispatchedMs }) => dispatchedMs - clock.now() + 3_600_000)).toEqual([
    0, 2000, 6000,
  ]);
  expect((await rejectionOf(() => harness.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
});

test("never gives up with maxAttempts -1 and no limit of time", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const tenth = { nanos: 100_000_000 };
  const queue = await createQueue(harness, "default", {
    retryConfig: { maxAttempts: -1, minBackoff: tenth, maxBackoff: tenth },
  });
  harness.receiver.respondWith(() => 500);
  const name = await createTask(harness, queue);
  for (let attempt = 1; attempt <= 120; attempt++) {
    await harness.attemptsEnded(attempt);
    await clock.advance(100);
  }
  const [task] = await harness.client.getTask({ name });
  expect(task.dispatchCount).toBeGreaterThanOrEqual(120);
});

it.each([
  { asked: "7", waitMs: 7000 },
  { asked: "3600", waitMs: 60_000 },
  { asked: new Date(Date.UTC(2026, 0, 1, 0, 0, 20)).toUTCString(), waitMs: 20_000 },
  { asked: "soon", waitMs: 1000 },
])("waits $waitMs ms when a worker sends Retry-After: $asked", async ({ asked, waitMs }) => {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const harness = await startHarness({ clock });
  const retryConfig = { minBackoff: { seconds: 1 }, maxBackoff: { seconds: 60 } };
  const queue = await createQueue(harness, "default", { retryConfig });
  harness.receiver.respondWith(() => ({ status: 409, headers: { "Retry-After": asked } }));
  await createTask(harness, queue);
  await harness.attemptsEnded(1);
  expect(harness.attempts[0]?.nextInMs).toBe(waitMs);
});

test("aborts an attempt at the dispatch deadline, and counts no response", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  harness.receiver.respondWith(() => "stall");
  const name = await createTask(harness, queue, { dispatchDeadline: { seconds: 20 } });
  await harness.receiver.arrived(1);
  await clock.advance(20 * SECOND_MS - 1);
  expect(harness.attempts).toHaveLength(0);
  await clock.advance(1);
  await harness.attemptsEnded(1);

  const [task] = await harness.client.getTask({ name });
  expect(task).toMatchObject({ dispatchCount: 1, responseCount: 0 });
  expect(task.lastAttempt?.responseStatus?.code).toBe(status.DEADLINE_EXCEEDED);
  expect(task.scheduleTime).toEqual(wireTime(clock.now() + 100));
});

test("reports the first and the last attempt", async () => {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 1 } } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : "reset"));
  const name = await createTask(harness, queue);
  await harness.attemptsEnded(1);
  expect((await harness.client.getTask({ name }))[0].lastAttempt?.responseStatus).toMatchObject({
    code: status.INTERNAL,
    message: "INTERNAL(13): HTTP status code 500",
  });
  await clock.advance(SECOND_MS);
  await harness.attemptsEnded(2);

  const [task] = await harness.client.getTask({ name });
  expect(task).toMatchObject({ dispatchCount: 2, responseCount: 0 });
  expect(task.firstAttempt).toMatchObject({ dispatchTime: wireTime(startMs), responseTime: null });
  expect(task.lastAttempt).toMatchObject({
    scheduleTime: wireTime(startMs + SECOND_MS),
    dispatchTime: wireTime(startMs + SECOND_MS),
    responseTime: wireTime(startMs + SECOND_MS),
    responseStatus: { code: status.UNKNOWN, message: "UNKNOWN(2): HTTP status code 0" },
  });
});

test("retries an unreachable target, and sends 503 with the next attempt", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? "reset" : 200));
  await createTask(harness, queue);
  await harness.attemptsEnded(2);
  expect(harness.attempts[0]?.status).toMatch(/^no response: /);
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskRetryCount")).toBe("1");
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskExecutionCount")).toBe("0");
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("503");
});

test("deletes a task that is 31 days old, whatever its attempts", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 3600 } } });
  await harness.client.pauseQueue({ name: queue });
  const name = await createTask(harness, queue);
  await clock.advance(31 * 86_400_000 - 1);
  await expect(harness.client.getTask({ name })).resolves.toBeDefined();
  await clock.advance(1);
  expect((await rejectionOf(() => harness.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
  await harness.client.resumeQueue({ name: queue });
  await clock.advance(0);
  expect(harness.receiver.received).toHaveLength(0);
});

function wireTime(millis: number) {
  return { seconds: String(Math.floor(millis / 1000)), nanos: (millis % 1000) * 1e6 };
}
