/** The queues by their own keys; a queue's name in Cloud Tasks is configuration, since deleted names stay taken for days. */
export const QUEUE_KEYS = ["critical", "default", "bulk"] as const;
export type QueueKey = (typeof QUEUE_KEYS)[number];

/** A queue's settings. The queue itself retries without limit: attempts are counted in the task's record. */
export interface QueueSettings {
  readonly maxDispatchesPerSecond: number;
  readonly maxConcurrentDispatches: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** How often the delay doubles before it grows by equal steps. */
  readonly maxDoublings: number;
  /** How long Cloud Tasks waits for the worker's answer. 15 s to 30 min. */
  readonly dispatchDeadlineMs: number;
}

export const QUEUES: Readonly<Record<QueueKey, QueueSettings>> = {
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
};

/** A lease outlives the dispatch by this much, so that an attempt whose caller gave up still finds itself the owner. */
export const LEASE_MARGIN_MS = 5_000;

/** After its AbortSignal has fired, a handler has this long to stop before its attempt counts as out of control. */
export const ABORT_GRACE_MS = 3_000;

/** How long the worker waits for one step against the record store: claiming is one, settling another. */
export const RECORD_STORE_DEADLINE_MS = 5_000;

/** Milliseconds that a claim lasts: longer than Cloud Tasks waits for the attempt. */
export function leaseMsOf(queue: QueueKey): number {
  return QUEUES[queue].dispatchDeadlineMs + LEASE_MARGIN_MS;
}
