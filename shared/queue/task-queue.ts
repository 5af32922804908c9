import type { Envelope } from "../contract/envelope.ts";
import type { TaskId } from "../contract/task-id.ts";
import type { Deadline } from "../runtime/deadline.ts";

/** A task as its queue knows it. Times are in milliseconds since the epoch. */
export interface QueuedTask {
  readonly type: string;
  readonly createdAtMs: number;
  /** When it is due; after a failed attempt, when the next one is. */
  readonly scheduledAtMs: number;
  /** Attempts that Cloud Tasks has begun, and those that it has an answer to. */
  readonly dispatchCount: number;
  readonly responseCount: number;
  /** What Cloud Tasks says of the last attempt, where it was answered or given up: `UNAUTHENTICATED(16): HTTP status code 401`. */
  readonly lastFailure?: string;
  /** What it carries. Only looked up in full, and only there if it was written by a producer. */
  readonly envelope?: Envelope;
}

/** A task to be put in the queue that its id names. */
export interface NewQueuedTask {
  readonly id: TaskId;
  readonly envelope: Envelope;
  /** When to deliver it first, in milliseconds since the epoch. Default: at once. */
  readonly scheduleAtMs?: number;
}

/** What came of one CreateTask. */
export type CreateResult =
  | { readonly kind: "created"; readonly task: QueuedTask }
  /** A task of this name is there, or was there recently. */
  | { readonly kind: "exists" }
  | { readonly kind: "throttled" }
  /** The queue is not there, or takes no tasks. */
  | { readonly kind: "no-queue"; readonly cause: unknown }
  /** The answer was lost: the task may have been created or not. */
  | { readonly kind: "unclear"; readonly cause: unknown };

/** What the queue says of a name. */
export type Sighting =
  | { readonly kind: "found"; readonly task: QueuedTask }
  /** The task was there recently: it was done, or deleted. */
  | { readonly kind: "gone" }
  | { readonly kind: "never" };

/** The queues, as far as the producer needs them. */
export interface TaskQueue {
  /** Asks once; repeating is the caller's decision. Rejects with what can't be helped by repeating. */
  create(task: NewQueuedTask, deadline: Deadline): Promise<CreateResult>;
  /**
   * Looks a task up; `full` includes its envelope.
   *
   * @throws DependencyError when Cloud Tasks doesn't say.
   */
  find(id: TaskId, view: "basic" | "full", deadline: Deadline): Promise<Sighting>;
  /**
   * Asks whether a queue can be reached.
   *
   * @throws DependencyError when it can't, or isn't there.
   */
  probe(queue: string, deadline: Deadline): Promise<void>;
}
