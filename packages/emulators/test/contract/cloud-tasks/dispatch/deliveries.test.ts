import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

test("holds a delayed task until its time", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await createTask(harness, queue, { dueMs: clock.now() + 60_000 });
  await clock.advance(59_999);
  expect(harness.receiver.received).toHaveLength(0);
  await clock.advance(1);
  await harness.attemptsEnded(1);
  expect(harness.receiver.received).toHaveLength(1);
});

test("reports the scheduled time to the microsecond", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const seconds = clock.now() / 1000 + 10;
  const name = await createTask(harness, queue, { scheduleTime: { seconds, nanos: 123_456_789 } });
  const [task] = await harness.client.getTask({ name });
  expect(task.scheduleTime).toEqual({ seconds: String(seconds), nanos: 123_456_000 });
  await clock.advance(11_000);
  await harness.attemptsEnded(1);
  expect(harness.receiver.received[0]?.headers.get("X-CloudTasks-TaskETA")).toBe(`${seconds}.123456`);
});

test("tells each retry when that retry was due, so that backoff doesn't look like delay", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const hour = { seconds: 3600 };
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: hour, maxBackoff: hour } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  await createTask(harness, queue);
  await harness.attemptsEnded(1);
  await clock.advance("1h");
  await harness.attemptsEnded(2);

  const dueS = harness.receiver.received.map(({ headers }) => Number(headers.get("X-CloudTasks-TaskETA")));
  expect((dueS[1] ?? 0) - (dueS[0] ?? 0)).toBe(3600);
});

test("treats a time in the past as now", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const name = await createTask(harness, queue, { dueMs: clock.now() - 86_400_000 });
  const [task] = await harness.client.getTask({ name });
  expect(Number(task.scheduleTime?.seconds) * 1000).toBe(clock.now());
});

test("accepts a schedule exactly 720 hours ahead, and none later", async () => {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 5, 1) });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const furthestMs = clock.now() + 720 * 3_600_000;
  await createTask(harness, queue, { dueMs: furthestMs });
  const rejection = await rejectionOf(() => createTask(harness, queue, { dueMs: furthestMs + 1 }));
  expect(rejection.message).toBe(
    "The Task.scheduleTime, 2026-06-30T17:00:00.001-07:00, is too far in the future. Schedule time must be no more than 720h in the future.",
  );
});

test("delivers the given method, body and headers, and replaces reserved headers", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  await createTask(harness, queue, {
    httpRequest: {
      url: `${harness.receiver.url}/a%20path?x=1&y=%C3%A9`,
      httpMethod: "PUT",
      body: Buffer.from("the body"),
      headers: {
        "X-mIxEd": "Kept",
        "Content-type": "text/plain",
        host: "evil.example",
        "content-length": "1",
        "user-agent": "mine",
        "transfer-encoding": "chunked",
        "x-cloudtasks-taskname": "forged",
        "X-Google-Thing": "forged",
        "x-appengine-queuename": "forged",
        Authorization: "Basic own",
      },
    },
  });
  await harness.attemptsEnded(1);
  const delivery = harness.receiver.received[0];
  expect(delivery).toMatchObject({ method: "PUT", path: "/a%20path?x=1&y=%C3%A9", body: "the body" });
  const own = [...(delivery?.headers ?? [])].filter(([name]) => !name.startsWith("X-CloudTasks-"));
  expect(Object.fromEntries(own)).toEqual({
    "X-mIxEd": "Kept",
    "Content-type": "text/plain",
    Authorization: "Basic own",
    "User-Agent": "Google-Cloud-Tasks",
    Host: new URL(harness.receiver.url).host,
    "Content-Length": "8",
    Connection: "keep-alive",
  });
  expect(delivery?.headers.get("X-CloudTasks-TaskName")).toMatch(/^\d{1,20}$/);
});

it.each(["GET", "HEAD", "DELETE", "OPTIONS"] as const)(
  "delivers %s without a body, and refuses a body",
  async (httpMethod) => {
    const harness = await startHarness();
    const queue = await createQueue(harness);
    const { url } = harness.receiver;
    await createTask(harness, queue, { httpRequest: { url, httpMethod } });
    await harness.attemptsEnded(1);
    expect(harness.receiver.received[0]).toMatchObject({ method: httpMethod, body: "" });
    expect(harness.receiver.received[0]?.headers.has("Content-Length")).toBe(false);

    const withBody = { url, httpMethod, body: Buffer.from("x") };
    expect((await rejectionOf(() => createTask(harness, queue, { httpRequest: withBody }))).code).toBe(3);
    expect((await harness.client.listTasks({ parent: queue }))[0]).toEqual([]);
  },
);

it.each([
  [
    "headers of 80 KB",
    { headers: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`X-${i}`, "a".repeat(8000)])) },
  ],
  ["a URL of more than 2083 characters", { url: `http://example.com/${"a".repeat(2083)}` }],
  ["a URL without a host", { url: "http://" }],
  ["a token without an account", { oidcToken: { audience: "x" } }],
])("refuses %s and creates nothing", async (_what, httpRequest) => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  const request = { url: harness.receiver.url, ...httpRequest };
  expect((await rejectionOf(() => createTask(harness, queue, { httpRequest: request }))).code).toBe(3);
  expect((await harness.client.listTasks({ parent: queue }))[0]).toEqual([]);
});

test("refuses a task without a target in the service's words", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  const rejection = await rejectionOf(() => harness.client.createTask({ parent: queue, task: {} }));
  expect(rejection).toEqual({ code: 3, message: "Task.payload_type is not set.", details: [] });
});

test("accepts a task of 1,048,569 bytes in its stored form, and refuses one more byte", async () => {
  const clock = new VirtualClock({ startMs: 1_800_000_000_000 });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const settings = { id: "large", dueMs: clock.now() };
  const create = (bodyBytes: number) =>
    createTask(harness, queue, {
      ...settings,
      httpRequest: { url: "http://example.com/", body: Buffer.alloc(bodyBytes), headers: { "X-A": "b" } },
    });
  // Counted by hand from the proto: name 69 + 2; URL 19 + 2; method 2; header X-A 3 + 1 + 6; User-Agent 10 + 18 + 6;
  // schedule and creation time 6 + 2 each; deadline 3 + 2; the body's and the request's own tags and lengths 4 each.
  const around = 69 + 2 + 21 + 2 + 10 + 34 + 16 + 5 + 8;
  const rejection = await rejectionOf(() => create(1_048_569 - around + 1));
  expect(rejection).toEqual({ code: 3, message: "Task size too large", details: [] });
  expect((await harness.client.listTasks({ parent: queue }))[0]).toEqual([]);
  await create(1_048_569 - around);
  expect((await harness.client.listTasks({ parent: queue }))[0]).toHaveLength(1);
});
