import { type TaskId, deriveTaskId, randomTaskId, sharedTaskId } from "../../../shared/contract/task-id.ts";
import { RECORD_RETENTION_MS } from "../../../shared/records/task-record.ts";
import { originOf } from "./idempotency-key.ts";
import type { NewTask } from "./new-task.ts";

/** A task's id, and those by which it may have been accepted already. */
export interface TaskIds {
  readonly id: TaskId;
  /** The one that earlier revisions gave it. It can be `id`. */
  readonly sharedId?: TaskId;
  /** The one that it has later on. Only while `id` is the shared one. */
  readonly ownId?: TaskId;
}

/** How long Cloud Tasks keeps a task (https://cloud.google.com/tasks/docs/quotas). */
const MAX_TASK_LIFE_MS = 31 * 24 * 60 * 60_000;

/** How long a task that was accepted by a shared key can leave a trace: its own life, then that of its record. */
const LOOK_BACK_MS = MAX_TASK_LIFE_MS + RECORD_RETENTION_MS;

/**
 * The id of a task. Earlier revisions had one space of keys for all callers, and what they accepted must not run again
 * when its key is repeated. So there are three times:
 *
 *                        callerKeysFromMs                 + LOOK_BACK_MS
 *     one id for all callers |  an id for each caller,        |  an id for each caller
 *     as earlier revisions,  |  unless the shared one is held |
 *     unless the caller's    |                                |
 *     own one is held        |                                |
 *
 * Producers of both revisions can run at once before that time. A caller's own id may be held already: another instance's
 * clock may be ahead, or the time may have been set or postponed after callers had their own keys. Without that time,
 * shared keys are looked up for ever.
 */
export function idsOf(
  { taskType, key, caller }: Pick<NewTask, "taskType" | "key" | "caller">,
  { nowMs, callerKeysFromMs }: { readonly nowMs: number; readonly callerKeysFromMs?: number },
): TaskIds {
  const { type, queue } = taskType;
  if (!key) return { id: randomTaskId(taskType) };
  const sharedId = sharedTaskId({ type, idempotencyKey: key.text, queue });
  const ownId = deriveTaskId(originOf(key, { type, caller: caller.email }), taskType);
  const sinceMs = callerKeysFromMs === undefined ? 0 : nowMs - callerKeysFromMs;
  if (sinceMs < 0) return { id: sharedId, sharedId, ownId };
  return sinceMs < LOOK_BACK_MS ? { id: ownId, sharedId } : { id: ownId };
}
