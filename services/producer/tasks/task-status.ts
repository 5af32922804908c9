import type { TaskTypes } from "../../../shared/contract/registry.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import { type TaskId, queueOf } from "../../../shared/contract/task-id.ts";
import { type TaskView, taskPath } from "./task-view.ts";
import type { QueuedTask, Sighting } from "../../../shared/queue/task-queue.ts";

/** All that can be known about a task: what its queue says and what the worker recorded. */
export interface TaskFacts {
  readonly id: TaskId;
  readonly sighting: Sighting;
  readonly record: TaskRecord | undefined;
}

/**
 * What to tell a caller about a task; undefined if there is no such task. The record takes precedence over the queue,
 * which still holds a task that has only just ended.
 */
export function describeTask(
  facts: TaskFacts,
  context: { readonly types: TaskTypes; readonly nowMs: number },
): TaskView | undefined {
  const { id, sighting, record } = facts;
  const name = { id, queue: queueOf(id) };
  const links = { self: taskPath(id) };
  const queued = sighting.kind === "found" ? sighting.task : undefined;
  if (record && !isOutdated(record, facts, context)) return { ...name, ...describeRecorded(record, queued), links };
  switch (sighting.kind) {
    case "found":
      return { ...name, ...describeQueued(sighting.task, context), links };
    case "gone":
      return { ...name, state: "finished", links };
    case "never":
      return undefined;
  }
}

/**
 * Whether the queue knows more than the record. A `natural` task leaves its queue when it succeeds. Its record doesn't say
 * so if another delivery, which ran at the same time, failed afterwards.
 */
function isOutdated(
  { type, state }: TaskRecord,
  { sighting }: TaskFacts,
  { types }: { readonly types: TaskTypes },
): boolean {
  return state === "waiting" && sighting.kind === "gone" && types.get(type ?? "")?.idempotency === "natural";
}

/** The code of an error that no record holds: the worker refused the delivery, or could not be reached. */
const DELIVERY_FAILED = "delivery_failed";

type Description = Omit<TaskView, "id" | "queue" | "links">;

function describeRecorded(record: TaskRecord, queued: QueuedTask | undefined): Description {
  const { type, state, attempts, finishedAt, lastError, result } = record;
  return {
    type,
    state,
    attempts,
    ...createdAtOf(queued, record),
    ...(queued ? { scheduleTime: toText(queued.scheduledAtMs) } : {}),
    ...(finishedAt ? { finishedAt: toText(finishedAt.toMillis()) } : {}),
    ...(lastError ? { lastError } : {}),
    ...(queued && state === "waiting" ? { nextAttempt: toText(queued.scheduledAtMs) } : {}),
    ...(state === "succeeded" ? { result } : {}),
  };
}

/**
 * A task is created when the producer accepts it, which both its queue and its record say. Earlier revisions noted it in
 * neither: then it is when Cloud Tasks created it or, once it has left its queue, when its first attempt began.
 */
function createdAtOf(queued: QueuedTask | undefined, record?: TaskRecord): Pick<Description, "createdAt"> {
  const createdAt = queued?.enqueuedAt ?? record?.enqueuedAt;
  if (createdAt !== undefined) return { createdAt };
  const createdAtMs = queued?.createdAtMs ?? record?.firstSeenAt?.toMillis();
  return createdAtMs === undefined ? {} : { createdAt: toText(createdAtMs) };
}

function describeQueued(task: QueuedTask, context: { types: TaskTypes; nowMs: number }): Description {
  // A natural task leaves no record, so its queue's count is all that is known of its attempts.
  const natural = context.types.get(task.type)?.idempotency === "natural";
  const state = stateInQueue(task, context.nowMs);
  const scheduleTime = toText(task.scheduledAtMs);
  return {
    type: task.type,
    state,
    attempts: natural ? task.dispatchCount : 0,
    ...createdAtOf(task),
    scheduleTime,
    ...(state === "waiting" ? { nextAttempt: scheduleTime } : {}),
    ...(task.lastFailure === undefined ? {} : { lastError: { code: DELIVERY_FAILED, message: task.lastFailure } }),
  };
}

function stateInQueue(task: QueuedTask, nowMs: number): TaskView["state"] {
  // A delivery that got no response isn't counted as one, but it is over.
  if (task.dispatchCount > task.responseCount && task.lastFailure === undefined) return "running";
  if (task.dispatchCount > 0) return "waiting";
  return isScheduled(task, nowMs) ? "scheduled" : "queued";
}

const SECOND_MS = 1_000;

/**
 * Whether a task was meant for later. A task that is due at once is scheduled for the time of its creation by Cloud Tasks'
 * clock, which may be ahead of ours. The creation time itself comes in whole seconds.
 */
function isScheduled(task: QueuedTask, nowMs: number): boolean {
  return task.scheduledAtMs > nowMs && task.scheduledAtMs - task.createdAtMs >= SECOND_MS;
}

function toText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
