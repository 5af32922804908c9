import { keptCopy } from "./kept-copy.ts";
import type { QueueSettings } from "./queue.ts";
import type { Progress, Task } from "./task.ts";

/** A change to a queue or a task, to be stored. Queues go by their full names. */
export type Change =
  | { readonly kind: "queue-set"; readonly queue: string; readonly settings: QueueSettings }
  | { readonly kind: "queue-deleted"; readonly queue: string; readonly atMs: number }
  | { readonly kind: "queue-purged"; readonly queue: string; readonly atMs: number }
  /** A reset: the queue has no tasks and no reserved task names. */
  | { readonly kind: "queue-emptied"; readonly queue: string }
  /** A reset: the queue is gone, and its name is free. */
  | { readonly kind: "queue-forgotten"; readonly queue: string }
  /** The key of a location; empty for none. */
  | { readonly kind: "cmek-set"; readonly location: string; readonly kmsKey: string }
  | { readonly kind: "task-created"; readonly queue: string; readonly task: Task }
  | { readonly kind: "task-failed"; readonly queue: string; readonly taskId: string; readonly progress: Progress }
  | { readonly kind: "task-gone"; readonly queue: string; readonly taskId: string; readonly atMs: number };

/** A change within a queue, which must exist. */
export type ChangeInQueue = Exclude<Change, { kind: "queue-set" | "queue-deleted" | "queue-forgotten" | "cmek-set" }>;

/** A change as the journal has it: the task's body is base64, and state of this process is left out. */
export type StoredChange =
  | Exclude<Change, { kind: "task-created" | "task-failed" }>
  | { readonly kind: "task-created"; readonly queue: string; readonly task: StoredTask & EarlierCount }
  | {
      readonly kind: "task-failed";
      readonly queue: string;
      readonly taskId: string;
      readonly progress: Progress & EarlierCount;
    };

/** Earlier versions counted all responses as `responseCount`, and as `executions` those other than 5xx. */
interface EarlierCount {
  readonly executions?: number;
}

type StoredTask = Omit<Task, "body" | "heapIndex" | "running" | "firstDispatchMonotonicMs"> & { readonly body: string };

/** A change in the form that the journal stores as JSON. */
export function storedFromChange(change: Change): StoredChange {
  if (change.kind !== "task-created") return change;
  const { heapIndex: _position, running: _deliveries, firstDispatchMonotonicMs: _first, body, ...kept } = change.task;
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64");
  return { ...change, task: { ...kept, body: base64 } };
}

/** The change that the journal stored, also if an earlier version did. */
export function changeFromStored(stored: StoredChange): Change {
  if (stored.kind === "task-failed") return { ...stored, progress: withPresentCount(stored.progress) };
  if (stored.kind !== "task-created") return stored;
  const body = keptCopy(Buffer.from(stored.task.body, "base64"));
  return { ...stored, task: { ...withPresentCount(stored.task), body, heapIndex: -1, running: 0 } };
}

function withPresentCount<Stored extends { responseCount: number } & EarlierCount>(
  stored: Stored,
): Omit<Stored, "executions"> {
  const { executions, ...present } = stored;
  return { ...present, responseCount: executions ?? stored.responseCount };
}

/** What changes in a task with its attempts. */
export function progressOf(task: Task): Progress {
  return {
    dueMs: task.dueMs,
    dispatchCount: task.dispatchCount,
    responseCount: task.responseCount,
    failures: task.failures,
    ...(task.previousStatus === undefined ? {} : { previousStatus: task.previousStatus }),
    ...(task.firstDispatchMs === undefined ? {} : { firstDispatchMs: task.firstDispatchMs }),
    ...(task.lastAttempt ? { lastAttempt: task.lastAttempt } : {}),
  };
}
