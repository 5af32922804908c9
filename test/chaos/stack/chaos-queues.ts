import type { QueueSettings } from "../../../shared/contract/queues.ts";

/** The shortest that Cloud Tasks allows: it refuses dispatch deadlines below 15 s. Leases follow from it: 20 s. */
const CHAOS_QUEUE: QueueSettings = {
  maxDispatchesPerSecond: 200,
  maxConcurrentDispatches: 100,
  minBackoffMs: 100,
  maxBackoffMs: 1_500,
  maxDoublings: 4,
  dispatchDeadlineMs: 15_000,
};

/** The chaos queues, one for each kind of task type. */
export const CHAOS_QUEUES = { critical: CHAOS_QUEUE, default: CHAOS_QUEUE, bulk: CHAOS_QUEUE } as const;

/** The queues for the Cloud Tasks emulator's `--queues`. */
export function queueFile(): string {
  const { maxDispatchesPerSecond, maxConcurrentDispatches, minBackoffMs, maxBackoffMs, maxDoublings } = CHAOS_QUEUE;
  const queues = Object.keys(CHAOS_QUEUES).map((name) => ({
    name,
    rateLimits: { maxDispatchesPerSecond, maxConcurrentDispatches },
    retryConfig: { maxAttempts: -1, minBackoff: minBackoffMs, maxBackoff: maxBackoffMs, maxDoublings },
  }));
  return JSON.stringify({ queues });
}
