import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

const START_MS = Date.UTC(2026, 0, 1);

/** A harness that calls `/_emulator/` as another language would. */
async function setup(options: { wallClock?: boolean } = {}) {
  const clock = new VirtualClock({ startMs: START_MS });
  const harness = await startHarness(options.wallClock === true ? {} : { clock });
  const { host, port } = harness.emulator;
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown }> => {
    const response = await fetch(`http://${host}:${port}/_emulator/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };
  return { ...harness, clock, call };
}

test("reports its health and its time", async () => {
  const { call } = await setup();
  expect(await call("GET", "health")).toEqual({
    status: 200,
    json: { status: "ok", service: "cloud-tasks", nowMs: START_MS, now: "2026-01-01T00:00:00.000Z" },
  });
});

test("tells how often each RPC was called", async () => {
  const { call, ...harness } = await setup();
  await createTask(harness, await createQueue(harness));
  expect(await call("GET", "calls")).toEqual({ status: 200, json: { calls: { CreateQueue: 1, CreateTask: 1 } } });
});

test("moves the virtual clock, and delivers what falls due", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  await createTask(harness, queue, { dueMs: START_MS + 1_800_000 });
  expect(await harness.call("GET", "clock")).toMatchObject({ json: { nowMs: START_MS, virtual: true } });
  expect(await harness.call("POST", "clock", { advance: "1h" })).toEqual({
    status: 200,
    json: { nowMs: START_MS + 3_600_000, now: "2026-01-01T01:00:00.000Z", virtual: true },
  });
  expect(harness.receiver.received).toHaveLength(1);
});

test("refuses to move the wall clock, and says what to do", async () => {
  const { call } = await setup({ wallClock: true });
  expect(await call("GET", "clock")).toMatchObject({ json: { virtual: false } });
  const { status, json } = await call("POST", "clock", { advance: "1h" });
  expect(status).toBe(409);
  expect(json).toMatchObject({ detail: expect.stringContaining("--virtual-clock") });
});

test("injects faults, lists them with their hits, and removes them", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  const fault = { kind: "delay", by: "1m", queue, times: 1 };
  expect(await harness.call("POST", "faults", fault)).toMatchObject({ status: 201 });
  await createTask(harness, queue);
  await harness.clock.advance("1m");
  expect(await harness.call("GET", "faults")).toEqual({
    status: 200,
    json: { faults: [{ fault: { ...fault, by: 60_000 }, hits: 1 }] },
  });
  expect(await harness.call("DELETE", "faults")).toEqual({ status: 200, json: { faults: [] } });
});

test.each([
  { kind: "duplicate", when: "at-once" },
  { kind: "duplicate", when: "late", after: "5s" },
  { kind: "duplicate", when: "after-success", after: 10, probability: 0.5 },
  { kind: "reorder", within: "10s", dispatch: 1 },
  { kind: "answer-lost", task: "projects/p/locations/l/queues/q/tasks/t" },
  { kind: "connection-reset" },
  { kind: "deadline-overrun" },
  { kind: "call", method: "CreateTask", code: "DEADLINE_EXCEEDED", when: "after" },
])("accepts the fault $kind", async (fault) => {
  const { call, emulator } = await setup();
  expect((await call("POST", "faults", fault)).status).toBe(201);
  expect(emulator.faults()).toHaveLength(1);
});

test("returns the history as JSON with bodies in base64, and as a timeline", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  harness.receiver.respondWith(() => ({ status: 200, headers: {}, body: "thanks" }));
  const url = `${harness.receiver.url}/work`;
  const task = await createTask(harness, queue, { httpRequest: { url, body: Buffer.from("please") } });
  await createTask(harness, queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(await harness.call("GET", `history?task=${task}`)).toMatchObject({
    status: 200,
    json: {
      attempts: [
        {
          task,
          queue,
          dispatch: 1,
          dispatchedMs: START_MS,
          request: { method: "POST", url, body: "cGxlYXNl" },
          outcome: { kind: "answered", status: 200, body: "dGhhbmtz" },
          fate: { kind: "done" },
        },
      ],
    },
  });
  const { host, port } = harness.emulator;
  const text = await fetch(`http://${host}:${port}/_emulator/history?format=text&queue=${queue}`);
  expect(await text.text()).toContain(`${task}\n    1  +0 s           200 after 0 s, done\n`);
});

test("waits until idle, or says what it is waiting for", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  expect(await harness.call("POST", "idle")).toEqual({ status: 200, json: {} });
  await createTask(harness, queue, { id: "later", dueMs: START_MS + 1000 });
  expect(await harness.call("POST", "idle", { queue, until: "empty", timeoutMs: 1 })).toMatchObject({
    status: 409,
    json: { detail: expect.stringContaining("tasks/later has not been delivered yet") },
  });
  expect(await harness.call("POST", "idle", { queue: "projects/p/locations/l/queues/none" })).toMatchObject({
    status: 400,
    json: { detail: expect.stringContaining("The queue projects/p/locations/l/queues/none does not exist") },
  });
});

test("resets a queue", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  await createTask(harness, queue, { id: "one" });
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(await harness.call("POST", "reset", { queue, inFlight: "await" })).toEqual({ status: 200, json: {} });
  expect(harness.emulator.history()).toEqual([]);
  await createTask(harness, queue, { id: "one" });
});

test.each([
  { method: "POST", path: "clock", body: { advance: "soon" }, says: "is not a duration" },
  { method: "POST", path: "clock", body: {}, says: '{"path":"advance","message":"is missing"}' },
  { method: "POST", path: "clock", body: "{", says: "not valid JSON" },
  {
    method: "POST",
    path: "faults",
    body: { kind: "explosion" },
    says: '"path":"kind","message":"must be one of \\"call\\", \\"duplicate\\"',
  },
  { method: "POST", path: "faults", body: { kind: "delay", by: "-1s" }, says: "is not a duration" },
  {
    method: "POST",
    path: "faults",
    body: { kind: "answer-lost", probability: 2 },
    says: '"path":"probability","message":"must be at most 1"',
  },
  {
    method: "POST",
    path: "faults",
    body: { kind: "answer-lost", tsak: "x" },
    says: "has unknown fields: leave out tsak",
  },
  {
    method: "POST",
    path: "faults",
    body: { kind: "call", method: "Create", code: "ABORTED", when: "after" },
    says: "CreateTask",
  },
  {
    method: "POST",
    path: "faults",
    body: { kind: "call", method: "GetTask", code: "OK", when: "after" },
    says: '"path":"code","message":"must be one of \\"CANCELLED\\", ',
  },
  { method: "POST", path: "reset", body: { queues: [] }, says: "has unknown fields: leave out queues" },
  { method: "GET", path: "history?job=1", body: undefined, says: "has unknown fields: leave out job" },
])("refuses $method $path $body, and says why", async ({ method, path, body, says }) => {
  const { call, emulator } = await setup();
  const { status, json } = await call(method, path, body);
  expect(status).toBe(400);
  expect(JSON.stringify(json)).toContain(says);
  expect(emulator.faults()).toEqual([]);
});

test("answers 404 with the routes that exist", async () => {
  const { call } = await setup();
  const { status, json } = await call("GET", "helth");
  expect(status).toBe(404);
  expect(json).toMatchObject({ detail: expect.stringContaining("GET /_emulator/health") });
});
