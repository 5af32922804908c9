import { VirtualClock } from "handoff-emulators/clock";
import { describe, expect, it } from "vitest";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { CLAIMED, NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../harness/producer/producer-queues.ts";

const HOUR_MS = 3_600_000;

describe("a new task", () => {
  it("is accepted with its address and a view of it", async () => {
    const producer = await setUpProducer();
    const before = Date.now();
    const response = await producer.enqueue(NATURAL);
    expect(response.status).toBe(202);
    const task = response.body;
    expect(task).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}n-bulk$/),
      queue: "bulk",
      caller: "local",
      type: "document.publish",
      state: "queued",
      attempts: 0,
      createdAt: expect.any(String),
      scheduleTime: expect.any(String),
      nextAttempt: task.scheduleTime,
      nextRule: "queue",
      links: { self: `/v1/tasks/${task.id}`, queue: "/v1/queues/bulk" },
    });
    expect(response.headers.get("location")).toBe(`/v1/tasks/${task.id}`);
    expect(Date.parse(task.createdAt)).toBeGreaterThan(before - 1_000);
    expect(producer.calls("BatchGetDocuments")).toBe(0);
  });

  it("is put in its queue as the worker expects it", async () => {
    const producer = await setUpProducer();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const response = await producer.post(JSON.stringify(CLAIMED), { traceparent });
    const { id } = response.body;
    const [stored] = await producer.queuedTasks("default");
    expect(stored?.name).toBe(`${QUEUES_PATH}/default-2/tasks/${id}`);
    expect(stored?.httpRequest).toMatchObject({
      httpMethod: "POST",
      url: "https://worker.example/tasks/webhook.deliver",
      oidcToken: {
        serviceAccountEmail: "invoker@handoff-test.iam.gserviceaccount.com",
        audience: "https://audience.example",
      },
    });
    expect(stored?.httpRequest?.headers).toEqual({
      "content-type": "application/json",
      "Handoff-Caller": "local",
      "Handoff-Enqueued-At": expect.any(String),
      "User-Agent": "Google-Cloud-Tasks",
    });
    expect(stored?.dispatchDeadline).toMatchObject({ seconds: String(TEST_QUEUES.default.dispatchDeadlineMs / 1_000) });
    expect(JSON.parse(String(stored?.httpRequest?.body))).toEqual({
      id,
      type: "webhook.deliver",
      payload: CLAIMED.payload,
      payloadHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      enqueuedAt: expect.any(String),
      caller: "local",
      traceparent,
    });
  });

  it("has no malformed trace context", async () => {
    const producer = await setUpProducer();
    await producer.post(JSON.stringify(CLAIMED), { traceparent: "00-zz-zz-01" });
    const [stored] = await producer.queuedTasks("default");
    expect(JSON.parse(String(stored?.httpRequest?.body))).not.toHaveProperty("traceparent");
  });

  it("waits for its delay", async () => {
    const producer = await setUpProducer();
    const before = Date.now();
    const { body: task } = await producer.enqueue({ ...CLAIMED, delaySeconds: 3_600 });
    expect(task.state).toBe("scheduled");
    expect(Date.parse(task.scheduleTime) - before).toBeGreaterThanOrEqual(HOUR_MS);
    expect(Date.parse(task.scheduleTime) - Date.now()).toBeLessThanOrEqual(HOUR_MS);
  });

  it("waits until its schedule time, to the millisecond and in any zone", async () => {
    const producer = await setUpProducer();
    const dueMs = Date.now() + HOUR_MS;
    const local = new Date(dueMs + 2 * HOUR_MS).toISOString().replace("Z", "+02:00");
    const { body: task } = await producer.enqueue({ ...CLAIMED, scheduleTime: local });
    expect(task).toMatchObject({ state: "scheduled", scheduleTime: new Date(dueMs).toISOString() });
  });

  it("without a key is a new one each time", async () => {
    const producer = await setUpProducer();
    await producer.enqueue(CLAIMED);
    await producer.enqueue(CLAIMED);
    expect(await producer.queuedTasks("default")).toHaveLength(2);
  });

  it("carries any payload unchanged", async () => {
    const producer = await setUpProducer();
    const data = { text: 'line\nbreak \u001b[31m {"a":1} 😀 \u2028', list: [[], [null, 0.1, -0]], constructor: "x" };
    await producer.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, data } });
    const [stored] = await producer.queuedTasks("default");
    expect(JSON.parse(String(stored?.httpRequest?.body)).payload.data).toEqual(JSON.parse(JSON.stringify(data)));
  });
});

