import { status } from "@grpc/grpc-js";
import { describe, expect, it, vi } from "vitest";
import type { Fault } from "../../harness/network/fault-proxy.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, setUpProducer } from "../../harness/producer/producer-harness.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
const ALL = 1_000;

/** Small, because the calls between two steps use real sockets and must not seem slow. */
const STEP_MS = 10;

/** Moves the clock until work that only waits for time to pass has ended. */
async function advanceUntil<T>(clock: VirtualClock, running: Promise<T>): Promise<T> {
  const state = { ended: false };
  void running.finally(() => (state.ended = true));
  while (!state.ended) await clock.advance(STEP_MS);
  return running;
}

describe("a CreateTask whose response is lost", () => {
  const losses: [string, Fault["answer"]][] = [
    ["UNAVAILABLE", { status: status.UNAVAILABLE }],
    ["DEADLINE_EXCEEDED", { status: status.DEADLINE_EXCEEDED }],
    ["INTERNAL", { status: status.INTERNAL }],
    ["a stream that is cut off", "reset"],
  ];

  it.each(losses)("is retried if it had no effect: %s", async (_, answer) => {
    const producer = await setUpProducer();
    void producer.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer });
    expect((await producer.enqueue(CLAIMED, "k")).status).toBe(202);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
    expect(producer.calls("CreateTask")).toBe(1);
  });

  it.each(losses)("is recognised as this request's own if it had its effect: %s", async (_, answer) => {
    const producer = await setUpProducer();
    void producer.tasksProxy.inject({ rpc: "CreateTask", when: "after-effect", answer });
    const accepted = await producer.enqueue(CLAIMED, "k");
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get("idempotency-replayed")).toBeNull();
    expect(await producer.queuedTasks("default")).toMatchObject([{ name: producer.taskName(accepted.body.id) }]);
    expect(producer.calls("CreateTask")).toBe(2);
  });

  it("leaves one task even without an idempotency key", async () => {
    const producer = await setUpProducer();
    void producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "after-effect",
      answer: { status: status.UNAVAILABLE },
      times: 2,
    });
    expect((await producer.enqueue(CLAIMED)).status).toBe(202);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
    expect(producer.calls("CreateTask")).toBe(3);
  });

  it.each<Fault["when"]>(["before-effect", "after-effect"])("is given up after three seconds: %s", async (when) => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.tasksProxy.inject({ rpc: "CreateTask", when, answer: "nothing" });
    const running = producer.enqueue(CLAIMED, "k");
    await injected;
    await clock.advance(2_999);
    expect(producer.calls("CreateTask")).toBe(when === "after-effect" ? 1 : 0);
    await clock.advance(1 + 100);
    expect((await running).status).toBe(202);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });

  it("isn't mistaken for an earlier request's task", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const first = await producer.enqueue(CLAIMED, "k");
    await clock.advance(1);
    const injected = producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "after-effect",
      answer: { status: status.UNAVAILABLE },
    });
    const running = producer.enqueue(CLAIMED, "k");
    await injected;
    const second = await advanceUntil(clock, running);
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
  });

  it("doesn't hide that the key was used for another payload", async () => {
    const producer = await setUpProducer();
    await producer.enqueue(CLAIMED, "k");
    void producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.UNAVAILABLE },
    });
    expect((await producer.enqueue(OTHER, "k")).status).toBe(422);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });
});

describe("one key of a hundred requests at once", () => {
  it("is one task and one view, although CreateTask fails after its effect in three of ten calls", async () => {
    const producer = await setUpProducer();
    const answer = { status: status.UNAVAILABLE };
    for (let tens = 0; tens < 100; tens++) {
      for (const skip of [2, 2, 3]) {
        void producer.tasksProxy.inject({ rpc: "CreateTask", when: "after-effect", answer, skip });
      }
    }
    const responses = await Promise.all(Array.from({ length: 100 }, () => producer.enqueue(CLAIMED, "k")));

    const statuses = Map.groupBy(responses, (response) => response.status);
    expect(new Set(statuses.keys())).toEqual(new Set([200, 202]));
    // Each response has the same bytes, and says by its status and header alone who was first.
    expect(new Set(responses.map(({ text }) => text)).size).toBe(1);
    expect(new Set(responses.map(({ headers }) => headers.get("location"))).size).toBe(1);
    const replayed = responses.filter(({ headers }) => headers.has("idempotency-replayed"));
    expect(replayed).toEqual(statuses.get(200));
    expect(await producer.queuedTasks("default")).toMatchObject([
      { name: producer.taskName(responses[0]?.body.id ?? "") },
    ]);
    // Each call that failed was tried again.
    expect(producer.calls("CreateTask")).toBeGreaterThan(130);
  });
});

