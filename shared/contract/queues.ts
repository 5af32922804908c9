/** A queue's settings. The queue itself retries without limit: attempts are counted in the task's record. */
export interface QueueSettings {
  readonly maxDispatchesPerSecond: number;
  readonly maxConcurrentDispatches: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** How often the delay doubles before it grows by equal steps. */
  readonly maxDoublings: number;
  /** How long Cloud Tasks waits for the worker's response. 15 s to 30 min. */
  readonly dispatchDeadlineMs: number;
}

/** A queue with its names in Cloud Tasks. They are configuration, since the name of a deleted queue stays taken for days. */
export interface DeployedQueue {
  readonly settings: QueueSettings;
  /** Tasks are created in the first; the worker accepts deliveries from each of them. */
  readonly names: readonly [string, ...string[]];
}

/** The queues by their keys. */
export type DeployedQueues = ReadonlyMap<string, DeployedQueue>;

const QUEUE_KEY_PATTERN = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
/** With the stack's prefix and what Pulumi adds, a key has to fit the 100 characters of a queue's name in Cloud Tasks. */
const LONGEST_QUEUE_KEY = 50;
/** What a task's name ends in after its first hop: it must not be taken for a part of the key. */
const HOP_PATTERN = /(?:^|-)h\d+$/;

/** Says what a queue key looks like, to go behind "must be". */
export const QUEUE_KEY_FORM =
  `1 to ${LONGEST_QUEUE_KEY} lower-case letters, digits and hyphens that begin with a letter, ` +
  "end with a letter or digit, and don't end in h and a number as in reports-h2";

/** Whether a text has the form of a queue key; the queue need not exist. */
export function isQueueKey(text: string): boolean {
  return QUEUE_KEY_PATTERN.test(text) && text.length <= LONGEST_QUEUE_KEY && !HOP_PATTERN.test(text);
}

/** A lease outlives the dispatch by this much, so that an attempt whose caller gave up still finds itself the owner. */
export const LEASE_MARGIN_MS = 5_000;

/** After its AbortSignal has fired, a handler has this long to stop before its attempt counts as out of control. */
export const ABORT_GRACE_MS = 3_000;

/** After the drain an aborted handler has this long to stop, so that its claim can still be released before the kill. */
export const SHUTDOWN_GRACE_MS = 1_000;

/** How long the worker waits for one step against the record store: claiming is one, settling another. */
export const RECORD_STORE_DEADLINE_MS = 5_000;

/** Milliseconds that a claim lasts: longer than Cloud Tasks waits for the attempt. */
export function leaseMsOf({ dispatchDeadlineMs }: Pick<QueueSettings, "dispatchDeadlineMs">): number {
  return dispatchDeadlineMs + LEASE_MARGIN_MS;
}
