import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { addTaskMatchers } from "../../../../src/vitest.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";

addTaskMatchers(expect);

const START_MS = Date.UTC(2026, 0, 1);
const RETRY_S = 10;

/** A bundle with a clock to move, and a queue that retries after ten seconds. */
async function setup(options: { faultSeed?: number } = {}) {
  const clock = new VirtualClock({ startMs: START_MS, patienceMs: 50 });
  const bundle = await startBundle({ clock, ...options });
  const queue = await createQueue(bundle, "q", {
    retryConfig: { minBackoff: { seconds: RETRY_S }, maxBackoff: { seconds: RETRY_S } },
  });
  /** What arrived, as the task's id and how many failures it had, in the order of arrival. */
  const arrivals = (): string[] =>
    bundle.receiver.received.map(
      ({ headers }) => `${headers.get("X-CloudTasks-TaskName")} ${headers.get("X-CloudTasks-TaskRetryCount")}`,
    );
  return { ...bundle, clock, queue, arrivals };
}

test("delivers a task twice at once, and goes by the first answer", async () => {
  const bundle = await setup();
  const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  bundle.receiver.answerWith((_delivery, index) => gates[index]?.promise ?? 200);
  const fault = bundle.emulator.inject({ kind: "duplicate", when: "at-once", times: 1 });
  const task = await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.receiver.arrived(2);
  expect(bundle.receiver.mostOpen).toBe(2);
  for (const gate of gates) gate.resolve(200);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.arrivals()).toEqual(["one 0", "one 0"]);
  expect(fault.hits).toBe(1);
  expect(bundle.emulator.history({ task }).map(({ fault: done, fate }) => [done, fate?.kind])).toEqual(
    expect.arrayContaining([
      ["delivered twice (at-once)", "done"],
      ["a duplicate", undefined],
    ]),
  );
});

test("delivers a task again some time after it succeeded, as it was delivered first", async () => {
  const bundle = await setup();
  bundle.emulator.inject({ kind: "duplicate", when: "after-success", after: "1m" });
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 500 : 200));
  const task = await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.clock.advance(RETRY_S * 1000);
  expect(bundle.arrivals()).toEqual(["one 0", "one 1"]);
  await expect(bundle.emulator.waitForIdle({ until: "empty", timeoutMs: 1 })).rejects.toThrow(
    /A duplicate of .*tasks\/one \(dispatch 2\)/,
  );
  await bundle.clock.advance("59s");
  expect(bundle.arrivals()).toHaveLength(2);
  await bundle.clock.advance("1s");
  expect(bundle.arrivals()).toEqual(["one 0", "one 1", "one 1"]);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.emulator).toHaveBeenDelivered(task, { attempts: 2 });
});

test("delivers a task a second time while the first is still being handled", async () => {
  const bundle = await setup();
  const first = Promise.withResolvers<number>();
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? first.promise : 200));
  bundle.emulator.inject({ kind: "duplicate", when: "late", after: "5s" });
  await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.receiver.arrived(1);
  await bundle.clock.advance("5s");
  await bundle.receiver.arrived(2);
  expect(bundle.receiver.open).toBe(1);
  first.resolve(200);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.arrivals()).toEqual(["one 0", "one 0"]);
});

test("a late duplicate of an attempt that failed meanwhile is the same attempt, not the next one", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 500 : 200));
  bundle.emulator.inject({ kind: "duplicate", when: "late", after: "5s", times: 1 });
  await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.clock.advance("1m");
  expect(bundle.arrivals()).toEqual(["one 0", "one 0", "one 1"]);
});

test("breaks a delayed delivery off with a reset", async () => {
  const bundle = await setup();
  bundle.emulator.inject({ kind: "delay", by: "1d" });
  await createTask(bundle, bundle.queue);
  await bundle.emulator.reset({ queue: bundle.queue });
  await bundle.clock.advance("2d");
  expect(bundle.receiver.received).toHaveLength(0);
});

test("an attempt that a stop breaks off is broken off, though its answer would have been lost", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith(() => "stall");
  bundle.emulator.inject({ kind: "answer-lost" });
  await createTask(bundle, bundle.queue);
  await bundle.receiver.arrived(1);
  await bundle.emulator.stop();
  expect(bundle.emulator.history()).toMatchObject([{ outcome: { kind: "aborted" }, fate: { kind: "aborted" } }]);
});

test("strikes one queue only when it is told to", async () => {
  const bundle = await setup();
  const other = await createQueue(bundle, "other");
  bundle.emulator.inject({ kind: "connection-reset", queue: other, dispatch: 1 });
  for (const queue of [bundle.queue, other]) await createTask(bundle, queue, { id: "one" });
  await bundle.emulator.waitForIdle();
  expect(bundle.arrivals()).toEqual(["one 0"]);
  expect(bundle.emulator.history().find(({ fault }) => fault !== undefined)?.queue).toBe(other);
});

test.each([
  { kind: "delay", by: "-1s" },
  { kind: "reorder", within: "soon" },
  { kind: "duplicate", when: "late", after: Number.NaN },
] as const)("refuses $kind with a duration that is none", async (fault) => {
  const { emulator } = await setup();
  // @ts-expect-error -- not all of these are durations to the type checker either
  expect(() => emulator.inject(fault)).toThrow(RangeError);
});

