import type { QueuedTask } from "../../../shared/queue/task-queue.ts";
import type { Deadline } from "../../../shared/runtime/deadline.ts";

/** A queue in Cloud Tasks. It estimates the counts. */
export interface ShardStatus {
  /** Its name in Cloud Tasks. */
  readonly name: string;
  readonly state: "running" | "paused" | "disabled";
  /** How many tasks it holds: those that wait for their time, those that are being delivered, and those to be retried. */
  readonly depth: number;
  /** The nearest time for which a task is scheduled, in milliseconds since the epoch. Missing if none is. */
  readonly nextDueAtMs?: number;
  /** Deliveries without a response so far. */
  readonly inFlight: number;
  /** Deliveries that got a response in the last minute, whatever its status. */
  readonly dispatchedLastMinute: number;
  /** Deliveries a second that Cloud Tasks allows at present: fewer than configured while the worker is in trouble. */
  readonly effectiveRate: number;
  readonly maxDispatchesPerSecond: number;
  readonly maxConcurrentDispatches: number;
}

/** The sum of the queues in Cloud Tasks that stand for one, and each of them. */
export interface QueueStatus extends Omit<ShardStatus, "name"> {
  readonly shards: readonly ShardStatus[];
}

/** What can be done to a queue. */
export type QueueChange = "pause" | "resume" | "purge";

/** Where a listing of a queue's tasks goes on. */
export interface ListPlace {
  /** Which of the queue's names in Cloud Tasks, by its index. */
  readonly shard: number;
  /** Cloud Tasks' own token; empty at the beginning. */
  readonly pageToken: string;
}

/** A task with its name in Cloud Tasks, without the path before it. */
export interface ListedTask {
  readonly name: string;
  readonly task: QueuedTask;
}

/** A page of a queue's tasks. It may be empty although there is another one. */
export interface ListedTasks {
  readonly tasks: readonly ListedTask[];
  readonly next?: ListPlace;
}

/** What an operator sees of the queues, and does to them. A queue is named by its key. */
export interface QueueControl {
  /**
   * Asks how a queue is doing.
   *
   * @throws DependencyError if Cloud Tasks fails.
   */
  status(key: string, deadline: Deadline): Promise<QueueStatus>;
  /**
   * Changes a queue, under all of its names. To repeat it is safe, but a purge that is repeated removes what has been
   * created meanwhile, too.
   *
   * @throws DependencyError if Cloud Tasks fails for any of the names: then the others have been changed.
   */
  change(key: string, change: QueueChange, deadline: Deadline): Promise<void>;
  /**
   * Lists tasks of a queue, in Cloud Tasks' own order, without their payloads. Undefined if Cloud Tasks doesn't know the
   * place, or not any more: its tokens expire.
   *
   * @throws DependencyError if Cloud Tasks fails.
   */
  list(
    key: string,
    page: { readonly place: ListPlace; readonly size: number },
    deadline: Deadline,
  ): Promise<ListedTasks | undefined>;
}
