import type { QueuedTask } from "../../../shared/queue/task-queue.ts";
import type { Deadline } from "../../../shared/runtime/deadline.ts";

/** A Cloud Tasks queue. Its counts are estimates. */
export interface ShardStatus {
  /** Its name in Cloud Tasks. */
  readonly name: string;
  readonly state: "running" | "paused" | "disabled";
  /** How many tasks it holds: waiting for their time, being delivered, or waiting for a retry. */
  readonly depth: number;
  /** The nearest schedule time of a task, in milliseconds since the epoch. Missing if there is none. */
  readonly nextDueAtMs?: number;
  /** Deliveries without a response so far. */
  readonly inFlight: number;
  /** Deliveries that got a response in the last minute, whatever its status. */
  readonly dispatchedLastMinute: number;
  /** Deliveries a second that Cloud Tasks allows now: fewer than configured while the worker is in trouble. */
  readonly effectiveRate: number;
  readonly maxDispatchesPerSecond: number;
  readonly maxConcurrentDispatches: number;
}

/** The totals of the Cloud Tasks queues that make up one of ours, and each of them. */
export interface QueueStatus extends Omit<ShardStatus, "name"> {
  readonly shards: readonly ShardStatus[];
}

/** An action on a queue. */
export type QueueChange = "pause" | "resume" | "purge";

/** Where to continue listing a queue's tasks. */
export interface ListPlace {
  /** The index of the shard. */
  readonly shard: number;
  /** Cloud Tasks' own token; empty at the beginning. */
  readonly pageToken: string;
}

/** A task and its name in Cloud Tasks, without the path. */
export interface ListedTask {
  readonly name: string;
  readonly task: QueuedTask;
}

/** A page of a queue's tasks. It may be empty even if there is another one. */
export interface ListedTasks {
  readonly tasks: readonly ListedTask[];
  readonly next?: ListPlace;
}

/** The operators' view of the queues, and their actions. A queue is named by its key. */
export interface QueueControl {
  /**
   * Reads a queue's status.
   *
   * @throws DependencyError if Cloud Tasks fails.
   */
  status(key: string, deadline: Deadline): Promise<QueueStatus>;
  /**
   * Changes all shards of a queue. Repeating it is safe, but a repeated purge also removes tasks created meanwhile.
   *
   * @throws DependencyError if Cloud Tasks fails for any shard: then the others have been changed.
   */
  change(key: string, change: QueueChange, deadline: Deadline): Promise<void>;
  /**
   * Lists tasks of a queue, in Cloud Tasks' own order, without their payloads. Undefined if Cloud Tasks doesn't accept
   * the place, for example because its token has expired.
   *
   * @throws DependencyError if Cloud Tasks fails.
   */
  list(
    key: string,
    page: { readonly place: ListPlace; readonly size: number },
    deadline: Deadline,
  ): Promise<ListedTasks | undefined>;
}
