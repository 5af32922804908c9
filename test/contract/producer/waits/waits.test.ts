import { describe, expect, it, vi } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import { countFirestoreCost } from "../../../harness/firestore/firestore-cost.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import type { ProducerResponse } from "../../../harness/producer/producer-requests.ts";

const RUNNING = { state: "running", finishedAt: null, result: null };
const WAITING = { ...RUNNING, state: "waiting" };

/** For as long as a busy machine may take. */
const PATIENTLY = { interval: 5, timeout: 100_000 };

/** A task in its queue, and requests for it. */
async function setUpTask(producer: ProducerHarness, body: object = CLAIMED) {
  const { id } = (await producer.enqueue(body)).body;
  const path = `/v1/tasks/${id}`;
  return {
    id,
    get: () => producer.send(path),
    wait: (query = "waitSeconds=30", init: RequestInit = {}) => producer.send(`${path}?${query}`, init),
  };
}

/** Resolves once a request listens to its record. */
const untilListening = (producer: ProducerHarness, times = 1) =>
  vi.waitFor(() => expect(producer.calls("Listen")).toBe(times), PATIENTLY);

/** Resolves once the queue was asked so often. */
const untilAsked = (producer: ProducerHarness, times: number) =>
  vi.waitFor(() => expect(producer.calls("GetTask")).toBe(times), PATIENTLY);

const etagOf = ({ headers }: ProducerResponse): string => headers.get("etag") ?? "";

describe("waiting for a task's end", () => {
  it("costs one read, and one for each change of its record", async () => {
    const cost = countFirestoreCost();
    const clock = new VirtualClock();
    const producer = await setUpProducer({ cost, clock });
    const task = await setUpTask(producer);
    cost.costSince();

    const waiting = task.wait();
    // There is no record yet.
    await untilAsked(producer, 1);
    for (const [index, fields] of [RUNNING, WAITING, RUNNING].entries()) {
      await producer.writeRecord(task.id, fields);
      await untilAsked(producer, 2 + index);
    }
    await producer.writeRecord(task.id);
    expect(await waiting).toMatchObject({ status: 200, body: { id: task.id, state: "succeeded" } });
    expect(cost.costSince()).toEqual({ calls: { Listen: 1 }, reads: 1 + 4, writes: 0 });
  });

  it("is over at once if it has ended", async () => {
    const producer = await setUpProducer();
    const task = await setUpTask(producer);
    await producer.writeRecord(task.id, { state: "dead" });
    expect(await task.wait()).toMatchObject({ status: 200, body: { state: "dead" } });
    expect(await producer.send(`/v1/tasks/${"0".repeat(32)}-default?waitSeconds=30`)).toMatchObject({ status: 404 });
  });

  it("asks the queue about a task without a record, ever less often", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const task = await setUpTask(producer, NATURAL);
    const waiting = task.wait();
    for (const [polls, afterMs] of [250, 500, 1_000, 2_000, 4_000, 4_000].entries()) {
      await untilAsked(producer, 1 + polls);
      // Only the time until the next poll.
      await vi.waitFor(() => expect(clock.pending).toBe(1), PATIENTLY);
      await clock.advance(afterMs - 1);
      expect(producer.calls("GetTask")).toBe(1 + polls);
      await clock.advance(1);
    }
    await untilAsked(producer, 7);
    await vi.waitFor(() => expect(clock.pending).toBe(1), PATIENTLY);
    await producer.admin.deleteTask({ name: producer.taskName(task.id) });
    await clock.advance(4_000);
    expect(await waiting).toMatchObject({ status: 200, body: { state: "finished" } });
    expect(producer.calls("Listen")).toBe(1);
  });
});

