/** How a queue retries: `Queue.retry_config`, in milliseconds. */
export interface RetryConfig {
  /** −1 means no limit. */
  readonly maxAttempts: number;
  /** 0 means no limit. */
  readonly maxRetryDurationMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxDoublings: number;
}

/**
 * Milliseconds to wait before the `retry`-th retry, from 1.
 *
 * The wait starts at the minimum, doubles `maxDoublings` times, then grows by the last step, up to the maximum.
 *
 * Source: https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#retryconfig
 */
export function retryDelayMs(config: RetryConfig, retry: number): number {
  const { minBackoffMs, maxBackoffMs, maxDoublings } = config;
  const doublings = Math.min(retry - 1, maxDoublings);
  const steps = Math.max(1, retry - maxDoublings);
  return Math.min(maxBackoffMs, minBackoffMs * 2 ** doublings * steps);
}

/**
 * Whether a failed task has no retry left: it has used up its attempts and its time, as far as either is limited. Without
 * both limits it is retried for ever (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#retryconfig).
 */
export function isExhausted(config: RetryConfig, task: { attempts: number; sinceFirstAttemptMs: number }): boolean {
  const { maxAttempts, maxRetryDurationMs } = config;
  const isAttemptsLimited = maxAttempts !== -1;
  const isTimeLimited = maxRetryDurationMs !== 0;
  if (isAttemptsLimited && task.attempts < maxAttempts) return false;
  if (isTimeLimited && task.sinceFirstAttemptMs < maxRetryDurationMs) return false;
  return isAttemptsLimited || isTimeLimited;
}
