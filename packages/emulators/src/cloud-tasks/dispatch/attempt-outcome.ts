import type { Delivered } from "../testing/delivered.ts";
import type { Queue } from "../state/queue.ts";
import type { Task } from "../state/task.ts";

/** A task in its queue. */
export interface QueuedTask {
  readonly queue: Queue;
  readonly task: Task;
}

/** What happens to a task after an attempt. */
export type Fate =
  /** It succeeded; the task is deleted. */
  | { readonly kind: "done" }
  /** It failed and will be retried. */
  | { readonly kind: "retry"; readonly dueMs: number }
  /** It failed for the last time. The task is deleted silently, as in the service. */
  | { readonly kind: "given-up" }
  /** While the attempt was in progress the task was deleted or purged, or another attempt succeeded. */
  | { readonly kind: "deleted" }
  /** The emulator is stopping. The task stays as it was. */
  | { readonly kind: "aborted" };

/** How an attempt ended. */
export interface Attempted {
  readonly delivered: Delivered;
  readonly fate: Fate;
  /** By the emulator's clock. */
  readonly endedMs: number;
}
