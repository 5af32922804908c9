import type { TaskState } from "./task.ts";

/** One of several Cloud Tasks queues that make up one of ours. */
export interface QueueShard extends Pick<
  Queue,
  "state" | "depth" | "inFlight" | "dispatchedLastMinute" | "effectiveRate"
> {
  /** Its name in Cloud Tasks. */
  readonly name: string;
  readonly links: { readonly console?: string };
}

/** A queue, with the totals of its Cloud Tasks queues. Rates are in tasks per second. */
export interface Queue {
  readonly key: string;
  readonly state: "running" | "paused" | "disabled";
  /** How many tasks it holds. */
  readonly depth: number;
  /** When the next task is due, as RFC 3339. */
  readonly nextDueAt?: string;
  /** How many deliveries are in progress. */
  readonly inFlight: number;
  readonly dispatchedLastMinute: number;
  /** Below the configured rate while Cloud Tasks slows the queue down. */
  readonly effectiveRate: number;
  readonly configuredRate: { readonly maxDispatchesPerSecond: number; readonly maxConcurrentDispatches: number };
  /** Set if several Cloud Tasks queues make up this one. */
  readonly shards?: readonly QueueShard[];
  readonly links: { readonly self: string; readonly tasks: string; readonly console?: string };
}

/** A task in its queue. Times are RFC 3339 in UTC. */
export interface QueuedTask {
  /** For a task that Handoff didn't enqueue: its name in Cloud Tasks. */
  readonly id: string;
  /** Missing, as is `links.self`, if Handoff didn't enqueue the task. */
  readonly type?: string;
  readonly state: TaskState;
  readonly createdAt?: string;
  readonly scheduleTime: string;
  /** How many times Cloud Tasks has delivered it. */
  readonly dispatchCount: number;
  readonly lastError?: { readonly code: string; readonly message: string };
  readonly caller?: string;
  readonly parent?: string;
  readonly replayOf?: string;
  readonly links: { readonly self?: string };
}
