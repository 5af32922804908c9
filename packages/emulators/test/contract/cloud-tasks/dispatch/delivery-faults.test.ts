import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { addTaskMatchers } from "../../../../src/vitest.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

addTaskMatchers(expect);

const START_MS = Date.UTC(2026, 0, 1);
const RETRY_S = 10;

/** A harness with a virtual clock and a queue that retries after ten seconds. */
async function setup(options: { faultSeed?: number } = {}) {
  const clock = new VirtualClock({ startMs: START_MS, patienceMs: 50 });
  const harness = await startHarness({ clock, ...options });
  const queue = await createQueue(harness, "q", {
    retryConfig: { minBackoff: { seconds: RETRY_S }, maxBackoff: { seconds: RETRY_S } },
  });
  /** What arrived, in order: each task's id and its number of failures. */
  const arrivals = (): string[] =>
    harness.receiver.received.map(
      ({ headers }) => `${headers.get("X-CloudTasks-TaskName")} ${headers.get("X-CloudTasks-TaskRetryCount")}`,
    );
  return { ...harness, clock, queue, arrivals };
}

test("delivers a task twice at once, and uses the first response", async () => {
  const harness = await setup();
  const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  harness.receiver.respondWith((_delivery, index) => gates[index]?.promise ?? 200);
  const fault = harness.emulator.inject({ kind: "duplicate", when: "at-once", times: 1 });
  const task = await createTask(harness, harness.queue, { id: "one" });
  await harness.receiver.arrived(2);
  expect(harness.receiver.mostOpen).toBe(2);
  for (const gate of gates) gate.resolve(200);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.arrivals()).toEqual(["one 0", "one 0"]);
  expect(fault.hits).toBe(1);
  expect(harness.emulator.history({ task }).map(({ fault: done, fate }) => [done, fate?.kind])).toEqual(
    expect.arrayContaining([
      ["delivered twice (at-once)", "done"],
      ["a duplicate", undefined],
    ]),
  );
});

test("delivers a task again some time after it succeeded, as the same attempt", async () => {
  const harness = await setup();
  harness.emulator.inject({ kind: "duplicate", when: "after-success", after: "1m" });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  const task = await createTask(harness, harness.queue, { id: "one" });
  await harness.clock.advance(RETRY_S * 1000);
  expect(harness.arrivals()).toEqual(["one 0", "one 1"]);
  await expect(harness.emulator.waitForIdle({ until: "empty", timeoutMs: 1 })).rejects.toThrow(
    /A duplicate of .*tasks\/one \(dispatch 2\)/,
  );
  await harness.clock.advance("59s");
  expect(harness.arrivals()).toHaveLength(2);
  await harness.clock.advance("1s");
  expect(harness.arrivals()).toEqual(["one 0", "one 1", "one 1"]);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.emulator).toHaveSucceeded(task, { attempts: 2 });
});

test("delivers a task again while the worker is still handling it", async () => {
  const harness = await setup();
  const first = Promise.withResolvers<number>();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? first.promise : 200));
  harness.emulator.inject({ kind: "duplicate", when: "late", after: "5s" });
  await createTask(harness, harness.queue, { id: "one" });
  await harness.receiver.arrived(1);
  await harness.clock.advance("5s");
  await harness.receiver.arrived(2);
  expect(harness.receiver.open).toBe(1);
  first.resolve(200);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.arrivals()).toEqual(["one 0", "one 0"]);
});

test("a late duplicate of an attempt that has failed meanwhile is the same attempt, not the next one", async () => {
  const harness = await setup();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  harness.emulator.inject({ kind: "duplicate", when: "late", after: "5s", times: 1 });
  await createTask(harness, harness.queue, { id: "one" });
  await harness.clock.advance("1m");
  expect(harness.arrivals()).toEqual(["one 0", "one 0", "one 1"]);
});

test("aborts a delayed delivery in a reset", async () => {
  const harness = await setup();
  harness.emulator.inject({ kind: "delay", by: "1d" });
  await createTask(harness, harness.queue);
  await harness.emulator.reset({ queue: harness.queue });
  await harness.clock.advance("2d");
  expect(harness.receiver.received).toHaveLength(0);
});

test("an attempt that a stop aborts is aborted, even if its response would have been lost", async () => {
  const harness = await setup();
  harness.receiver.respondWith(() => "stall");
  harness.emulator.inject({ kind: "answer-lost" });
  await createTask(harness, harness.queue);
  await harness.receiver.arrived(1);
  await harness.emulator.stop();
  expect(harness.emulator.history()).toMatchObject([{ outcome: { kind: "aborted" }, fate: { kind: "aborted" } }]);
});

test("affects only one queue if it has a queue", async () => {
  const harness = await setup();
  const other = await createQueue(harness, "other");
  harness.emulator.inject({ kind: "connection-reset", queue: other, dispatch: 1 });
  for (const queue of [harness.queue, other]) await createTask(harness, queue, { id: "one" });
  await harness.emulator.waitForIdle();
  expect(harness.arrivals()).toEqual(["one 0"]);
  expect(harness.emulator.history().find(({ fault }) => fault !== undefined)?.queue).toBe(other);
});

