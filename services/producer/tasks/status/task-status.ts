import type { TaskTypes } from "../../../../shared/contract/registry.ts";
import { type TaskRecord, isTerminal } from "../../../../shared/records/task-record.ts";
import { type TaskId, isMarkedNatural, queueOf } from "../../../../shared/contract/task-id.ts";
import type { WaitingEntry } from "./find-entry.ts";
import { describeAttempts } from "./attempt-view.ts";
import { type TimeRule, ruleOf } from "./next-attempt.ts";
import type { GoogleConsole } from "../../http/google-console.ts";
import { queuePath } from "../../queues/queue-view.ts";
import type { Producer } from "../../producer.ts";
import { type TaskView, taskPath } from "./task-view.ts";
import type { QueuedTask, Sighting } from "../../../../shared/queue/task-queue.ts";

/** All that can be known about a task: what its queue says and what was recorded. */
export interface TaskFacts {
  readonly id: TaskId;
  /** What its queue says about its latest hop. */
  readonly sighting: Sighting;
  readonly record: TaskRecord | undefined;
  /** Set if the task, or its latest hop, is in the outbox and not in its queue yet. */
  readonly entry?: WaitingEntry;
  /** The name of its type, if it is known otherwise. */
  readonly type?: string;
}

/** Who enqueued a task; undefined if neither its record nor its queue nor the outbox says so. */
export function ownerOf({ record, sighting, entry }: Omit<TaskFacts, "id">): string | undefined {
  return record?.caller ?? (sighting.kind === "found" ? sighting.task.caller : undefined) ?? entry?.entry.caller;
}

/** Whether anything tells of a task but the fact that its queue had it once. */
export function isKnown({ record, sighting, entry }: Omit<TaskFacts, "id">): boolean {
  return record !== undefined || sighting.kind === "found" || entry !== undefined;
}

/**
 * What to tell a caller about a task; undefined if there is no such task. The record takes precedence over the queue,
 * which still holds a task that has only just ended.
 */
export function describeTask(facts: TaskFacts, context: TellingContext): TaskView | undefined {
  const { id, sighting, record, entry } = facts;
  const caller = ownerOf(facts);
  const name = { id, queue: queueOf(id), ...(caller === undefined ? {} : { caller }) };
  const links = linksOf(id, context);
  const isNatural = isOfNaturalType(facts, context.types);
  const place = placeOf(facts, context.nowMs);
  if (record && !(isNatural && isOutdated(facts))) {
    return { ...name, ...describeRecorded(record, sighting, place), links };
  }
  if (entry && place) return { ...name, ...describeEntry(entry, place), links };
  switch (sighting.kind) {
    case "found":
      return { ...name, ...describeQueued(sighting.task, { isNatural, nowMs: context.nowMs }), links };
    case "gone":
      return { ...name, state: isNatural ? "finished" : "removed", links };
    case "never":
      return undefined;
  }
}

/** What a description depends on besides the task. */
export interface TellingContext {
  readonly types: TaskTypes;
  /** In milliseconds since the epoch. */
  readonly nowMs: number;
  readonly console?: GoogleConsole | undefined;
}

/** The context of a producer's descriptions at this moment. */
export function tellingOf({
  registry,
  clock,
  console,
}: Pick<Producer, "registry" | "clock" | "console">): TellingContext {
  return { types: registry.types, nowMs: clock.now(), console };
}

function linksOf(id: TaskId, { console }: TellingContext): TaskView["links"] {
  const queue = queueOf(id);
  const page = console?.queueOf(id);
  return {
    self: taskPath(id),
    queue: queuePath(queue),
    ...(page === undefined ? {} : { console: page }),
    ...(console ? { logs: console.logs(id) } : {}),
  };
}

/** Whether a task leaves no record when it succeeds. Its id says so, unless an earlier revision made it. */
function isOfNaturalType({ id, type, sighting, record, entry }: TaskFacts, types: TaskTypes): boolean {
  if (isMarkedNatural(id)) return true;
  const inQueue = sighting.kind === "found" ? sighting.task.type : undefined;
  const name = type ?? record?.type ?? inQueue ?? entry?.entry.type;
  const known = types.get(name ?? "");
  // Of an unmarked id, only its queue may be known.
  const possible = known ? [known] : [...types.values()].filter(({ queue }) => queue === queueOf(id));
  return possible.length > 0 && possible.every(({ idempotency }) => idempotency === "natural");
}

/**
 * Whether the queue knows more than a natural task's record. The task leaves its queue when it succeeds. Its record doesn't
 * say so if another delivery, which ran at the same time, failed afterwards.
 */
function isOutdated({ record, sighting, entry }: TaskFacts): boolean {
  return record?.state === "waiting" && sighting.kind === "gone" && !entry;
}

/** The code of an error that no record holds: the worker refused the delivery, or could not be reached. */
const DELIVERY_FAILED = "delivery_failed";

type Description = Omit<TaskView, "id" | "queue" | "links">;

