import type { Delivered } from "../testing/delivered.ts";
import type { Queue } from "../state/queue.ts";
import type { Task } from "../state/task.ts";

/** A task in its queue. */
export interface QueuedTask {
  readonly queue: Queue;
  readonly task: Task;
}

/** What follows from an attempt. */
export type Fate =
  /** It succeeded; the task is deleted. */
  | { readonly kind: "done" }
  /** It failed and will be tried again. */
  | { readonly kind: "retry"; readonly dueMs: number }
  /** It failed for the last time; the task is deleted, silently, as the service does. */
  | { readonly kind: "given-up" }
  /** The task was deleted or purged, or another attempt at it succeeded, while this one was under way. */
  | { readonly kind: "deleted" }
  /** The emulator stops; the task stays as it was. */
  | { readonly kind: "aborted" };

/** An attempt's end. */
export interface Attempted {
  readonly delivered: Delivered;
  readonly fate: Fate;
}
