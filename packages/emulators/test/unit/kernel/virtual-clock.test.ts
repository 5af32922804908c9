import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../src/kernel/virtual-clock.ts";

const START_MS = Date.UTC(2026, 0, 1);

test("stands still until it is moved, and moves by exactly as much", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  await nextTurn();
  expect(clock.now()).toBe(START_MS);
  await clock.advance(250);
  await clock.advance("90s");
  await clock.advance("1.5h");
  await clock.advance("2d");
  expect(clock.now()).toBe(START_MS + 250 + 90_000 + 5_400_000 + 172_800_000);
});

test.each(["", "1", "1 h", "-1s", "1w", "soon", -1, Number.NaN, Number.POSITIVE_INFINITY])(
  "refuses %j as a duration, and stands still",
  async (by) => {
    const clock = new VirtualClock({ startMs: START_MS });
    // @ts-expect-error -- to the type checker, most of these are not durations either
    await expect(clock.advance(by)).rejects.toThrow(RangeError);
    expect(clock.now()).toBe(START_MS);
  },
);

test("fires timers in the order in which they are due, each at its own time", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  const fired: [string, number][] = [];
  const note = (name: string) => () => void fired.push([name, clock.now() - START_MS]);
  clock.setTimer(2000, note("second"));
  clock.setTimer(1000, () => {
    note("first")();
    clock.setTimer(500, note("set by the first"));
  });
  clock.setTimer(2000, note("set later, due with the second"));
  clock.setTimer(2001, note("after the end"));
  const cancelled = clock.setTimer(1, note("cancelled"));
  cancelled.cancel();
  await clock.advance(2000);
  expect(fired).toEqual([
    ["first", 1000],
    ["set by the first", 1500],
    ["second", 2000],
    ["set later, due with the second", 2000],
  ]);
  expect(clock.pending).toBe(1);
});

test("waits for work that is held, whether it succeeds or fails", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  const works = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const seen: number[] = [];
  clock.setTimer(1000, () => works.forEach(({ promise }) => clock.hold(promise)));
  clock.setTimer(2000, () => seen.push(clock.now() - START_MS));
  const advanced = clock.advance("1h");
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect({ seen, nowMs: clock.now() - START_MS }).toEqual({ seen: [], nowMs: 1000 });
  works[0].resolve();
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect(seen).toEqual([]);
  works[1].reject(new Error("it failed"));
  await advanced;
  expect(seen).toEqual([2000]);
});

test("moves on when held work takes longer than its patience", async () => {
  const clock = new VirtualClock({ startMs: START_MS, patienceMs: 1 });
  clock.hold(new Promise(() => undefined));
  await clock.advance(5);
  expect(clock.now()).toBe(START_MS + 5);
});

test("runs concurrent advances one after the other", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  const fired: number[] = [];
  for (const delayMs of [10, 20, 30]) clock.setTimer(delayMs, () => fired.push(clock.now() - START_MS));
  await Promise.all([clock.advance(15), clock.advance(15)]);
  expect(fired).toEqual([10, 20, 30]);
  expect(clock.now()).toBe(START_MS + 30);
});

test("an advance fails with the error of a timer's callback, and the next one works", async () => {
  const clock = new VirtualClock({ startMs: START_MS });
  clock.setTimer(10, () => {
    throw new Error("broken");
  });
  await expect(clock.advance(20)).rejects.toThrow("broken");
  await clock.advance(20);
  expect(clock.now()).toBe(START_MS + 30);
});

test("starts at the wall clock's last whole second", () => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const startMs = new VirtualClock().now();
  expect(startMs % 1000).toBe(0);
  expect(startMs).toBeGreaterThanOrEqual(before);
  expect(startMs).toBeLessThanOrEqual(Date.now());
});

test("doesn't take a process that gets no processor time for work that hangs", async () => {
  const clock = new VirtualClock({ patienceMs: 20 });
  let turnsLeft = 30;
  const work = Promise.withResolvers<void>();
  const turn = (): void => {
    const busyUntilMs = performance.now() + 10;
    while (performance.now() < busyUntilMs);
    if (--turnsLeft === 0) work.resolve();
    else setImmediate(turn);
  };
  clock.hold(work.promise);
  setImmediate(turn);

  await clock.advance(1);

  expect(turnsLeft).toBe(0);
});
