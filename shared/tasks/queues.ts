import type { QueueSettings } from "../contract/queues.ts";

/** The queues by their keys. A task's id carries its queue's key, so a key stays as long as there are tasks with it. */
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
