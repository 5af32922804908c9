import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import http from "node:http";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { portOf } from "../../../shared/http/listening-port.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../harness/producer/producer-queues.ts";

const DIGITS = "0123456789abcdef0123456789abcdef";
const ID = `${DIGITS}-default`;

describe("ids", () => {
  it.each([
    ["too short", "abc"],
    ["without a queue", DIGITS],
    ["of an unknown queue", `${DIGITS}-other`],
    ["in upper case", `${DIGITS.toUpperCase()}-default`],
    ["of a reserved form", "__x__"],
    ["that are inherited names", "constructor"],
    ["with a slash inside", `..%2F${ID}`],
    ["with NUL", `${ID}%00`],
    ["with a tail", `${ID}x`],
  ])("%s are 404, and nothing is looked up", async (_, id) => {
    const producer = await setUpProducer();
    const response = await producer.send(`/v1/tasks/${id}`);
    expect(response).toMatchObject({ status: 404, body: { code: "task-not-found" } });
    expect(producer.calls("GetTask") + producer.calls("BatchGetDocuments")).toBe(0);
  });

  it("that were never issued are 404", async () => {
    const producer = await setUpProducer({ clock: new VirtualClock({ startMs: Date.now() }) });
    expect(await producer.send(`/v1/tasks/${ID}`)).toMatchObject({ status: 404, body: { code: "task-not-found" } });
  });
});

describe("a task in its queue", () => {
  it("is shown as it was when it was accepted", async () => {
    const producer = await setUpProducer();
    const accepted = await producer.enqueue({ ...CLAIMED, delaySeconds: 60 });
    const response = await producer.send(accepted.headers.get("location") ?? "");
    expect(response.status).toBe(200);
    expect(response.body).toEqual(accepted.body);
    expect(response.body.state).toBe("scheduled");
  });

  it("waits as its record says, until its queue's time", async () => {
    const producer = await setUpProducer();
    const { body: task } = await producer.enqueue({ ...CLAIMED, delaySeconds: 60 });
    const lastError = { code: "HTTP_500", message: "The subscriber answered 500." };
    await producer.writeRecord(task.id, { state: "waiting", attempts: 3, lastError, finishedAt: null, result: null });
    expect((await producer.send(`/v1/tasks/${task.id}`)).body).toEqual({
      ...task,
      state: "waiting",
      attempts: 3,
      lastError,
      nextAttempt: task.scheduleTime,
      nextRule: "queue",
    });
  });

  it("is not described by a record that has expired", async () => {
    const producer = await setUpProducer();
    const { body: task } = await producer.enqueue(CLAIMED);
    await producer.writeRecord(task.id, { state: "dead", expireAt: Timestamp.fromMillis(Date.now() - 1_000) });
    expect((await producer.send(`/v1/tasks/${task.id}`)).body).toEqual(task);
  });
});

describe("a task that has left its queue", () => {
  it.each([
    ["running", {}, { result: expect.anything() }],
    ["dead", { lastError: { code: "GONE", message: "410" } }, { result: expect.anything() }],
    ["cancelled", {}, { result: expect.anything() }],
  ])("is %s if its record says so", async (state, fields, absent) => {
    const producer = await setUpProducer();
    await producer.writeRecord(ID, { state, ...fields });
    const response = await producer.send(`/v1/tasks/${ID}`);
    expect(response.body).toMatchObject({
      id: ID,
      state,
      attempts: 1,
      createdAt: "2026-05-01T10:00:00.000Z",
      ...fields,
    });
    expect(response.body).not.toMatchObject(absent);
  });

  it("is finished if it left no record", async () => {
    const producer = await setUpProducer();
    const { body: task } = await producer.enqueue(NATURAL);
    await producer.admin.deleteTask({ name: producer.taskName(task.id) });
    expect((await producer.send(`/v1/tasks/${task.id}`)).body).toEqual({
      id: task.id,
      queue: "bulk",
      state: "finished",
      links: { self: `/v1/tasks/${task.id}`, queue: "/v1/queues/bulk" },
    });
  });
});

describe("a task during its delivery", () => {
  it("is running, then waiting, then finished", async () => {
    const worker = await startScriptedWorker();
    const producer = await setUpProducer({ delivering: true, workerUrl: worker.url });
    // The queue's own backoff of 100 ms would deliver again at any moment: only the test does.
    const anHour = { seconds: 3_600 };
    await producer.admin.updateQueue({
      queue: { name: `${QUEUES_PATH}/bulk-2`, retryConfig: { minBackoff: anHour, maxBackoff: anHour } },
      updateMask: { paths: ["retry_config.min_backoff", "retry_config.max_backoff"] },
    });
    const { body: task } = await producer.enqueue(NATURAL);
    const state = async () => (await producer.send(`/v1/tasks/${task.id}`)).body;

    const first = await worker.nextDelivery();
    expect(await state()).toMatchObject({ state: "running", attempts: 1 });
    first.respond(500);
    await vi.waitFor(async () => expect(await state()).toMatchObject({ state: "waiting", attempts: 1 }));
    const waiting = await state();
    expect(waiting).toMatchObject({ nextAttempt: waiting.scheduleTime });

    const ran = producer.admin.runTask({ name: producer.taskName(task.id) });
    const second = await worker.nextDelivery();
    second.respond(200);
    await ran;
    await vi.waitFor(async () => expect(await state()).toMatchObject({ state: "finished" }));
  });
});

describe("look-ups that fail", () => {
  it.each([
    ["the queue", "tasksProxy", "GetTask"],
    ["the records", "recordsProxy", "BatchGetDocuments"],
  ] as const)("are 503 with a Retry-After: %s", async (_, proxy, rpc) => {
    const producer = await setUpProducer();
    void producer[proxy].inject({
      rpc,
      when: "before-effect",
      answer: { status: status.PERMISSION_DENIED },
      times: 99,
    });
    const response = await producer.send(`/v1/tasks/${ID}`);
    expect(response).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("are given up after three seconds", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.tasksProxy.inject({ rpc: "GetTask", when: "before-effect", answer: "nothing" });
    const running = producer.send(`/v1/tasks/${ID}`);
    await injected;
    await clock.advance(3_000);
    expect((await running).status).toBe(503);
  });
});

/** A worker that answers each delivery when and how the test says. */
async function startScriptedWorker() {
  const deliveries: { respond(status: number): void }[] = [];
  const waiting: ((delivery: { respond(status: number): void }) => void)[] = [];
  const server = http.createServer((request, response) => {
    request.resume();
    const delivery = { respond: (code: number) => void response.writeHead(code).end() };
    const next = waiting.shift();
    if (next) next(delivery);
    else deliveries.push(delivery);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async nextDelivery() {
      const ready = deliveries.shift();
      return ready ?? new Promise<{ respond(status: number): void }>((resolve) => waiting.push(resolve));
    },
  };
}