test("delays a delivery", async () => {
  const bundle = await setup();
  bundle.emulator.inject({ kind: "delay", by: "30s" });
  const task = await createTask(bundle, bundle.queue);
  await bundle.clock.advance("29s");
  expect(bundle.receiver.received).toHaveLength(0);
  await bundle.clock.advance("1s");
  expect(bundle.emulator).toHaveBeenDelivered(task, { attempts: 1 });
});

test("reorders deliveries, the same way for the same seed and another for another", async () => {
  const orderFor = async (faultSeed: number): Promise<string[]> => {
    const bundle = await setup({ faultSeed });
    bundle.emulator.inject({ kind: "reorder", within: "1m" });
    for (const id of ["a", "b", "c", "d", "e", "f"]) await createTask(bundle, bundle.queue, { id });
    await bundle.clock.advance("1m");
    return bundle.arrivals();
  };
  const order = await orderFor(1);
  expect(order.toSorted()).toEqual(["a 0", "b 0", "c 0", "d 0", "e 0", "f 0"]);
  expect(order).not.toEqual(order.toSorted());
  expect(await orderFor(1)).toEqual(order);
  expect(await orderFor(2)).not.toEqual(order);
});

test("loses the answer of a worker that has done the work, and delivers again", async () => {
  const bundle = await setup();
  bundle.emulator.inject({ kind: "answer-lost", dispatch: 1 });
  const task = await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.clock.advance(RETRY_S * 1000);
  expect(bundle.arrivals()).toEqual(["one 0", "one 1"]);
  expect(bundle.receiver.received[1]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("503");
  expect(bundle.emulator).toHaveRetried(task, { times: 1 });
});

test("resets the connection before anything is sent", async () => {
  const bundle = await setup();
  bundle.emulator.inject({ kind: "connection-reset", dispatch: 1 });
  const task = await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.clock.advance(RETRY_S * 1000);
  expect(bundle.arrivals()).toEqual(["one 1"]);
  expect(bundle.emulator.history({ task })[0]).toMatchObject({
    fault: "its connection reset",
    outcome: { kind: "unreachable" },
  });
});

test("gives a delivery up as at its deadline while the worker goes on, so that attempts overlap", async () => {
  const bundle = await setup();
  const first = Promise.withResolvers<number>();
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? first.promise : 200));
  bundle.emulator.inject({ kind: "deadline-overrun", times: 1 });
  const task = await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.receiver.arrived(1);
  await bundle.clock.advance(RETRY_S * 1000);
  await bundle.receiver.arrived(2);
  expect(bundle.receiver.open).toBe(1);
  first.resolve(200);
  expect(bundle.receiver.received[1]?.headers.get("X-CloudTasks-TaskPreviousResponse")).toBe("504");
  expect(bundle.emulator).toHaveBeenDelivered(task, { attempts: 2 });
});

test("strikes only the queue, the task and the dispatch that it is for", async () => {
  const bundle = await setup();
  const other = await createQueue(bundle, "other");
  const aim = { queue: bundle.queue, task: `${bundle.queue}/tasks/one`, dispatch: 1 };
  const fault = bundle.emulator.inject({ kind: "connection-reset", ...aim });
  for (const queue of [bundle.queue, other]) {
    for (const id of ["one", "two"]) await createTask(bundle, queue, { id });
  }
  await bundle.clock.advance(RETRY_S * 1000);
  expect(bundle.arrivals().toSorted()).toEqual(["one 0", "one 1", "two 0", "two 0"]);
  expect(fault.hits).toBe(1);
});

test("strikes with a probability, the same tasks for the same seed", async () => {
  const struck = async (): Promise<string[]> => {
    const bundle = await setup({ faultSeed: 7 });
    const fault = bundle.emulator.inject({ kind: "connection-reset", probability: 0.3, dispatch: 1 });
    for (let n = 0; n < 40; n++) await createTask(bundle, bundle.queue, { id: `task-${n}` });
    await bundle.clock.advance(RETRY_S * 1000);
    const late = bundle.arrivals().filter((arrival) => arrival.endsWith(" 1"));
    expect(late).toHaveLength(fault.hits);
    return late.toSorted();
  };
  const first = await struck();
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(40);
  expect(await struck()).toEqual(first);
});

test("ends with `remove`, and all of them with `clearFaults`", async () => {
  const bundle = await setup();
  const removed = bundle.emulator.inject({ kind: "connection-reset" });
  removed.remove();
  bundle.emulator.inject({ kind: "answer-lost" });
  expect(bundle.emulator.faults()).toEqual([{ fault: { kind: "answer-lost" }, hits: 0 }]);
  bundle.emulator.clearFaults();
  const task = await createTask(bundle, bundle.queue);
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.emulator).toHaveBeenDelivered(task, { attempts: 1 });
});

test.each([{ probability: -0.1 }, { probability: 1.1 }, { probability: Number.NaN }, { times: 0 }])(
  "refuses a fault with %j",
  async (frequency) => {
    const { emulator } = await setup();
    expect(() => emulator.inject({ kind: "answer-lost", ...frequency })).toThrow(RangeError);
    expect(emulator.faults()).toEqual([]);
  },
);
