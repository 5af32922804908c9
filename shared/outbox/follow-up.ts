import type { Envelope, PayloadText } from "../contract/envelope.ts";
import type { DeadNotice } from "../contract/new-task/dead-notice.ts";
import { hashPayload } from "../contract/payload-hash.ts";
import { type TaskId, type TaskOrigin, deriveTaskId, isDerivedFrom, parseTaskId } from "../contract/task-id.ts";
import type { TaskType } from "../contract/task-type.ts";
import { propertyOf } from "../process/thrown.ts";
import { deadLetterId } from "../records/letters/dead-letter.ts";
import type { NewTask } from "../records/transition.ts";

/** The task that others follow. They have the same caller and belong to the same trace. */
export type Parent = Pick<Envelope, "id" | "type" | "caller" | "traceparent">;

/** What to do when a task dies. */
export interface OnDead {
  /** The type of the task that is created then. */
  readonly taskType: TaskType;
  readonly parent: Parent;
}

/** A task that its parent's handler has enqueued. It has the same id every time the parent runs. */
export function childTask(
  parent: Parent,
  child: {
    readonly taskType: TaskType;
    readonly payload: PayloadText;
    readonly key: string;
    /** When it was enqueued, and when it is due, in milliseconds since the epoch. Undefined: due at once. */
    readonly enqueuedAtMs: number;
    readonly dueAtMs: number | undefined;
  },
): NewTask {
  return follow(parent, { ...child, origin: ["child", parent.id, child.taskType.type, child.key] });
}

/**
 * The `onDead` task to commit with a dead letter, if the dead task's type has one. `diedAtMs` is in milliseconds since
 * the epoch.
 */
export function onDeadTaskOf(
  onDead: OnDead | undefined,
  death: { readonly code: string; readonly attempts: number; readonly diedAtMs: number },
): { readonly children?: readonly NewTask[] } {
  if (!onDead) return {};
  const { taskType, parent } = onDead;
  const { attempts, diedAtMs } = death;
  const { id: taskId, type } = parent;
  const letterId = deadLetterId(taskId);
  const notice: DeadNotice = { deadLetterId: letterId, taskId, type, code: death.code.toWellFormed(), attempts };
  const payload = { json: JSON.stringify(notice), hash: hashPayload(notice) };
  const task = { taskType, payload, origin: ["dead", letterId], enqueuedAtMs: diedAtMs, dueAtMs: undefined } as const;
  return { children: [follow(parent, task)] };
}

/**
 * Whether `onDead` created a task, or it is a replay of such a task. When it dies, nothing is created. Its payload
 * names the letter that its id, or the replayed id, was derived from.
 */
export function isMadeByOnDead({ id, payload, replayOf }: Pick<Envelope, "id" | "payload" | "replayOf">): boolean {
  const letterId = propertyOf(payload, "deadLetterId");
  if (typeof letterId !== "string" || letterId.includes("\0")) return false;
  const repeated = replayOf === undefined ? undefined : parseTaskId(replayOf);
  return [id, repeated].some((one) => one !== undefined && isDerivedFrom(one, ["dead", letterId]));
}

function follow(
  { id, caller, traceparent }: Parent,
  task: Omit<Parameters<typeof childTask>[1], "key"> & { readonly origin: TaskOrigin },
): NewTask {
  const { taskType, payload, origin, enqueuedAtMs, dueAtMs } = task;
  const taskId: TaskId = deriveTaskId(origin, taskType);
  const entry = {
    taskId,
    type: taskType.type,
    payloadJson: payload.json,
    origin,
    caller,
    enqueuedAt: new Date(enqueuedAtMs).toISOString(),
    notBefore: dueAtMs === undefined ? undefined : new Date(dueAtMs).toISOString(),
    hop: 0,
    parentId: id,
    traceparent,
  };
  return { entry, payloadHash: payload.hash };
}
