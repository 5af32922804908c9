import { describe, expect, it } from "vitest";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { CLAIMED, NATURAL, QUEUES_PATH, startProducerBundle } from "../../harness/producer/producer-harness.ts";

const HOUR_MS = 3_600_000;

describe("a new task", () => {
  it("is accepted with its address and what is known of it", async () => {
    const bundle = await startProducerBundle();
    const before = Date.now();
    const answer = await bundle.enqueue(NATURAL);
    expect(answer.status).toBe(202);
    const task = answer.body;
    expect(task).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}-bulk$/),
      queue: "bulk",
      type: "document.publish",
      state: "queued",
      attempts: 0,
      createdAt: expect.any(String),
      scheduleTime: expect.any(String),
      links: { self: `/v1/tasks/${task.id}` },
    });
    expect(answer.headers.get("location")).toBe(`/v1/tasks/${task.id}`);
    expect(Date.parse(task.createdAt)).toBeGreaterThan(before - 1_000);
    expect(bundle.calls("BatchGetDocuments")).toBe(0);
  });

  it("is put in its queue as the worker expects it", async () => {
    const bundle = await startProducerBundle();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const answer = await bundle.post(JSON.stringify(CLAIMED), { traceparent });
    const { id } = answer.body;
    const [stored] = await bundle.queuedTasks("default");
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
      "User-Agent": "Google-Cloud-Tasks",
    });
    expect(stored?.dispatchDeadline).toMatchObject({ seconds: String(TEST_QUEUES.default.dispatchDeadlineMs / 1_000) });
    expect(JSON.parse(String(stored?.httpRequest?.body))).toEqual({
      id,
      type: "webhook.deliver",
      payload: CLAIMED.payload,
      payloadHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      enqueuedAt: expect.any(String),
      traceparent,
    });
  });

  it("carries no trace context of a form that nobody can read", async () => {
    const bundle = await startProducerBundle();
    await bundle.post(JSON.stringify(CLAIMED), { traceparent: "00-zz-zz-01" });
    const [stored] = await bundle.queuedTasks("default");
    expect(JSON.parse(String(stored?.httpRequest?.body))).not.toHaveProperty("traceparent");
  });

  it("waits for its delay", async () => {
    const bundle = await startProducerBundle();
    const before = Date.now();
    const { body: task } = await bundle.enqueue({ ...CLAIMED, delaySeconds: 3_600 });
    expect(task.state).toBe("scheduled");
    expect(Date.parse(task.scheduleTime) - before).toBeGreaterThanOrEqual(HOUR_MS);
    expect(Date.parse(task.scheduleTime) - Date.now()).toBeLessThanOrEqual(HOUR_MS);
  });

  it("waits until its schedule time, to the millisecond and in any zone", async () => {
    const bundle = await startProducerBundle();
    const dueMs = Date.now() + HOUR_MS;
    const local = new Date(dueMs + 2 * HOUR_MS).toISOString().replace("Z", "+02:00");
    const { body: task } = await bundle.enqueue({ ...CLAIMED, scheduleTime: local });
    expect(task).toMatchObject({ state: "scheduled", scheduleTime: new Date(dueMs).toISOString() });
  });

  it("without a key is another one each time", async () => {
    const bundle = await startProducerBundle();
    await bundle.enqueue(CLAIMED);
    await bundle.enqueue(CLAIMED);
    expect(await bundle.queuedTasks("default")).toHaveLength(2);
  });

  it("carries the payload unchanged, whatever it says", async () => {
    const bundle = await startProducerBundle();
    const data = { text: 'line\nbreak \u001b[31m {"a":1} 😀 \u2028', list: [[], [null, 0.1, -0]], constructor: "x" };
    await bundle.enqueue({ ...CLAIMED, payload: { ...CLAIMED.payload, data } });
    const [stored] = await bundle.queuedTasks("default");
    expect(JSON.parse(String(stored?.httpRequest?.body)).payload.data).toEqual(JSON.parse(JSON.stringify(data)));
  });
});

describe("a run of Cloud Scheduler", () => {
  const run = (time: string) => ({ "X-CloudScheduler-JobName": "daily", "X-CloudScheduler-ScheduleTime": time });

  it("makes one task, however often it is repeated, and each run makes its own", async () => {
    const bundle = await startProducerBundle();
    const monday = "2026-11-23T06:00:00Z";
    const answers = [
      await bundle.post(JSON.stringify(CLAIMED), run(monday)),
      await bundle.post(JSON.stringify(CLAIMED), run(monday)),
      await bundle.post(JSON.stringify(CLAIMED), run("2026-11-24T06:00:00Z")),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 200, 202]);
    expect(await bundle.queuedTasks("default")).toHaveLength(2);
  });

  it("with a key of its own goes by that", async () => {
    const bundle = await startProducerBundle();
    await bundle.post(JSON.stringify(CLAIMED), { ...run("2026-11-23T06:00:00Z"), "Idempotency-Key": "a" });
    const other = await bundle.post(JSON.stringify(CLAIMED), {
      ...run("2026-11-23T06:00:00Z"),
      "Idempotency-Key": "b",
    });
    expect(other.status).toBe(202);
  });

  it("that doesn't say when it was due is a request without a key", async () => {
    const bundle = await startProducerBundle();
    await bundle.post(JSON.stringify(CLAIMED), { "X-CloudScheduler-JobName": "daily" });
    await bundle.post(JSON.stringify(CLAIMED), { "X-CloudScheduler-JobName": "daily" });
    expect(await bundle.queuedTasks("default")).toHaveLength(2);
  });
});

describe("a task asked for again", () => {
  it("is answered with the same body and makes no second one", async () => {
    const bundle = await startProducerBundle();
    const first = await bundle.enqueue(CLAIMED, "order-7");
    const second = await bundle.enqueue(CLAIMED, "order-7");
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.text).toBe(first.text);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });

  it("is the same whatever the order of its fields, and keeps its first schedule", async () => {
    const bundle = await startProducerBundle();
    const { url, event, data } = CLAIMED.payload;
    const first = await bundle.enqueue({ type: CLAIMED.type, payload: { url, event, data }, delaySeconds: 60 }, "k");
    const second = await bundle.enqueue({ payload: { data, event, url }, type: CLAIMED.type, delaySeconds: 600 }, "k");
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
  });

  it("is one task with one answer when it is asked for a hundred times at once", async () => {
    const bundle = await startProducerBundle();
    const answers = await Promise.all(Array.from({ length: 100 }, () => bundle.enqueue(CLAIMED, "order-7")));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });

  it("is refused when the payload is another", async () => {
    const bundle = await startProducerBundle();
    const first = await bundle.enqueue(CLAIMED, "order-7");
    const other = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
    const second = await bundle.enqueue(other, "order-7");
    expect(second.status).toBe(422);
    expect(second.body).toMatchObject({ code: "idempotency-key-reused" });
    const stored = await bundle.queuedTasks("default");
    expect(stored.map(({ name }) => name)).toEqual([bundle.taskName(first.body.id)]);
    expect(JSON.parse(String(stored[0]?.httpRequest?.body)).payload).toEqual(CLAIMED.payload);
  });

  it("is one of the two when one key comes with two payloads at once", async () => {
    const bundle = await startProducerBundle();
    const other = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
    const answers = await Promise.all([bundle.enqueue(CLAIMED, "k"), bundle.enqueue(other, "k")]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 422]));
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });

  it("is another task when the type is another", async () => {
    const bundle = await startProducerBundle();
    const answers = [await bundle.enqueue(CLAIMED, "k"), await bundle.enqueue(NATURAL, "k")];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  });
});