test.each([
  { kind: "delay", by: "-1s" },
  { kind: "reorder", within: "soon" },
  { kind: "duplicate", when: "late", after: Number.NaN },
] as const)("refuses $kind with a duration that is none", async (fault) => {
  const { emulator } = await setup();
  // @ts-expect-error -- to the type checker, not all of these are durations either
  expect(() => emulator.inject(fault)).toThrow(RangeError);
});

test("delays a delivery", async () => {
  const harness = await setup();
  harness.emulator.inject({ kind: "delay", by: "30s" });
  const task = await createTask(harness, harness.queue);
  await harness.clock.advance("29s");
  expect(harness.receiver.received).toHaveLength(0);
  await harness.clock.advance("1s");
  expect(harness.emulator).toHaveSucceeded(task, { attempts: 1 });
});

test("reorders deliveries, in the same way for the same seed and differently for another", async () => {
  const orderFor = async (faultSeed: number): Promise<string[]> => {
    const harness = await setup({ faultSeed });
    harness.emulator.inject({ kind: "reorder", within: "1m" });
    for (const id of ["a", "b", "c", "d", "e", "f"]) await createTask(harness, harness.queue, { id });
    await harness.clock.advance("1m");
    return harness.arrivals();
  };
  const order = await orderFor(1);
  expect(order.toSorted()).toEqual(["a 0", "b 0", "c 0", "d 0", "e 0", "f 0"]);
  expect(order).not.toEqual(order.toSorted());
  expect(await orderFor(1)).toEqual(order);
  expect(await orderFor(2)).not.toEqual(order);
});

test("loses the response of a worker that has done the work, and delivers again", async () => {
  const harness = await setup();
  harness.emulator.inject({ kind: "answer-lost", dispatch: 1 });
  const task = await createTask(harness, harness.queue, { id: "one" });
  await harness.clock.advance(RETRY_S * 1000);
  expect(harness.arrivals()).toEqual(["one 0", "one 1"]);
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("503");
  expect(harness.emulator).toHaveRetried(task, { times: 1 });
});

test("resets the connection before anything is sent", async () => {
  const harness = await setup();
  harness.emulator.inject({ kind: "connection-reset", dispatch: 1 });
  const task = await createTask(harness, harness.queue, { id: "one" });
  await harness.clock.advance(RETRY_S * 1000);
  expect(harness.arrivals()).toEqual(["one 1"]);
  expect(harness.emulator.history({ task })[0]).toMatchObject({
    fault: "connection reset",
    outcome: { kind: "unreachable" },
  });
});

test("times a delivery out while the worker goes on, so that attempts overlap", async () => {
  const harness = await setup();
  const first = Promise.withResolvers<number>();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? first.promise : 200));
  harness.emulator.inject({ kind: "deadline-overrun", times: 1 });
  const task = await createTask(harness, harness.queue, { id: "one" });
  await harness.receiver.arrived(1);
  await harness.clock.advance(RETRY_S * 1000);
  await harness.receiver.arrived(2);
  expect(harness.receiver.open).toBe(1);
  first.resolve(200);
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("504");
  expect(harness.emulator).toHaveSucceeded(task, { attempts: 2 });
});

test("affects only the queue, the task and the attempt that it is for", async () => {
  const harness = await setup();
  const other = await createQueue(harness, "other");
  const aim = { queue: harness.queue, task: `${harness.queue}/tasks/one`, dispatch: 1 };
  const fault = harness.emulator.inject({ kind: "connection-reset", ...aim });
  for (const queue of [harness.queue, other]) {
    for (const id of ["one", "two"]) await createTask(harness, queue, { id });
  }
  await harness.clock.advance(RETRY_S * 1000);
  expect(harness.arrivals().toSorted()).toEqual(["one 0", "one 1", "two 0", "two 0"]);
  expect(fault.hits).toBe(1);
});

test("happens with a probability, to the same tasks for the same seed", async () => {
  const affected = async (): Promise<string[]> => {
    const harness = await setup({ faultSeed: 7 });
    const fault = harness.emulator.inject({ kind: "connection-reset", probability: 0.3, dispatch: 1 });
    for (let n = 0; n < 40; n++) await createTask(harness, harness.queue, { id: `task-${n}` });
    await harness.clock.advance(RETRY_S * 1000);
    const late = harness.arrivals().filter((arrival) => arrival.endsWith(" 1"));
    expect(late).toHaveLength(fault.hits);
    return late.toSorted();
  };
  const first = await affected();
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(40);
  expect(await affected()).toEqual(first);
});

test("`remove` ends a fault, and `clearFaults` all of them", async () => {
  const harness = await setup();
  const removed = harness.emulator.inject({ kind: "connection-reset" });
  removed.remove();
  harness.emulator.inject({ kind: "answer-lost" });
  expect(harness.emulator.faults()).toEqual([{ fault: { kind: "answer-lost" }, hits: 0 }]);
  harness.emulator.clearFaults();
  const task = await createTask(harness, harness.queue);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.emulator).toHaveSucceeded(task, { attempts: 1 });
});

test.each([{ probability: -0.1 }, { probability: 1.1 }, { probability: Number.NaN }, { times: 0 }])(
  "refuses a fault with %j",
  async (frequency) => {
    const { emulator } = await setup();
    expect(() => emulator.inject({ kind: "answer-lost", ...frequency })).toThrow(RangeError);
    expect(emulator.faults()).toEqual([]);
  },
);