describe("a CreateTask that never gets a response", () => {
  const lost = { rpc: "CreateTask", answer: { status: status.UNAVAILABLE }, times: ALL } as const;

  it.each<[Fault["when"], number]>([
    ["before-effect", 0],
    ["after-effect", 1],
  ])("ends in a 503 that says how to continue: %s", async (when, tasks) => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.tasksProxy.inject({ ...lost, when });
    const running = producer.enqueue(CLAIMED, "k");
    await injected;
    const response = await advanceUntil(clock, running);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(response.body).toMatchObject({
      code: "outcome-unknown",
      detail: expect.stringContaining("Idempotency-Key"),
    });
    expect(await producer.queuedTasks("default")).toHaveLength(tasks);
  });

  it("is one task when the request is repeated with its key", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.tasksProxy.inject({ ...lost, when: "after-effect" });
    const running = producer.enqueue(CLAIMED, "k");
    await injected;
    expect(await advanceUntil(clock, running)).toMatchObject({ status: 503, body: { code: "outcome-unknown" } });
    producer.tasksProxy.calm();
    expect(await producer.enqueue(CLAIMED, "k")).toMatchObject({ status: 200 });
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });

  it("isn't retried once the caller has gone", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer: "nothing" });
    const caller = new AbortController();
    const running = producer.post(JSON.stringify(CLAIMED), {}, { signal: caller.signal });
    await injected;
    caller.abort();
    await expect(running).rejects.toThrow("abort");
    await vi.waitFor(() => expect(producer.logged.join("")).toContain("request answered"));
    await clock.advance(60_000);
    expect(producer.calls("CreateTask")).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("a refusal by Cloud Tasks", () => {
  it("is 429 with a time to retry if there are too many tasks", async () => {
    const producer = await setUpProducer();
    void producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.RESOURCE_EXHAUSTED },
    });
    const response = await producer.enqueue(CLAIMED, "k");
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await producer.queuedTasks("default")).toHaveLength(0);
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("is 503 if the queue is missing, and only the log says so", async () => {
    const producer = await setUpProducer();
    await producer.admin.deleteQueue({
      name: producer.taskName("0".repeat(32) + "-default").split("/tasks/")[0] ?? "",
    });
    const response = await producer.enqueue(CLAIMED, "k");
    expect(response.status).toBe(503);
    expect(response.body.code).toBe("queue-unavailable");
    expect(response.text).not.toContain("default-2");
    expect(producer.logged.join("")).toContain("Queue does not exist");
    expect(producer.calls("CreateTask")).toBe(1);
  });

  it("is 500 if it is a bug of ours, and says nothing about the payload", async () => {
    const producer = await setUpProducer();
    void producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.INVALID_ARGUMENT },
    });
    const response = await producer.enqueue(CLAIMED, "k");
    expect(response).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(producer.logged.join("")).not.toContain("order.paid");
  });
});

describe("look-ups that fail", () => {
  it("refuse a keyed request before anything is created if the records don't respond", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const injected = producer.recordsProxy.inject({
      rpc: "BatchGetDocuments",
      when: "before-effect",
      answer: "nothing",
      times: ALL,
    });
    const running = producer.enqueue(CLAIMED, "k");
    await injected;
    await clock.advance(3_000);
    expect(await running).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("leave the state of a taken name unknown", async () => {
    const producer = await setUpProducer();
    await producer.enqueue(CLAIMED, "k");
    void producer.tasksProxy.inject({
      rpc: "GetTask",
      when: "before-effect",
      answer: { status: status.PERMISSION_DENIED },
      times: ALL,
    });
    const response = await producer.enqueue(CLAIMED, "k");
    expect(response).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
    expect(response.body.detail).toContain("may have been accepted");
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });
});
