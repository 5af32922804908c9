import type { QueueSettings } from "../contract/queues.ts";

/** The queues by key. A task's id contains its queue's key, so keep a key for as long as any tasks have it. */
export const queues = {
  critical: {
    maxDispatchesPerSecond: 200,
    maxConcurrentDispatches: 100,
    minBackoffMs: 500,
    maxBackoffMs: 60_000,
    maxDoublings: 7,
    dispatchDeadlineMs: 25_000,
  },
  default: {
    maxDispatchesPerSecond: 100,
    maxConcurrentDispatches: 100,
    minBackoffMs: 1_000,
    maxBackoffMs: 3_600_000,
    maxDoublings: 12,
    dispatchDeadlineMs: 45_000,
  },
  bulk: {
    maxDispatchesPerSecond: 50,
    maxConcurrentDispatches: 20,
    minBackoffMs: 1_000,
    maxBackoffMs: 3_600_000,
    maxDoublings: 12,
    dispatchDeadlineMs: 120_000,
  },
} as const satisfies Readonly<Record<string, QueueSettings>>;
