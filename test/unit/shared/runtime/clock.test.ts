import { expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../../../shared/runtime/clock.ts";

const DAY_MS = 86_400_000;

/** Node's timers, with a time that the test moves: the subject is how they are used. */
function moveTimeByHand() {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  onTestFinished(() => void vi.useRealTimers());
  const fired: number[] = [];
  const startMs = Date.now();
  return { fired, fire: () => void fired.push(Date.now() - startMs) };
}

it("gives the wall clock's time", () => {
  moveTimeByHand();
  expect(systemClock.now()).toBe(Date.UTC(2026, 0, 1));
});

it.each([1, 1_000, 24 * DAY_MS, 2 ** 31 - 1, 2 ** 31, 31 * DAY_MS, 100 * DAY_MS])(
  "calls back once, %s ms from now",
  async (delayMs) => {
    const { fired, fire } = moveTimeByHand();
    systemClock.setTimer(delayMs, fire);
    await vi.advanceTimersByTimeAsync(delayMs - 1);
    expect(fired).toEqual([]);
    await vi.advanceTimersByTimeAsync(100 * DAY_MS);
    expect(fired).toEqual([delayMs]);
  },
);

it.each([-DAY_MS, 50 * DAY_MS])("waits as long as requested, even if the wall clock jumps by %s ms", async (jumpMs) => {
  const { fired, fire } = moveTimeByHand();
  const startMs = systemClock.monotonic();
  systemClock.setTimer(31 * DAY_MS, fire);
  await vi.advanceTimersByTimeAsync(DAY_MS);
  vi.setSystemTime(Date.now() + jumpMs);
  await vi.advanceTimersByTimeAsync(30 * DAY_MS - 1);
  expect(fired).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(fired).toEqual([31 * DAY_MS + jumpMs]);
  expect(systemClock.monotonic() - startMs).toBe(31 * DAY_MS);
});

it.each([0, -1])("calls back soon, but not at once, for a delay of %s ms", async (delayMs) => {
  const { fired, fire } = moveTimeByHand();
  systemClock.setTimer(delayMs, fire);
  expect(fired).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(fired).toHaveLength(1);
});

it.each([1_000, 31 * DAY_MS])("never calls back when a timer of %s ms is cancelled", async (delayMs) => {
  const { fired, fire } = moveTimeByHand();
  const timer = systemClock.setTimer(delayMs, fire);
  await vi.advanceTimersByTimeAsync(delayMs - 1);
  timer.cancel();
  await vi.advanceTimersByTimeAsync(100 * DAY_MS);
  expect(fired).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
