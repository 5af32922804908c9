import type { TaskState } from "./task.ts";

/** One of several queues in Cloud Tasks that stand for one of ours. */
export interface QueueShard extends Pick<
  Queue,
  "state" | "depth" | "inFlight" | "dispatchedLastMinute" | "effectiveRate"
> {
  /** Its name in Cloud Tasks. */
  readonly name: string;
  readonly links: { readonly console?: string };
}

/** A queue: the sums over its names in Cloud Tasks. Rates are in tasks per second. */
export interface Queue {
  readonly key: string;
  readonly state: "running" | "paused" | "disabled";
  /** How many tasks it holds. */
  readonly depth: number;
  /** When the next of them is due, as RFC 3339. */
  readonly nextDueAt?: string;
  /** How many deliveries are in progress. */
  readonly inFlight: number;
  readonly dispatchedLastMinute: number;
  /** Below the configured rate while Cloud Tasks slows the queue down. */
  readonly effectiveRate: number;
  readonly configuredRate: { readonly maxDispatchesPerSecond: number; readonly maxConcurrentDispatches: number };
  /** Set if several queues in Cloud Tasks stand for it. */
  readonly shards?: readonly QueueShard[];
  readonly links: { readonly self: string; readonly tasks: string; readonly console?: string };
}

/** A task as its queue sees it. Times are RFC 3339 in UTC. */
export interface QueuedTask {
  /** Of a task that Handoff didn't enqueue: its name in Cloud Tasks. */
  readonly id: string;
  /** Missing, as is `links.self`, if Handoff didn't enqueue the task. */
  readonly type?: string;
  readonly state: TaskState;
  readonly createdAt?: string;
  readonly scheduleTime: string;
  /** How often Cloud Tasks has delivered it. */
  readonly dispatchCount: number;
  readonly lastError?: { readonly code: string; readonly message: string };
  readonly caller?: string;
  readonly parent?: string;
  readonly replayOf?: string;
  readonly links: { readonly self?: string };
}