describe("waiting for a change", () => {
  it("ends with the first view that differs, whose ETag is the same as any other request's", async () => {
    const producer = await setUpProducer();
    const task = await setUpTask(producer);
    const first = await task.get();
    expect(etagOf(first)).toMatch(/^"[\w-]{22}"$/);
    expect(etagOf(await task.get())).toBe(etagOf(first));

    const since = etagOf(first);
    const waiting = task.wait(`waitSeconds=30&since=${encodeURIComponent(since)}`);
    await untilListening(producer);
    await producer.writeRecord(task.id, RUNNING);
    const second = await waiting;
    expect(second).toMatchObject({ status: 200, body: { state: "running" } });
    const now = await task.get();
    expect([second.text, etagOf(second)]).toEqual([now.text, etagOf(now)]);
    expect(etagOf(second)).not.toBe(since);
    // It differs already. The quotes may be left out.
    expect((await task.wait(`waitSeconds=30&since=${since.slice(1, -1)}`)).text).toBe(now.text);
  });

  it("ends with the current view when time is up", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const task = await setUpTask(producer);
    await producer.writeRecord(task.id, WAITING);
    const first = await task.get();
    const waiting = task.wait(`waitSeconds=7&since=${etagOf(first).slice(1, -1)}`);
    await untilAsked(producer, 2);
    // What only its queue knows comes with the last look.
    await producer.admin.deleteTask({ name: producer.taskName(task.id) });
    await vi.waitFor(() => expect(clock.pending).toBe(1), PATIENTLY);
    await clock.advance(6_999);
    expect(producer.calls("GetTask")).toBe(2);
    await clock.advance(1);
    expect(await waiting).toMatchObject({ status: 200, body: { state: "removed" } });
  });
});

describe("requests that wait", () => {
  it("are limited to ten per caller, who gets a slot back as soon as one hangs up", async () => {
    const { access } = await setUpCallers();
    const producer = await setUpProducer({ access });
    const own = (email: string): RequestInit => ({ headers: { authorization: bearerOf(email) } });
    const body = JSON.stringify(CLAIMED);
    const { id } = (await producer.post(body, { authorization: bearerOf(ACCOUNTS.caller) })).body;
    const wait = (email: string, init: RequestInit = {}) =>
      producer.send(`/v1/tasks/${id}?waitSeconds=30`, { ...own(email), ...init });
    const hangUp = new AbortController();
    const waiting = Array.from({ length: 10 }, (_, index) =>
      wait(ACCOUNTS.caller, index === 0 ? { signal: hangUp.signal } : {}),
    );
    void waiting[0]?.catch(() => {});
    await untilListening(producer, 10);
    const refused = await wait(ACCOUNTS.caller);
    expect(refused).toMatchObject({ status: 429, body: { code: "too-many-waits" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await producer.send(`/v1/tasks/${id}`, own(ACCOUNTS.caller))).status).toBe(200);
    const other = wait(ACCOUNTS.operator);

    hangUp.abort();
    await expect(waiting[0]).rejects.toThrow("abort");
    await vi.waitFor(() => expect(producer.logged.join("")).toContain('"status":400'), PATIENTLY);
    const another = wait(ACCOUNTS.caller);
    await untilListening(producer, 12);
    await producer.writeRecord(id, { caller: ACCOUNTS.caller });
    const ends = await Promise.all([...waiting.slice(1), other, another]);
    expect(ends.map((end) => [end.status, end.body.state])).toEqual(ends.map(() => [200, "succeeded"]));
  });

  it("take no slots from other requests, and end at once when the instance stops", async () => {
    const producer = await setUpProducer({ limits: { maxRequests: 1, maxBodyBytes: 10_000 } });
    const task = await setUpTask(producer);
    const waiting = task.wait();
    await untilListening(producer);
    expect((await producer.enqueue(CLAIMED)).status).toBe(202);
    producer.waits.end();
    expect(await waiting).toMatchObject({ status: 200, body: { state: "queued" } });
    expect(await task.wait()).toMatchObject({ status: 200, body: { state: "queued" } });
  });

  it("get 503 if the record can't be watched", async () => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    const task = await setUpTask(producer);
    void producer.recordsProxy.inject({ rpc: "Listen", when: "before-effect", answer: "nothing" });
    const silent = task.wait();
    await vi.waitFor(() => expect(clock.pending).toBe(1), PATIENTLY);
    await clock.advance(3_000);
    expect(await silent).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
  });

  it("continue over a stream that breaks", async () => {
    const producer = await setUpProducer();
    const task = await setUpTask(producer);
    const waiting = task.wait();
    await untilListening(producer);
    await untilAsked(producer, 1);
    producer.emulators.firestore.inject({ kind: "stream-reset", method: "Listen", times: 1 });
    await producer.writeRecord(task.id);
    expect(await waiting).toMatchObject({ status: 200, body: { state: "succeeded" } });
    expect(producer.calls("Listen")).toBe(2);
  });
});
