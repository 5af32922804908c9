/** How many Cloud Tasks queues make up one of ours. Each delivers at most 500 tasks a second. */
export interface Shards {
  readonly now: number;
  /**
   * How many there were before the last change: tasks may still wait in the queue that this number chose. Keep it for
   * 31 days after the change; Cloud Tasks keeps no task longer.
   */
  readonly before?: number;
}

/**
 * A queue's settings. The queue itself retries without limit, since the worker counts attempts in the task's record.
 */
export interface QueueSettings {
  /** For all shards together, as is `maxConcurrentDispatches`. */
  readonly maxDispatchesPerSecond: number;
  readonly maxConcurrentDispatches: number;
  /** Default: a single Cloud Tasks queue. */
  readonly shards?: Shards;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** How many times the delay doubles before it grows linearly. */
  readonly maxDoublings: number;
  /** How long Cloud Tasks waits for the worker's response. 15 s to 30 min. */
  readonly dispatchDeadlineMs: number;
}

/**
 * A queue with its names in Cloud Tasks. They are configuration, since the name of a deleted queue can't be reused for
 * days.
 */
export interface DeployedQueue {
  readonly settings: QueueSettings;
  /**
   * Its shards' names in order, then the names of queues that it used earlier. Tasks are created in the shards; the
   * worker accepts deliveries from all of them.
   */
  readonly names: readonly [string, ...string[]];
}

/** The queues by key. */
export type DeployedQueues = ReadonlyMap<string, DeployedQueue>;

const QUEUE_KEY_PATTERN = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
/** A key, with the stack's prefix and Pulumi's suffix, must fit in a Cloud Tasks queue name of 100 characters. */
const MAX_QUEUE_KEY_LENGTH = 50;
/** The suffix of a task's name on later hops. A key must not end like it. */
const HOP_PATTERN = /(?:^|-)h\d+$/;

/** The rule for queue keys, to follow "must be". */
export const QUEUE_KEY_FORM =
  `1 to ${MAX_QUEUE_KEY_LENGTH} lower-case letters, digits and hyphens, beginning with a letter, ` +
  "ending with a letter or digit, and not ending in h and a number, as reports-h2 does";

/** Whether a text is a well-formed queue key. The queue need not exist. */
export function isQueueKey(text: string): boolean {
  return QUEUE_KEY_PATTERN.test(text) && text.length <= MAX_QUEUE_KEY_LENGTH && !HOP_PATTERN.test(text);
}

/** How much longer a lease lasts than the dispatch: an attempt still owns its task after Cloud Tasks gives up. */
export const LEASE_MARGIN_MS = 5_000;

/** How long a handler has to stop after its AbortSignal fires, before its attempt counts as stuck. */
export const ABORT_GRACE_MS = 3_000;

/** How long an aborted handler has to stop after the drain. This leaves time to release its claim before the kill. */
export const SHUTDOWN_GRACE_MS = 1_000;

/** How long the worker waits for one step against the record store. Claiming is one step, settling is another. */
export const RECORD_STORE_DEADLINE_MS = 5_000;

/** The longest that the worker delays its response to put new tasks into their queues. */
export const RELAY_MS = 1_000;

/** How long a claim lasts, in milliseconds: longer than Cloud Tasks waits for the response. */
export function leaseMsOf({ dispatchDeadlineMs }: Pick<QueueSettings, "dispatchDeadlineMs">): number {
  return dispatchDeadlineMs + LEASE_MARGIN_MS;
}
