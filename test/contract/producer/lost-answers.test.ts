import { status } from "@grpc/grpc-js";
import { describe, expect, it, vi } from "vitest";
import type { Fault } from "../../harness/network/fault-proxy.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, startProducerBundle } from "../../harness/producer/producer-harness.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
const ALL = 1_000;

/** Small, since the calls between two steps go over real sockets and must not seem to take long. */
const STEP_MS = 10;

/** Moves the clock until something has ended that only waits for time to pass. */
async function advanceUntil<T>(clock: VirtualClock, running: Promise<T>): Promise<T> {
  const state = { ended: false };
  void running.finally(() => (state.ended = true));
  while (!state.ended) await clock.advance(STEP_MS);
  return running;
}

describe("a CreateTask whose answer is lost", () => {
  const answers: [string, Fault["answer"]][] = [
    ["UNAVAILABLE", { status: status.UNAVAILABLE }],
    ["DEADLINE_EXCEEDED", { status: status.DEADLINE_EXCEEDED }],
    ["INTERNAL", { status: status.INTERNAL }],
    ["a stream that is cut off", "reset"],
  ];

  it.each(answers)("is made up for when it had no effect: %s", async (_, answer) => {
    const bundle = await startProducerBundle();
    void bundle.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer });
    expect((await bundle.enqueue(CLAIMED, "k")).status).toBe(202);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
    expect(bundle.calls("CreateTask")).toBe(1);
  });

  it.each(answers)("is recognised as this request's own when it had its effect: %s", async (_, answer) => {
    const bundle = await startProducerBundle();
    void bundle.tasksProxy.inject({ rpc: "CreateTask", when: "after-effect", answer });
    const accepted = await bundle.enqueue(CLAIMED, "k");
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get("idempotency-replayed")).toBeNull();
    expect(await bundle.queuedTasks("default")).toMatchObject([{ name: bundle.taskName(accepted.body.id) }]);
    expect(bundle.calls("CreateTask")).toBe(2);
  });

  it("leaves one task without an idempotency key, too", async () => {
    const bundle = await startProducerBundle();
    void bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "after-effect",
      answer: { status: status.UNAVAILABLE },
      times: 2,
    });
    expect((await bundle.enqueue(CLAIMED)).status).toBe(202);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
    expect(bundle.calls("CreateTask")).toBe(3);
  });

  it.each<Fault["when"]>(["before-effect", "after-effect"])("is given up after three seconds: %s", async (when) => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const struck = bundle.tasksProxy.inject({ rpc: "CreateTask", when, answer: "nothing" });
    const running = bundle.enqueue(CLAIMED, "k");
    await struck;
    await clock.advance(2_999);
    expect(bundle.calls("CreateTask")).toBe(when === "after-effect" ? 1 : 0);
    await clock.advance(1 + 100);
    expect((await running).status).toBe(202);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });

  it("doesn't make an earlier request's task this one's", async () => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const first = await bundle.enqueue(CLAIMED, "k");
    await clock.advance(1);
    const struck = bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "after-effect",
      answer: { status: status.UNAVAILABLE },
    });
    const running = bundle.enqueue(CLAIMED, "k");
    await struck;
    const second = await advanceUntil(clock, running);
    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
  });

  it("doesn't hide that the key belongs to another payload", async () => {
    const bundle = await startProducerBundle();
    await bundle.enqueue(CLAIMED, "k");
    void bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.UNAVAILABLE },
    });
    expect((await bundle.enqueue(OTHER, "k")).status).toBe(422);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });
});

describe("a CreateTask that is never answered", () => {
  const lost = { rpc: "CreateTask", answer: { status: status.UNAVAILABLE }, times: ALL } as const;

  it.each<[Fault["when"], number]>([
    ["before-effect", 0],
    ["after-effect", 1],
  ])("ends in 503 that says how to go on: %s", async (when, tasks) => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const struck = bundle.tasksProxy.inject({ ...lost, when });
    const running = bundle.enqueue(CLAIMED, "k");
    await struck;
    const answer = await advanceUntil(clock, running);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.body).toMatchObject({ code: "outcome-unknown", detail: expect.stringContaining("Idempotency-Key") });
    expect(await bundle.queuedTasks("default")).toHaveLength(tasks);
  });

  it("is one task when the request is repeated with its key", async () => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const struck = bundle.tasksProxy.inject({ ...lost, when: "after-effect" });
    const running = bundle.enqueue(CLAIMED, "k");
    await struck;
    expect(await advanceUntil(clock, running)).toMatchObject({ status: 503, body: { code: "outcome-unknown" } });
    bundle.tasksProxy.calm();
    expect(await bundle.enqueue(CLAIMED, "k")).toMatchObject({ status: 200 });
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });

  it("is not tried again once the caller has gone", async () => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const struck = bundle.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer: "nothing" });
    const caller = new AbortController();
    const running = bundle.post(JSON.stringify(CLAIMED), {}, { signal: caller.signal });
    await struck;
    caller.abort();
    await expect(running).rejects.toThrow("abort");
    await vi.waitFor(() => expect(bundle.logged.join("")).toContain("request answered"));
    await clock.advance(60_000);
    expect(bundle.calls("CreateTask")).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("what Cloud Tasks refuses", () => {
  it("is 429 with a time to come back when it has had enough", async () => {
    const bundle = await startProducerBundle();
    void bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.RESOURCE_EXHAUSTED },
    });
    const answer = await bundle.enqueue(CLAIMED, "k");
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await bundle.queuedTasks("default")).toHaveLength(0);
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("is 503 when the queue is missing, which only the log explains", async () => {
    const bundle = await startProducerBundle();
    await bundle.admin.deleteQueue({ name: bundle.taskName("0".repeat(32) + "-default").split("/tasks/")[0] ?? "" });
    const answer = await bundle.enqueue(CLAIMED, "k");
    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe("queue-unavailable");
    expect(answer.text).not.toContain("default-2");
    expect(bundle.logged.join("")).toContain("Queue does not exist");
    expect(bundle.calls("CreateTask")).toBe(1);
  });

  it("is 500 when it is a bug of ours, and says nothing of the payload", async () => {
    const bundle = await startProducerBundle();
    void bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.INVALID_ARGUMENT },
    });
    const answer = await bundle.enqueue(CLAIMED, "k");
    expect(answer).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(bundle.logged.join("")).not.toContain("order.paid");
  });
});

describe("look-ups that fail", () => {
  it("refuse a keyed request before anything is created when the records don't answer", async () => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    const struck = bundle.recordsProxy.inject({
      rpc: "BatchGetDocuments",
      when: "before-effect",
      answer: "nothing",
      times: ALL,
    });
    const running = bundle.enqueue(CLAIMED, "k");
    await struck;
    await clock.advance(3_000);
    expect(await running).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("leave it open what became of a taken name", async () => {
    const bundle = await startProducerBundle();
    await bundle.enqueue(CLAIMED, "k");
    void bundle.tasksProxy.inject({
      rpc: "GetTask",
      when: "before-effect",
      answer: { status: status.PERMISSION_DENIED },
      times: ALL,
    });
    const answer = await bundle.enqueue(CLAIMED, "k");
    expect(answer).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
    expect(answer.body.detail).toContain("may have been accepted");
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });
});
