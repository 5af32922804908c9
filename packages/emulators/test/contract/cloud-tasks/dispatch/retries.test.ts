import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const SECOND_MS = 1000;

test("retries by the schedule of the API's own example, and deletes the task after its last attempt", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", {
    retryConfig: { maxAttempts: 9, minBackoff: { seconds: 10 }, maxBackoff: { seconds: 300 }, maxDoublings: 3 },
  });
  bundle.receiver.answerWith(() => 500);
  const name = await createTask(bundle, queue);

  await bundle.attemptsEnded(1);
  for (const [index, seconds] of [10, 20, 40, 80, 160, 240, 300, 300].entries()) {
    await clock.advance(seconds * SECOND_MS - 1);
    expect(bundle.receiver.received).toHaveLength(index + 1);
    await clock.advance(1);
    await bundle.attemptsEnded(index + 2);
  }
  expect(bundle.attempts.at(-1)?.message).toBe("failed for the last time, deleted");
  expect((await rejectionOf(() => bundle.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
  await clock.advance(3_600_000);
  expect(bundle.receiver.received).toHaveLength(9);
});

test("gives up only when the attempts are used up and the time is over", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const second = { seconds: 1 };
  const queue = await createQueue(bundle, "default", {
    retryConfig: { maxAttempts: 2, maxRetryDuration: { seconds: 3 }, minBackoff: second, maxBackoff: second },
  });
  bundle.receiver.answerWith(() => 500);
  await createTask(bundle, queue);

  for (const attempts of [1, 2, 3]) {
    await bundle.attemptsEnded(attempts);
    expect(bundle.attempts[attempts - 1]?.message).toBe("failed, will be delivered again");
    await clock.advance(SECOND_MS);
  }
  await bundle.attemptsEnded(4);
  expect(bundle.attempts[3]?.message).toBe("failed for the last time, deleted");
});

test("never gives up with maxAttempts -1", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const tenth = { nanos: 100_000_000 };
  const queue = await createQueue(bundle, "default", {
    retryConfig: { maxAttempts: -1, maxRetryDuration: { seconds: 1 }, minBackoff: tenth, maxBackoff: tenth },
  });
  bundle.receiver.answerWith(() => 500);
  const name = await createTask(bundle, queue);
  for (let attempt = 1; attempt <= 120; attempt++) {
    await bundle.attemptsEnded(attempt);
    await clock.advance(100);
  }
  const [task] = await bundle.client.getTask({ name });
  expect(task.dispatchCount).toBeGreaterThanOrEqual(120);
});

it.each([
  { asked: "7", waitMs: 7000 },
  { asked: "3600", waitMs: 60_000 },
  { asked: new Date(Date.UTC(2026, 0, 1, 0, 0, 20)).toUTCString(), waitMs: 20_000 },
  { asked: "soon", waitMs: 1000 },
])("waits $waitMs ms when a worker asks for Retry-After: $asked", async ({ asked, waitMs }) => {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const bundle = await startBundle({ clock });
  const retryConfig = { minBackoff: { seconds: 1 }, maxBackoff: { seconds: 60 } };
  const queue = await createQueue(bundle, "default", { retryConfig });
  bundle.receiver.answerWith(() => ({ status: 409, headers: { "Retry-After": asked } }));
  await createTask(bundle, queue);
  await bundle.attemptsEnded(1);
  expect(bundle.attempts[0]?.nextInMs).toBe(waitMs);
});

test("takes a redirect for a failure and follows no Location", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle);
  const headers = { Location: `${bundle.receiver.url}/elsewhere` };
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? { status: 302, headers } : 200));
  await createTask(bundle, queue);
  await bundle.attemptsEnded(2);
  expect(bundle.attempts.map(({ status }) => status)).toEqual([302, 200]);
  expect(bundle.receiver.received.map(({ path }) => path)).toEqual(["/work", "/work"]);
});

test("cuts an attempt off at the dispatch deadline and counts no response", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  bundle.receiver.answerWith(() => "stall");
  const name = await createTask(bundle, queue, { dispatchDeadline: { seconds: 20 } });
  await bundle.receiver.arrived(1);
  await clock.advance(20 * SECOND_MS - 1);
  expect(bundle.attempts).toHaveLength(0);
  await clock.advance(1);
  await bundle.attemptsEnded(1);

  const [task] = await bundle.client.getTask({ name });
  expect(task).toMatchObject({ dispatchCount: 1, responseCount: 0 });
  expect(task.lastAttempt?.responseStatus?.code).toBe(status.DEADLINE_EXCEEDED);
  expect(task.scheduleTime).toEqual(wireTime(clock.now() + 100));
});

test("tells of the first and the last attempt", async () => {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { retryConfig: { minBackoff: { seconds: 1 } } });
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 500 : "reset"));
  const name = await createTask(bundle, queue);
  await bundle.attemptsEnded(1);
  expect((await bundle.client.getTask({ name }))[0].lastAttempt?.responseStatus).toMatchObject({
    code: status.INTERNAL,
    message: "INTERNAL(13): HTTP status code 500",
  });
  await clock.advance(SECOND_MS);
  await bundle.attemptsEnded(2);

  const [task] = await bundle.client.getTask({ name });
  expect(task).toMatchObject({ dispatchCount: 2, responseCount: 1 });
  expect(task.firstAttempt).toMatchObject({ dispatchTime: wireTime(startMs), responseTime: null });
  expect(task.lastAttempt).toMatchObject({
    scheduleTime: wireTime(startMs + SECOND_MS),
    dispatchTime: wireTime(startMs + SECOND_MS),
    responseTime: wireTime(startMs + SECOND_MS),
    responseStatus: { code: status.UNAVAILABLE },
  });
});

test("retries a target that can't be reached, and tells the next attempt 503", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle);
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? "reset" : 200));
  await createTask(bundle, queue);
  await bundle.attemptsEnded(2);
  expect(bundle.attempts[0]?.status).toMatch(/^no answer: /);
  expect(bundle.receiver.received[1]?.headers.get("X-CloudTasks-TaskRetryCount")).toBe("1");
  expect(bundle.receiver.received[1]?.headers.get("X-CloudTasks-TaskExecutionCount")).toBe("0");
  expect(bundle.receiver.received[1]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("503");
});

test("deletes a task that is 31 days old, whatever its attempts", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { retryConfig: { minBackoff: { seconds: 3600 } } });
  await bundle.client.pauseQueue({ name: queue });
  const name = await createTask(bundle, queue);
  await clock.advance(31 * 86_400_000 - 1);
  await expect(bundle.client.getTask({ name })).resolves.toBeDefined();
  await clock.advance(1);
  expect((await rejectionOf(() => bundle.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
  await bundle.client.resumeQueue({ name: queue });
  await clock.advance(0);
  expect(bundle.receiver.received).toHaveLength(0);
});

function wireTime(millis: number) {
  return { seconds: String(Math.floor(millis / 1000)), nanos: (millis % 1000) * 1e6 };
}
