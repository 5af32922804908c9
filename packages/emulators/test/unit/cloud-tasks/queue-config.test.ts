import { expect, it, test } from "vitest";
import { burstSize, parseQueueConfig } from "../../../src/cloud-tasks/wire/queue-config.ts";

it.each([
  [500, 100],
  [1, 10],
  [0.1, 10],
  [54, 10],
  [77, 15],
  [333, 66],
])("gives a rate of %d a second a burst of %d", (rate, burst) => {
  expect(burstSize({ maxDispatchesPerSecond: rate })).toBe(burst);
});

it("uses the defined burst size rather than the rate", () => {
  expect(burstSize({ maxDispatchesPerSecond: 500, burstSize: 3 })).toBe(3);
});

test("takes a backoff of a nanosecond for one", () => {
  const { retry } = parseQueueConfig({ retryConfig: { minBackoff: { nanos: 1 } } });
  expect(retry.minBackoffMs).toBe(0.000_001);
});

test("treats zero as unset", () => {
  const zeros = {
    rateLimits: { maxDispatchesPerSecond: 0, maxConcurrentDispatches: 0, maxBurstSize: 0 },
    retryConfig: { maxAttempts: 0, maxDoublings: 0, minBackoff: {}, maxBackoff: { seconds: 0 }, maxRetryDuration: {} },
  };
  expect(parseQueueConfig(zeros)).toEqual({
    maxDispatchesPerSecond: 500,
    maxConcurrentDispatches: 1000,
    retry: { maxAttempts: 100, maxRetryDurationMs: 0, minBackoffMs: 100, maxBackoffMs: 3_600_000, maxDoublings: 16 },
    loggingRatio: 0,
  });
});

it.each([
  ["a rate that is no number", { rateLimits: { maxDispatchesPerSecond: Number.NaN } }],
  ["a negative greatest backoff", { retryConfig: { maxBackoff: { seconds: -1 } } }],
  ["a negative time for retries", { retryConfig: { maxRetryDuration: { seconds: -1 } } }],
  ["a share of the log above 1", { stackdriverLoggingConfig: { samplingRatio: 1.5 } }],
])("refuses %s", (_what, queue) => {
  expect(() => parseQueueConfig(queue)).toThrow(/must be|cannot be/);
});