function describeRecorded(record: TaskRecord, sighting: Sighting, place: Place | undefined): Description {
  const { type, attempts, finishedAt, lastError, cancelRequestedAt, result } = record;
  const queued = sighting.kind === "found" ? sighting.task : undefined;
  const state = stateOf(record, sighting, place);
  const attemptLog = describeAttempts(record.attemptLog ?? []);
  const refused = state === "waiting" && isUntried(record) ? failureOf(queued) : {};
  return {
    type,
    state,
    attempts,
    ...createdAtOf(queued, record),
    // Its queue still holds a task that has only just ended.
    ...(place && !isTerminal(record.state) ? { scheduleTime: toText(place.dueAtMs) } : {}),
    ...(finishedAt ? { finishedAt: toText(finishedAt.toMillis()) } : {}),
    ...(lastError ? { lastError } : {}),
    ...refused,
    ...(attemptLog.length > 0 ? { attemptLog } : {}),
    ...(place && isToBeTried(state)
      ? nextAttemptAt(place.dueAtMs, queued?.dispatchCount ? "queue" : ruleOf(record))
      : {}),
    ...(state === "running" && cancelRequestedAt ? { cancelRequested: true as const } : {}),
    ...(state === "succeeded" ? { result } : {}),
    ...lineageOf(record),
    ...(record.children ? { children: record.children } : {}),
  };
}

/** Whatever ends a task's stay in its queue is recorded first, unless somebody takes it out. */
function stateOf(record: TaskRecord, sighting: Sighting, place: Place | undefined): TaskView["state"] {
  if (record.state !== "waiting") return record.state;
  if (!place) return sighting.kind === "gone" ? "removed" : "waiting";
  return isUntried(record) ? place.state : "waiting";
}

/**
 * Whether nothing was tried since the task got its present time, and it isn't the time for another try after a failure:
 * it is due later, was snoozed by its handler, or was rescheduled before its first attempt.
 */
function isUntried({ hop = 0, attempts, attemptLog = [] }: TaskRecord): boolean {
  if (hop === 0) return false;
  const last = attemptLog.at(-1);
  if (!last) return attempts === 0;
  return last["nextRule"] === "snooze" && Number(last["hop"]) < hop;
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

/** A task's status from its queue alone. */
export function describeQueued(
  task: QueuedTask,
  { isNatural, nowMs }: { isNatural: boolean; nowMs: number },
): Description & { readonly scheduleTime: string } {
  const state = stateInQueue(task, nowMs);
  const scheduleTime = toText(dueInQueue(task));
  return {
    type: task.type,
    state,
    // A natural task leaves no record, so its queue's count is all that is known of its attempts.
    attempts: isNatural ? task.dispatchCount : 0,
    ...createdAtOf(task),
    scheduleTime,
    ...(isToBeTried(state) ? nextAttemptAt(dueInQueue(task), isMeantForLater(task) ? "schedule" : "queue") : {}),
    ...failureOf(task),
    ...lineageOf(task),
  };
}

function describeEntry({ entry }: WaitingEntry, { state, dueAtMs }: Place): Description {
  const { type, enqueuedAt } = entry;
  const scheduleTime = toText(dueAtMs);
  const createdAt = toText(Date.parse(enqueuedAt));
  const next = nextAttemptAt(dueAtMs, entry.notBefore === undefined ? "queue" : "schedule");
  return { type, state, attempts: 0, createdAt, scheduleTime, ...next, ...lineageOf(entry) };
}

function isToBeTried(state: TaskView["state"]): boolean {
  return state === "queued" || state === "scheduled" || state === "waiting";
}

function nextAttemptAt(dueAtMs: number, nextRule: TimeRule): Pick<Description, "nextAttempt" | "nextRule"> {
  return { nextAttempt: toText(dueAtMs), nextRule };
}

/** What Cloud Tasks says of a delivery that the worker refused, or that didn't reach it. */
function failureOf(task: QueuedTask | undefined): Pick<Description, "lastError"> {
  const message = task?.lastFailure;
  return message === undefined ? {} : { lastError: { code: DELIVERY_FAILED, message } };
}

function lineageOf(told: { readonly parentId?: string | undefined; readonly replayOf?: string | undefined }) {
  const { parentId: parent, replayOf } = told;
  return { ...(parent === undefined ? {} : { parent }), ...(replayOf === undefined ? {} : { replayOf }) };
}

/** A task that is to be delivered: how its queue, or else the outbox, sees it, and when it is due. */
interface Place {
  readonly state: TaskView["state"];
  readonly dueAtMs: number;
}

function placeOf({ sighting, entry }: TaskFacts, nowMs: number): Place | undefined {
  if (sighting.kind === "found")
    return { state: stateInQueue(sighting.task, nowMs), dueAtMs: dueInQueue(sighting.task) };
  if (!entry) return undefined;
  const { notBefore } = entry.entry;
  // Without a time, it was due when it was committed.
  const dueAtMs = notBefore === undefined ? entry.sinceMs : Date.parse(notBefore);
  return { state: dueAtMs > nowMs && notBefore !== undefined ? "scheduled" : "queued", dueAtMs };
}

/** When a task is really due. Its queue may deliver it before, which only leads to another hop. */
function dueInQueue({ scheduledAtMs, notBefore }: QueuedTask): number {
  return notBefore === undefined ? scheduledAtMs : Math.max(scheduledAtMs, Date.parse(notBefore));
}

function stateInQueue(task: QueuedTask, nowMs: number): TaskView["state"] {
  // A delivery that got no response isn't counted as one, but it is over.
  if (task.dispatchCount > task.responseCount && task.lastFailure === undefined) return "running";
  if (task.dispatchCount > 0) return "waiting";
  return isMeantForLater(task) && dueInQueue(task) > nowMs ? "scheduled" : "queued";
}

const SECOND_MS = 1_000;

/**
 * Whether a task that wasn't delivered yet was meant for later. A task that is due at once is scheduled for the time of its
 * creation by Cloud Tasks' clock, which may be ahead of ours. The creation time itself comes in whole seconds.
 */
function isMeantForLater(task: QueuedTask): boolean {
  return task.dispatchCount === 0 && dueInQueue(task) - task.createdAtMs >= SECOND_MS;
}

function toText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
