import type { RetryConfig } from "../dispatch/retry-delay.ts";
import type { QueueTarget } from "../state/queue-target.ts";
import { invalidArgument } from "../api/service-errors.ts";
import { parseHttpTarget } from "./http-target.ts";
import { durationFromWire } from "./wire-time.ts";
import type { WireDuration, WireQueue, WireRetryConfig } from "./wire.ts";

/** The settings of a queue. */
export interface QueueConfig {
  readonly maxDispatchesPerSecond: number;
  readonly maxConcurrentDispatches: number;
  /** The bucket's capacity, if it is defined. Callers of the API can't set it. */
  readonly burstSize?: number;
  readonly retry: RetryConfig;
  /** Has no effect: the emulator logs everything to standard output. */
  readonly loggingRatio: number;
  /** What the queue changes in its tasks' requests. */
  readonly httpTarget?: QueueTarget;
}

const DEFAULT_DISPATCHES_PER_SECOND = 500;
const DEFAULT_CONCURRENT_DISPATCHES = 1000;
const DEFAULT_MAX_ATTEMPTS = 100;
const DEFAULT_MIN_BACKOFF_MS = 100;
const DEFAULT_MAX_BACKOFF_MS = 3_600_000;
const DEFAULT_MAX_DOUBLINGS = 16;

const MAX_DISPATCHES_PER_SECOND = 500;
const MAX_CONCURRENT_DISPATCHES = 5000;

/**
 * Parses the settings in a request. What is zero or absent gets the service's default: 500 dispatches a second, 1,000 at
 * a time; 100 attempts, 0.1 s to an hour apart, 16 doublings, no time limit.
 *
 * @throws RpcError INVALID_ARGUMENT in the service's words.
 */
export function parseQueueConfig(queue: WireQueue): QueueConfig {
  const httpTarget = queue.httpTarget ? parseHttpTarget(queue.httpTarget) : undefined;
  return {
    ...parseRates(queue),
    retry: parseRetryConfig(queue.retryConfig ?? {}),
    loggingRatio: parseLoggingRatio(queue),
    ...(httpTarget ? { httpTarget } : {}),
  };
}

/**
 * The capacity of a queue's token bucket.
 *
 * Unless it is defined, it depends on the rate, by a formula that fits all recorded pairs: 10 for 1/s and 54/s, 15 for
 * 77/s, 66 for 333/s, 100 for 500/s.
 */
export function burstSize({
  burstSize: defined,
  maxDispatchesPerSecond,
}: Pick<QueueConfig, "burstSize" | "maxDispatchesPerSecond">): number {
  return defined ?? Math.max(10, Math.floor(maxDispatchesPerSecond / 5));
}

function parseRates(queue: WireQueue): Pick<QueueConfig, "maxDispatchesPerSecond" | "maxConcurrentDispatches"> {
  const rate = queue.rateLimits?.maxDispatchesPerSecond ?? 0;
  refuseNegative(rate, "RateLimits.maxDispatchesPerSecond");
  refuseAbove(rate, MAX_DISPATCHES_PER_SECOND, "RateLimits.maxDispatchesPerSecond");
  const concurrent = queue.rateLimits?.maxConcurrentDispatches ?? 0;
  refuseNegative(concurrent, "RateLimits.maxConcurrentDispatches");
  refuseAbove(concurrent, MAX_CONCURRENT_DISPATCHES, "RateLimits.maxConcurrentDispatches");
  return {
    maxDispatchesPerSecond: rate || DEFAULT_DISPATCHES_PER_SECOND,
    maxConcurrentDispatches: concurrent || DEFAULT_CONCURRENT_DISPATCHES,
  };
}

/**
 * Parses the retry settings of a queue or a task.
 *
 * @throws RpcError INVALID_ARGUMENT in the service's words.
 */
export function parseRetryConfig(wire: WireRetryConfig): RetryConfig {
  const maxAttempts = wire.maxAttempts ?? 0;
  if (maxAttempts < -1) throw invalidArgument("RetryConfig.maxAttempts must be greater or equal to -1.");
  const maxDoublings = wire.maxDoublings ?? 0;
  refuseNegative(maxDoublings, "RetryConfig.maxDoublings");
  const minBackoffMs = parseDuration(wire.minBackoff, "RetryConfig.minBackoff") || DEFAULT_MIN_BACKOFF_MS;
  const maxBackoffMs = parseDuration(wire.maxBackoff, "RetryConfig.maxBackoff") || DEFAULT_MAX_BACKOFF_MS;
  if (minBackoffMs > maxBackoffMs) {
    throw invalidArgument("RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.");
  }
  return {
    maxAttempts: maxAttempts || DEFAULT_MAX_ATTEMPTS,
    maxRetryDurationMs: parseWholeSeconds(wire.maxRetryDuration, "RetryConfig.max_retry_duration"),
    minBackoffMs,
    maxBackoffMs,
    maxDoublings: maxDoublings || DEFAULT_MAX_DOUBLINGS,
  };
}

function parseLoggingRatio(queue: WireQueue): number {
  const ratio = queue.stackdriverLoggingConfig?.samplingRatio ?? 0;
  // This form also refuses NaN, which a double on the wire can be.
  if (!(ratio >= 0 && ratio <= 1)) throw invalidArgument("sampling_ratio must be between 0.0 and 1.0.");
  return ratio;
}

function parseDuration(duration: WireDuration | null | undefined, field: string): number {
  refuseNegative(Number(duration?.seconds ?? 0), field);
  refuseNegative(duration?.nanos ?? 0, field);
  return duration ? durationFromWire(duration) : 0;
}

/** Unlike a backoff, this has no fraction, and is named by its parts. */
function parseWholeSeconds(duration: WireDuration | null | undefined, field: string): number {
  if (duration?.nanos) throw invalidArgument(`${field}.nanos cannot be set.`);
  const seconds = Number(duration?.seconds ?? 0);
  refuseNegative(seconds, `${field}.seconds`);
  return seconds * 1000;
}

function refuseNegative(value: number, field: string): void {
  // This form also refuses NaN, which a double on the wire can be.
  if (!(value >= 0)) throw invalidArgument(`${field} cannot be negative.`);
}

function refuseAbove(value: number, most: number, field: string): void {
  if (value > most) throw invalidArgument(`${field} must be less than or equal to ${most}.`);
}
