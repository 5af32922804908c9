/** How a queue retries: `Queue.retry_config`, in milliseconds. */
export interface RetryConfig {
  /** −1 is no limit. */
  readonly maxAttempts: number;
  /** 0 is no limit. */
  readonly maxRetryDurationMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxDoublings: number;
}

/**
 * Milliseconds between a failed attempt and the next, before the `retry`-th retry (from 1).
 *
 * It doubles from the least backoff `maxDoublings` times, then grows by the last doubling's step, up to the greatest
 * backoff (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#retryconfig).
 */
export function retryDelayMs(config: RetryConfig, retry: number): number {
  const { minBackoffMs, maxBackoffMs, maxDoublings } = config;
  const doublings = Math.min(retry - 1, maxDoublings);
  const steps = Math.max(1, retry - maxDoublings);
  return Math.min(maxBackoffMs, minBackoffMs * 2 ** doublings * steps);
}

/**
 * Whether a failed task is given up: it has had all its attempts, and its time is over too where there is a limit.
 * Either alone is not enough (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#retryconfig).
 */
export function isExhausted(config: RetryConfig, task: { attempts: number; sinceFirstAttemptMs: number }): boolean {
  if (config.maxAttempts === -1 || task.attempts < config.maxAttempts) return false;
  return config.maxRetryDurationMs === 0 || task.sinceFirstAttemptMs >= config.maxRetryDurationMs;
}
