/**
 * queued: about to be delivered. scheduled: not due yet, or snoozed. running: an attempt is in progress. waiting: an
 * attempt failed, and the next is at `nextAttempt`. succeeded: done. dead: not retried, and kept as a dead letter.
 * cancelled: cancelled before it was done. finished: it left its queue without a record, as tasks of natural types do
 * when they succeed. removed: it was taken out of its queue before it was done.
 */
export type TaskState =
  | "queued"
  | "scheduled"
  | "running"
  | "waiting"
  | "succeeded"
  | "dead"
  | "cancelled"
  | "finished"
  | "removed";

/** The final states. */
export const ENDED_STATES: ReadonlySet<TaskState> = new Set(["succeeded", "dead", "cancelled", "finished", "removed"]);

/** A task, as the producer describes it. Times are RFC 3339 in UTC. */
export interface Task {
  readonly id: string;
  /** Missing, as are the fields below, if only the task's id is known. */
  readonly type?: string;
  readonly queue: string;
  /** The e-mail address of the account that handed it over. Missing if unknown. */
  readonly caller?: string;
  readonly state: TaskState;
  /** How many attempts have begun. */
  readonly attempts?: number;
  readonly createdAt?: string;
  /** When the task, or its next attempt, is due. Missing once it has left its queue. */
  readonly scheduleTime?: string;
  readonly finishedAt?: string;
  /** Why the last attempt failed. */
  readonly lastError?: { readonly code: string; readonly message: string };
  /** The last ten attempts that ended, oldest first. */
  readonly attemptLog?: readonly Attempt[];
  readonly nextAttempt?: string;
  /** What set the time of the next attempt: its queue, its type's backoff, its handler, or a person. */
  readonly nextRule?: string;
  /** Set if a cancel was requested while the task is running. */
  readonly cancelRequested?: true;
  /** What the handler returned. */
  readonly result?: unknown;
  /** Only if it was requested. */
  readonly payload?: unknown;
  /** The task that it follows. */
  readonly parent?: string;
  /** The tasks that follow it. */
  readonly children?: readonly string[];
  /** The dead letter that it replays. */
  readonly replayOf?: string;
  /** Paths of the API; `console` and `logs` are addresses in Google's console. */
  readonly links: { readonly self: string; readonly queue?: string; readonly console?: string; readonly logs?: string };
}

/** An attempt that ended. Times are RFC 3339 in UTC. */
export interface Attempt {
  readonly attempt: number;
  readonly hop?: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly outcome: string;
  readonly code?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly instance?: string;
  readonly nextAt?: string;
  readonly nextRule?: string;
}

/** The result of a cancel: the task is cancelled, or will be unless the current attempt succeeds. */
export type Cancelled =
  /** `mayHaveRun`: whether an attempt may have run. */
  | { readonly state: "cancelled"; readonly mayHaveRun: boolean }
  | { readonly state: "running"; readonly cancelRequested: true };
