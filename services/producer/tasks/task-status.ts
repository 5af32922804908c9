import type { TaskTypes } from "../../../shared/contract/registry.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import { type TaskId, queueOf } from "../../../shared/contract/task-id.ts";
import { type TaskAnswer, taskPath } from "./task-view.ts";
import type { QueuedTask, Sighting } from "../../../shared/queue/task-queue.ts";

/** All that can be known of a task: what its queue says and what the worker recorded. */
export interface TaskFacts {
  readonly id: TaskId;
  readonly sighting: Sighting;
  readonly record: TaskRecord | undefined;
}

/**
 * What to tell a caller about a task, or nothing if there is no such task. The record wins over the queue, which still
 * holds a task that has just been settled.
 */
export function describeTask(
  facts: TaskFacts,
  context: { readonly types: TaskTypes; readonly nowMs: number },
): TaskAnswer | undefined {
  const { id, sighting, record } = facts;
  const name = { id, queue: queueOf(id) };
  const links = { self: taskPath(id) };
  const queued = sighting.kind === "found" ? sighting.task : undefined;
  if (record && !isLeftBehind(record, facts, context)) return { ...name, ...describeRecorded(record, queued), links };
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
 * Whether a record tells less than the queue. A `natural` task leaves its queue when it has succeeded, without a word in
 * its record if a delivery at the same time failed only then.
 */
function isLeftBehind(
  { type, state }: TaskRecord,
  { sighting }: TaskFacts,
  { types }: { readonly types: TaskTypes },
): boolean {
  return state === "waiting" && sighting.kind === "gone" && types.get(type)?.idempotency === "natural";
}

/** The code of an error that no record tells of: the worker refused the delivery, or could not be reached. */
const DELIVERY_FAILED = "delivery_failed";

type Description = Omit<TaskAnswer, "id" | "queue" | "links">;

function describeRecorded(record: TaskRecord, queued: QueuedTask | undefined): Description {
  const { type, state, attempts, firstSeenAt, finishedAt, lastError, result } = record;
  return {
    type,
    state,
    attempts,
    createdAt: queued ? toText(queued.createdAtMs) : toText(firstSeenAt.toMillis()),
    ...(queued ? { scheduleTime: toText(queued.scheduledAtMs) } : {}),
    ...(finishedAt ? { finishedAt: toText(finishedAt.toMillis()) } : {}),
    ...(lastError ? { lastError } : {}),
    ...(queued && state === "waiting" ? { nextAttempt: toText(queued.scheduledAtMs) } : {}),
    ...(state === "succeeded" ? { result } : {}),
  };
}

function describeQueued(task: QueuedTask, context: { types: TaskTypes; nowMs: number }): Description {
  // A natural task leaves no record, so what is known of its attempts is what its queue counted.
  const natural = context.types.get(task.type)?.idempotency === "natural";
  const state = stateInQueue(task, context.nowMs);
  const scheduleTime = toText(task.scheduledAtMs);
  return {
    type: task.type,
    state,
    attempts: natural ? task.dispatchCount : 0,
    createdAt: toText(task.createdAtMs),
    scheduleTime,
    ...(state === "waiting" ? { nextAttempt: scheduleTime } : {}),
    ...(task.lastFailure === undefined ? {} : { lastError: { code: DELIVERY_FAILED, message: task.lastFailure } }),
  };
}

function stateInQueue(task: QueuedTask, nowMs: number): TaskAnswer["state"] {
  // A delivery that was never answered is not counted as a response, but it is over.
  if (task.dispatchCount > task.responseCount && task.lastFailure === undefined) return "running";
  if (task.dispatchCount > 0) return "waiting";
  return isScheduled(task, nowMs) ? "scheduled" : "queued";
}

const SECOND_MS = 1_000;

/**
 * Whether a task was meant for later. A task that is due at once has the time of its creation, by Cloud Tasks' clock,
 * which may be ahead of ours; its creation is told in whole seconds.
 */
function isScheduled(task: QueuedTask, nowMs: number): boolean {
  return task.scheduledAtMs > nowMs && task.scheduledAtMs - task.createdAtMs >= SECOND_MS;
}

function toText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