describe("a request from Cloud Scheduler", () => {
  const due = (time: string) => ({ "X-CloudScheduler-JobName": "daily", "X-CloudScheduler-ScheduleTime": time });

  it("creates one task, however often it is repeated, and another one each time it is due", async () => {
    const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.now() }) });
    const monday = "2026-11-23T06:00:00Z";
    const responses = [
      await producer.post(JSON.stringify(CLAIMED), due(monday)),
      await producer.post(JSON.stringify(CLAIMED), due(monday)),
      await producer.post(JSON.stringify(CLAIMED), due("2026-11-24T06:00:00Z")),
    ];
    expect(responses.map(({ status }) => status)).toEqual([202, 200, 202]);
    expect(await producer.queuedTasks("default")).toHaveLength(2);
  });

  it("uses its own key if it has one", async () => {
    const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.now() }) });
    await producer.post(JSON.stringify(CLAIMED), { ...due("2026-11-23T06:00:00Z"), "Idempotency-Key": "a" });
    const other = await producer.post(JSON.stringify(CLAIMED), {
      ...due("2026-11-23T06:00:00Z"),
      "Idempotency-Key": "b",
    });
    expect(other.status).toBe(202);
  });

  it("counts as a request without a key if it doesn't say when it was due", async () => {
    const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.now() }) });
    await producer.post(JSON.stringify(CLAIMED), { "X-CloudScheduler-JobName": "daily" });
    await producer.post(JSON.stringify(CLAIMED), { "X-CloudScheduler-JobName": "daily" });
    expect(await producer.queuedTasks("default")).toHaveLength(2);
  });
});

describe("a task requested again", () => {
  it("gets the same response body and creates no second task", async () => {
    const producer = await setUpProducer();
    const first = await producer.enqueue(CLAIMED, "order-7");
    const second = await producer.enqueue(CLAIMED, "order-7");
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.text).toBe(first.text);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });

  it("is the same whatever the order of its fields, and keeps its first due time", async () => {
    const producer = await setUpProducer();
    const { url, event, data } = CLAIMED.payload;
    const first = await producer.enqueue({ type: CLAIMED.type, payload: { url, event, data }, delaySeconds: 60 }, "k");
    const second = await producer.enqueue(
      { payload: { data, event, url }, type: CLAIMED.type, delaySeconds: 600 },
      "k",
    );
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
  });

  it("is one task with one response when requested a hundred times at once", async () => {
    const producer = await setUpProducer();
    const responses = await Promise.all(Array.from({ length: 100 }, () => producer.enqueue(CLAIMED, "order-7")));
    expect(responses.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(99);
    expect(new Set(responses.map(({ text }) => text)).size).toBe(1);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });

  it("is refused when the payload is different", async () => {
    const producer = await setUpProducer();
    const first = await producer.enqueue(CLAIMED, "order-7");
    const other = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
    const second = await producer.enqueue(other, "order-7");
    expect(second.status).toBe(422);
    expect(second.body).toMatchObject({ code: "idempotency-key-reused" });
    const stored = await producer.queuedTasks("default");
    expect(stored.map(({ name }) => name)).toEqual([producer.taskName(first.body.id)]);
    expect(JSON.parse(String(stored[0]?.httpRequest?.body)).payload).toEqual(CLAIMED.payload);
  });

  it("is one of the two if two payloads arrive under one key at once", async () => {
    const producer = await setUpProducer();
    const other = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
    const responses = await Promise.all([producer.enqueue(CLAIMED, "k"), producer.enqueue(other, "k")]);
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202, 422]));
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });

  it("is another task when the type is different", async () => {
    const producer = await setUpProducer();
    const responses = [await producer.enqueue(CLAIMED, "k"), await producer.enqueue(NATURAL, "k")];
    expect(responses.map(({ status }) => status)).toEqual([202, 202]);
  });
});
