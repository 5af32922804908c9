import type { Envelope, SealedEnvelope } from "../contract/envelope.ts";
import type { Deadline } from "../runtime/deadline.ts";

/** A task in its queue. Times are in milliseconds since the epoch. */
export interface QueuedTask {
  readonly type: string;
  /** When Cloud Tasks created it, by its clock, to the second. */
  readonly createdAtMs: number;
  /** When the producer accepted it, as RFC 3339. Missing if an earlier revision enqueued it. */
  readonly enqueuedAt?: string;
  /** Who handed it over. Missing if an earlier revision enqueued it. */
  readonly caller?: string;
  /** When its envelope says it is due, as RFC 3339. Its queue may deliver it earlier, which starts another hop. */
  readonly notBefore?: string;
  /** The task that it follows, and the dead letter that it replays. */
  readonly parentId?: string;
  readonly replayOf?: string;
  /** When it is due or, after a failed attempt, when the next attempt is. */
  readonly scheduledAtMs: number;
  /** How many attempts Cloud Tasks has begun, and how many of them got a response. */
  readonly dispatchCount: number;
  readonly responseCount: number;
  /** Cloud Tasks' report on the last attempt if it failed: `UNAUTHENTICATED(16): HTTP status code 401`. */
  readonly lastFailure?: string;
  /** Its envelope. Only in a full view, and only if a producer wrote it. */
  readonly envelope?: Envelope;
}

/** A task for the queue that its id names. */
export interface NewQueuedTask {
  readonly envelope: SealedEnvelope;
  /** When to deliver it first, in milliseconds since the epoch. Default: at once. */
  readonly dueAtMs?: number;
}

/** One of a task's hops. */
export type TaskHop = Pick<Envelope, "id" | "hop">;

/** The result of one CreateTask. */
export type CreateResult =
  | { readonly kind: "created"; readonly task: QueuedTask }
  /** A task has this name, or had it recently. */
  | { readonly kind: "exists" }
  | { readonly kind: "throttled" }
  /** The queue doesn't exist, or accepts no tasks. */
  | { readonly kind: "no-queue"; readonly cause: unknown }
  /** The response was lost: the task may or may not have been created. */
  | { readonly kind: "unclear"; readonly cause: unknown };

/** What the queue knows of a task's name. */
export type Sighting =
  | { readonly kind: "found"; readonly task: QueuedTask }
  /** A task had this name recently: it ended or was deleted. */
  | { readonly kind: "gone" }
  | { readonly kind: "never" };

/** The queue operations that the producer needs. */
export interface TaskQueue {
  /** Tries once; the caller decides whether to try again. Rejects if another try can't help. */
  create(task: NewQueuedTask, deadline: Deadline): Promise<CreateResult>;
  /**
   * Looks a task up, in both queues that it may be in while the number of shards changes. A `full` view includes its
   * envelope, with null in place of the payload; `payload` includes the payload, too.
   *
   * @throws DependencyError if Cloud Tasks fails.
   */
  find(hop: TaskHop, view: "basic" | "full" | "payload", deadline: Deadline): Promise<Sighting>;
  /**
   * Looks for a task in the queue that was its own before a change of the number of shards. Never there without a call if
   * the task keeps its queue, or no change is under way.
   *
   * @throws DependencyError if Cloud Tasks fails.
   */
  findInEarlierShard(hop: TaskHop, view: "basic" | "full", deadline: Deadline): Promise<Sighting>;
  /**
   * Deletes a task from every queue that may hold it. An attempt in progress continues, and is the last.
   *
   * @throws DependencyError if Cloud Tasks fails: then it may or may not be deleted.
   */
  delete(hop: TaskHop, deadline: Deadline): Promise<void>;
  /**
   * Checks that a queue, with all of its shards, exists and can be reached.
   *
   * @throws DependencyError if not.
   */
  probe(queue: string, deadline: Deadline): Promise<void>;
}
