import type { QueueSettings } from "./queue.ts";
import type { Progress, Task } from "./task.ts";

/** Something that happened to a queue or a task, and is kept. Queues are named in full. */
export type Change =
  | { readonly kind: "queue-set"; readonly queue: string; readonly settings: QueueSettings }
  | { readonly kind: "queue-deleted"; readonly queue: string; readonly atMs: number }
  | { readonly kind: "queue-purged"; readonly queue: string; readonly atMs: number }
  | { readonly kind: "task-created"; readonly queue: string; readonly task: Task }
  | { readonly kind: "task-failed"; readonly queue: string; readonly taskId: string; readonly progress: Progress }
  | { readonly kind: "task-gone"; readonly queue: string; readonly taskId: string; readonly atMs: number };

/** A change as a line of the journal: the task's body is base64, and what is only true of this process is left out. */
export type StoredChange =
  | Exclude<Change, { kind: "task-created" }>
  | { readonly kind: "task-created"; readonly queue: string; readonly task: StoredTask };

type StoredTask = Omit<Task, "target" | "heapIndex" | "running"> & {
  readonly target: Omit<Task["target"], "body"> & { readonly body: string };
};

/** Makes of a change what is written down. */
export function storedFromChange(change: Change): StoredChange {
  if (change.kind !== "task-created") return change;
  const { heapIndex: _position, running: _deliveries, target, ...kept } = change.task;
  const body = Buffer.from(target.body.buffer, target.body.byteOffset, target.body.byteLength).toString("base64");
  return { ...change, task: { ...kept, target: { ...target, body } } };
}

/** Makes of what was written down a change again. */
export function changeFromStored(stored: StoredChange): Change {
  if (stored.kind !== "task-created") return stored;
  const { target, ...kept } = stored.task;
  const body = Buffer.from(target.body, "base64");
  return { ...stored, task: { ...kept, target: { ...target, body }, heapIndex: -1, running: 0 } };
}

/** Takes from a task what changes with its attempts. */
export function progressOf(task: Task): Progress {
  return {
    dueMs: task.dueMs,
    dispatchCount: task.dispatchCount,
    responseCount: task.responseCount,
    failures: task.failures,
    executions: task.executions,
    ...(task.previousStatus === undefined ? {} : { previousStatus: task.previousStatus }),
    ...(task.firstDispatchMs === undefined ? {} : { firstDispatchMs: task.firstDispatchMs }),
    ...(task.lastAttempt ? { lastAttempt: task.lastAttempt } : {}),
  };
}
