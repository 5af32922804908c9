import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

/** As recorded of the service in 2026: what an attempt's response makes of a task, and of its next delivery. */
const RECORDED = [
  { response: 301, responseCount: 1, status: [2, "UNKNOWN(2): HTTP status code 301"] },
  { response: 400, responseCount: 1, status: [3, "INVALID_ARGUMENT(3): HTTP status code 400"] },
  { response: 401, responseCount: 1, status: [16, "UNAUTHENTICATED(16): HTTP status code 401"] },
  { response: 403, responseCount: 1, status: [7, "PERMISSION_DENIED(7): HTTP status code 403"] },
  { response: 404, responseCount: 1, status: [5, "NOT_FOUND(5): HTTP status code 404"] },
  { response: 405, responseCount: 1, status: [9, "FAILED_PRECONDITION(9): HTTP status code 405"] },
  { response: 409, responseCount: 1, status: [10, "ABORTED(10): HTTP status code 409"] },
  { response: 410, responseCount: 1, status: [9, "FAILED_PRECONDITION(9): HTTP status code 410"] },
  { response: 418, responseCount: 1, status: [9, "FAILED_PRECONDITION(9): HTTP status code 418"] },
  { response: 429, responseCount: 1, status: [8, "RESOURCE_EXHAUSTED(8): HTTP status code 429"] },
  { response: 499, responseCount: 1, status: [1, "CANCELLED(1): HTTP status code 499"] },
  { response: 500, responseCount: 0, status: [13, "INTERNAL(13): HTTP status code 500"] },
  { response: 501, responseCount: 0, status: [12, "UNIMPLEMENTED(12): HTTP status code 501"] },
  { response: 502, responseCount: 0, status: [13, "INTERNAL(13): HTTP status code 502"] },
  { response: 503, responseCount: 0, status: [14, "UNAVAILABLE(14): HTTP status code 503"] },
  { response: 504, responseCount: 0, status: [4, "DEADLINE_EXCEEDED(4): HTTP status code 504"] },
  { response: 505, responseCount: 0, status: [13, "INTERNAL(13): HTTP status code 505"] },
  { response: 507, responseCount: 0, status: [13, "INTERNAL(13): HTTP status code 507"] },
  { response: "stall", responseCount: 0, status: [4, "DEADLINE_EXCEEDED(4): HTTP status code 504"] },
  { response: "reset", responseCount: 0, status: [2, "UNKNOWN(2): HTTP status code 0"] },
] as const;

it.each(RECORDED)("stores the attempt of a worker that responds $response as recorded", async (recorded) => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const hour = { seconds: 3600 };
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: hour, maxBackoff: hour } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? recorded.response : 200));
  const name = await createTask(harness, queue, { dispatchDeadline: { seconds: 15 } });
  await harness.receiver.arrived(1);
  await clock.advance("15s");

  const [task] = await harness.client.getTask({ name });
  const { dispatchCount, responseCount, lastAttempt } = task;
  const { code, message } = lastAttempt?.responseStatus ?? {};
  expect({ dispatchCount, responseCount, status: [code, message] }).toEqual({
    dispatchCount: 1,
    responseCount: recorded.responseCount,
    status: recorded.status,
  });
  await clock.advance("1h");
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskExecutionCount")).toBe(
    String(recorded.responseCount),
  );
});

it.each([
  { nanos: 0, digits: "" },
  { nanos: 120_000_000, digits: ".12" },
  { nanos: 123_456_000, digits: ".123456" },
  { nanos: 1000, digits: ".000001" },
])("sends the scheduled time without zeros at the end: $nanos ns as '$digits'", async ({ nanos, digits }) => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const seconds = clock.now() / 1000 + 10;
  await createTask(harness, queue, { scheduleTime: { seconds, nanos } });
  await clock.advance("11s");
  expect(harness.receiver.received[0]?.headers.get("X-CloudTasks-TaskETA")).toBe(`${seconds}${digits}`);
});

test("answers RunTask with the schedule that it ends and a counted dispatch, and no times of it", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const tomorrow = { seconds: String(clock.now() / 1000 + 86_400), nanos: 123_456_000 };
  const name = await createTask(harness, queue, { scheduleTime: tomorrow });
  const [ran] = await harness.client.runTask({ name });
  expect(ran).toMatchObject({
    scheduleTime: tomorrow,
    dispatchCount: 1,
    responseCount: 0,
    firstAttempt: null,
    lastAttempt: { scheduleTime: tomorrow, dispatchTime: null, responseTime: null, responseStatus: null },
  });
});

test("tells the first attempt in RunTask's answer once there was one", async () => {
  const clock = new VirtualClock();
  const startMs = clock.now();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 60 } } });
  harness.receiver.respondWith(() => 500);
  const name = await createTask(harness, queue);
  await clock.advance("5s");
  const [ran] = await harness.client.runTask({ name });
  expect(ran).toMatchObject({
    dispatchCount: 2,
    firstAttempt: { dispatchTime: { seconds: String(startMs / 1000) } },
    lastAttempt: { scheduleTime: { seconds: String(startMs / 1000 + 60) }, dispatchTime: null },
  });
});

it.each([
  { minBackoff: { seconds: 1, nanos: 234_567_891 }, maxBackoff: { seconds: 10, nanos: 987_654_321 } },
  { minBackoff: { seconds: 0, nanos: 1 }, maxBackoff: { seconds: 0, nanos: 999_999_999 } },
  { minBackoff: { seconds: 315_576_000_000, nanos: 0 }, maxBackoff: { seconds: 315_576_000_000, nanos: 0 } },
])("keeps backoffs of $minBackoff and $maxBackoff", async (retryConfig) => {
  const harness = await startHarness();
  const name = await createQueue(harness, "default", { retryConfig });
  const [queue] = await harness.client.getQueue({ name });
  const inText = ({ seconds, nanos }: { seconds: number; nanos: number }) => ({ seconds: String(seconds), nanos });
  expect(queue.retryConfig).toMatchObject({
    minBackoff: inText(retryConfig.minBackoff),
    maxBackoff: inText(retryConfig.maxBackoff),
  });
});

test("schedules a retry in 10,000 years for the end of 9999", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const ages = { seconds: 315_576_000_000 };
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: ages, maxBackoff: ages } });
  harness.receiver.respondWith(() => 500);
  const name = await createTask(harness, queue);
  await harness.attemptsEnded(1);
  const [task] = await harness.client.getTask({ name });
  expect(task.scheduleTime).toEqual({ seconds: "253402300799", nanos: 999_000_000 });
});
