import { expect, it, test } from "vitest";
import { type RetryConfig, isExhausted, retryDelayMs } from "../../../../src/cloud-tasks/dispatch/retry-delay.ts";

const DEFAULTS: RetryConfig = {
  maxAttempts: 100,
  maxRetryDurationMs: 0,
  minBackoffMs: 100,
  maxBackoffMs: 3_600_000,
  maxDoublings: 16,
};

const delays = (config: Partial<RetryConfig>, count: number): number[] =>
  Array.from({ length: count }, (_nothing, index) => retryDelayMs({ ...DEFAULTS, ...config }, index + 1));

test("doubles, then grows evenly, then stays, as in the API's own example", () => {
  const config = { minBackoffMs: 10_000, maxBackoffMs: 300_000, maxDoublings: 3 };
  expect(delays(config, 9)).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 240_000, 300_000, 300_000, 300_000]);
});

it.each([
  {
    what: "without doublings",
    config: { maxDoublings: 0, minBackoffMs: 1000, maxBackoffMs: 4500 },
    expected: [1000, 2000, 3000, 4000, 4500, 4500],
  },
  {
    what: "with one doubling",
    config: { maxDoublings: 1, minBackoffMs: 1000, maxBackoffMs: 9000 },
    expected: [1000, 2000, 4000, 6000, 8000, 9000],
  },
  { what: "with a constant backoff", config: { minBackoffMs: 500, maxBackoffMs: 500 }, expected: [500, 500, 500] },
  { what: "of the defaults", config: {}, expected: [100, 200, 400, 800, 1600, 3200, 6400] },
])("has the delays $what", ({ config, expected }) => {
  expect(delays(config, expected.length)).toEqual(expected);
});

test("stays within the maximum after any number of retries and doublings", () => {
  expect(retryDelayMs({ ...DEFAULTS, maxDoublings: 2_147_483_647 }, 2_147_483_647)).toBe(3_600_000);
  expect(retryDelayMs(DEFAULTS, 1_000_000)).toBe(3_600_000);
});

it.each([
  { maxAttempts: 3, maxRetryDurationMs: 0, attempts: 2, sinceFirstAttemptMs: 1e12, exhausted: false },
  { maxAttempts: 3, maxRetryDurationMs: 0, attempts: 3, sinceFirstAttemptMs: 0, exhausted: true },
  { maxAttempts: 3, maxRetryDurationMs: 1000, attempts: 3, sinceFirstAttemptMs: 999, exhausted: false },
  { maxAttempts: 3, maxRetryDurationMs: 1000, attempts: 2, sinceFirstAttemptMs: 1000, exhausted: false },
  { maxAttempts: 3, maxRetryDurationMs: 1000, attempts: 3, sinceFirstAttemptMs: 1000, exhausted: true },
  { maxAttempts: 3, maxRetryDurationMs: 1000, attempts: 50, sinceFirstAttemptMs: 5000, exhausted: true },
  { maxAttempts: -1, maxRetryDurationMs: 1000, attempts: 1_000_000, sinceFirstAttemptMs: 999, exhausted: false },
  { maxAttempts: -1, maxRetryDurationMs: 1000, attempts: 1, sinceFirstAttemptMs: 1000, exhausted: true },
  { maxAttempts: -1, maxRetryDurationMs: 0, attempts: 1_000_000, sinceFirstAttemptMs: 1e12, exhausted: false },
])(
  "is exhausted: $exhausted after $attempts of $maxAttempts attempts and $sinceFirstAttemptMs of $maxRetryDurationMs ms",
  ({ maxAttempts, maxRetryDurationMs, attempts, sinceFirstAttemptMs, exhausted }) => {
    const config = { ...DEFAULTS, maxAttempts, maxRetryDurationMs };
    expect(isExhausted(config, { attempts, sinceFirstAttemptMs })).toBe(exhausted);
  },
);
