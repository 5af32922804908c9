import { expect, it } from "vitest";
import { type Backoff, allowedDelayMs, backoffDelayMs } from "../../../../shared/contract/backoff.ts";

const BACKOFF: Backoff = { firstMs: 1_000, factor: 5, maxMs: 60_000 };
const DAY_MS = 86_400_000;

it("grows by its factor up to its maximum, which no number of attempts exceeds", () => {
  const delays = [1, 2, 3, 4, 5, 100, 10_000].map((n) => backoffDelayMs({ ...BACKOFF, jitter: 0 }, { id: "a", n }));
  expect(delays).toEqual([1_000, 5_000, 25_000, 60_000, 60_000, 60_000, 60_000]);
});

it("deviates by up to a tenth by default, differently for each task and attempt, but always the same", () => {
  const ids = Array.from({ length: 200 }, (_, index) => `task-${index}`);
  const delays = ids.map((id) => backoffDelayMs(BACKOFF, { id, n: 2 }));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(4_500);
  expect(Math.max(...delays)).toBeLessThanOrEqual(5_500);
  expect(Math.min(...delays)).toBeLessThan(4_600);
  expect(Math.max(...delays)).toBeGreaterThan(5_400);
  expect(new Set(delays).size).toBeGreaterThan(150);
  expect(ids.map((id) => backoffDelayMs(BACKOFF, { id, n: 2 }))).toEqual(delays);
  // From SHA-256 of "task-0", NUL and "2": 0x409c62b7 of 0xffffffff.
  expect(delays[0]).toBe(4_752);
});

it.each([
  [0, 1_000],
  [-5, 1_000],
  [1_499.6, 1_500],
  [Number.NaN, 1_000],
  [Number.NEGATIVE_INFINITY, 1_000],
  [Number.POSITIVE_INFINITY, 3_652 * DAY_MS],
  [4_000 * DAY_MS, 3_652 * DAY_MS],
])("takes a delay of %d ms for %d", (delayMs, allowedMs) => {
  expect(allowedDelayMs(delayMs)).toBe(allowedMs);
});
