import { type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import { isSuccess } from "../world/scenario.ts";
import { type Step, attemptAt } from "../steps.ts";
import { tellsOfEnds, tellsOfLoss } from "./attempt-logs.ts";
import { isWhole, isWholeLetter } from "./whole-documents.ts";
import { type WorldEvent, MAX_ATTEMPTS, PAYLOAD_HASH, type World } from "../world/world.ts";

/** A step that was taken, from world to world. */
export interface Taken {
  readonly step: Step;
  readonly before: World;
  readonly after: World;
  readonly events: readonly WorldEvent[];
}

/** What must hold for every step, whatever came before it; true if it holds. */
export const INVARIANTS = {
  "a transaction's effect is committed at most once": ({ after }) =>
    after.kind !== "transaction" || after.effects.length <= 1,

  "at most one attempt at a time holds a lease": ({ after }) =>
    after.running.filter(({ state, leaseEndMs }) => state !== "idle" && (leaseEndMs ?? 0) > after.nowMs).length <= 1,

  "a task has succeeded only after its effect": ({ after: { record, effects, nowMs } }) =>
    !isValid(record, nowMs) || record.state !== "succeeded" || effects.includes(record.owner),

  "a success is never answered as dead": ({ step, events, after }) => {
    // Until a transaction has been committed, nothing has succeeded.
    if (after.kind === "transaction" || step.kind !== "end" || step.how.kind !== "succeeded") return true;
    // Who came between was answered before.
    const answer = events.findLast((one) => one.kind === "answered");
    return answer?.outcome.kind !== "dead";
  },

  "nothing begins, and no transaction commits, once the task has ended": ({ events, after }) =>
    events.every((one) => {
      if (one.kind === "began") return after.kind !== "claim" || !hasEnded(one.before, after.nowMs);
      return one.kind !== "effect" || !one.isCommitted || !hasEnded(one.record, after.nowMs);
    }),

  "a task is acknowledged only when its end is durable": ({ events, after }) =>
    events.every((one) => {
      if (one.kind !== "answered" || !isSuccess(one.outcome) || one.life !== after.life) return true;
      if (one.isImpostor) return one.letters.conflict;
      // A success that isn't known to follow anything looks for no record, and needs none.
      const needsNone = one.isFirstDispatch || one.record === null;
      if (after.kind === "natural" && one.outcome.kind === "done" && needsNone) return true;
      return hasEnded(one.record, after.nowMs);
    }),

  "no commit carries an old fence": ({ events }) =>
    events.every((one) => one.kind !== "wrote" || one.fence >= (one.before?.fence ?? 0)),

  "a fence never shrinks": ({ events }) =>
    events.every((one) => one.kind !== "wrote" || one.after.fence >= (one.before?.fence ?? 0)),

  "a task that has ended never changes": ({ events, after }) =>
    events.every((one) => one.kind !== "wrote" || !hasEnded(one.before, after.nowMs)),

  "an expired record leaves nothing but its fence": ({ events, before: { nowMs } }) =>
    events.every(
      (one) =>
        one.kind !== "wrote" ||
        !one.before ||
        isValid(one.before, nowMs) ||
        (one.after.firstSeenAt?.toMillis() === nowMs && (one.after.unknownTypes ?? 0) <= 1),
    ),

  "a state never goes backward under one fence": ({ events }) =>
    events.every(
      (one) =>
        one.kind !== "wrote" ||
        !one.before ||
        one.transition.kind === "requestCancel" ||
        one.after.fence > one.before.fence ||
        RANK[one.after.state] > RANK[one.before.state],
    ),

  "a refused delivery writes nothing": ({ step, events }) => {
    // A commit whose response was lost is the attempt's own, even if the attempt then finds that the task has ended.
    if (!("faults" in step) || step.faults.length > 0) return true;
    const isRefused = events.some(
      (one) => one.kind === "answered" && (one.outcome.kind === "busy" || one.outcome.kind === "duplicate"),
    );
    return !isRefused || events.every((one) => one.kind !== "kept-letter" && (one.kind !== "wrote" || isDue(one)));
  },

  "an effect is of the payload that was enqueued": ({ events }) =>
    events.every((one) => one.kind !== "effect" || one.payloadHash === PAYLOAD_HASH),

  "a dead task has a letter, and no other task does": ({ after: { record, letters, nowMs } }) =>
    (record?.state === "dead" && isValid(record, nowMs)) === letters.own || !isValid(record, nowMs),

  "no attempt follows the last": ({ after: { record } }) => (record?.attempts ?? 0) <= MAX_ATTEMPTS,

  "a released or saturated attempt is not counted": ({ step, before, events }) => {
    if (step.kind !== "end" || (step.how.kind !== "released" && step.how.kind !== "saturated")) return true;
    // A claim was counted when it was made; an attempt without one never was.
    const counted = before.kind === "claim" ? 1 : 0;
    const owner = attemptAt(before, step.which)?.owner;
    return events.every(
      (one) =>
        one.kind !== "wrote" ||
        one.after.owner !== owner ||
        one.after.state !== "waiting" ||
        !isValid(one.before, before.nowMs) ||
        one.after.attempts === one.before.attempts - counted,
    );
  },

  "an attempt is recorded once, and recognises its own commit": ({ step, before, events }) => {
    const writes = events.filter((one): one is Wrote => one.kind === "wrote" && !isCancellers(one));
    if (step.kind === "end" && !step.faults.includes("overtaken")) return writes.length <= 1;
    if (step.kind === "end" || step.kind === "arrive-at-older") return isEachOnce(countedOf(writes));
    if (step.kind !== "arrive" || before.kind !== "claim") return true;
    const hasGivenUp = step.faults.some((fault) => fault.startsWith("hangs"));
    const hasClaimed = writes.some(({ after }) => after.state === "running");
    const isCancelled = writes.some(({ after }) => after.state === "cancelled");
    return !hasClaimed || hasGivenUp || isCancelled || events.some(({ kind }) => kind === "began");
  },

  "a delivery that runs nothing is not counted": ({ step, before, events }) =>
    step.kind !== "arrive-at-older" ||
    events.every(
      (one) =>
        one.kind !== "wrote" || one.after.attempts === (isValid(one.before, before.nowMs) ? one.before.attempts : 0),
    ),

  "a record has every field that its state needs": ({ events, after: { nowMs } }) =>
    events.every((one) => one.kind !== "wrote" || isWhole(one, nowMs)),

  "a letter has everything needed to replay it": ({ events }) =>
    events.every((one) => one.kind !== "kept-letter" || isWholeLetter(one, events)),

  "nothing begins once the task is cancelled, but a natural task's first delivery": ({ before, events }) =>
    !isCancelled(before) ||
    events.every((one) => one.kind !== "began" || (before.kind === "natural" && one.isFirstDispatch)),

  "nothing begins once a cancel was requested": ({ events, after: { nowMs } }) =>
    events.every((one) => one.kind !== "began" || !isValid(one.record, nowMs) || !one.record.cancelRequestedAt),

  "a cancel that was requested ends the task, unless it succeeds": ({ events, before: { nowMs } }) =>
    events.every(
      (one) =>
        one.kind !== "wrote" ||
        !isValid(one.before, nowMs) ||
        !one.before.cancelRequestedAt ||
        one.after.state === "cancelled" ||
        one.after.state === "succeeded",
    ),

  "what somebody is told of a cancel is durable": ({ events, after: { nowMs } }) =>
    events.every((one) => one.kind !== "cancel-answered" || (isValid(one.record, nowMs) && isAsTold(one))),

  "a task has no effect, now or later, if somebody is told that it was cancelled before it ran": ({
    before,
    events,
    after,
  }) =>
    events.every((one) => {
      if (one.kind === "effect") return !isCancelled(before) || mayHaveRun(before) || one.life !== before.life;
      const isUntouched = one.kind === "cancel-answered" && one.told.kind === "cancelled" && !one.told.mayHaveRun;
      return !isUntouched || (after.effects.length === 0 && !mayHaveRun(after));
    }),

  "a log tells of each attempt that ended, once, and keeps what it told": ({ events, after: { nowMs } }) =>
    events.every((one) => one.kind !== "wrote" || tellsOfEnds(one, nowMs)),

  "a log tells of an attempt that was lost": ({ events, after: { nowMs } }) =>
    events.every((one) => one.kind !== "wrote" || tellsOfLoss(one, nowMs)),
} satisfies Record<string, (taken: Taken) => boolean>;

export type InvariantName = keyof typeof INVARIANTS;

const RANK: Readonly<Record<TaskRecord["state"], number>> = {
  running: 0,
  waiting: 1,
  succeeded: 2,
  dead: 2,
  cancelled: 2,
};

type Wrote = Extract<WorldEvent, { kind: "wrote" }>;

function isCancelled({ record, nowMs }: World): boolean {
  return isValid(record, nowMs) && record.state === "cancelled";
}

/** Whether an attempt has ever owned the task, as far as the record says. */
function mayHaveRun({ kind, record }: World): boolean {
  return kind === "natural" || (record?.fence ?? 0) > 0;
}

/** What the producer writes; the worker's own cancels don't say by whom, since the record does. */
function isCancellers({ transition }: Wrote): boolean {
  return transition.kind === "requestCancel" || (transition.kind === "cancel" && transition.by !== undefined);
}

/** Whether a refused delivery wrote what somebody had asked for: that the task is cancelled. */
function isDue({ before, after }: Wrote): boolean {
  return before?.cancelRequestedAt !== undefined && after.state === "cancelled";
}

function isAsTold({ told, record }: Extract<WorldEvent, { kind: "cancel-answered" }>): boolean {
  switch (told.kind) {
    case "cancelled":
      return record?.state === "cancelled";
    case "requested":
      return record?.state === "running" && record.cancelRequestedAt !== undefined;
    case "finished":
      return record?.state === told.state;
  }
}

function isEachOnce(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/** Whose end each write is: a dead letter that counts no attempt leaves owner and fence unchanged. */
function countedOf(writes: readonly Wrote[]): string[] {
  return writes.filter(({ before, after }) => after.fence > (before?.fence ?? 0)).map(({ after }) => after.owner);
}

/** TTL deletion can lag by a day: an expired record counts as gone. */
function isValid(record: TaskRecord | null, nowMs: number): record is TaskRecord {
  return record !== null && record.expireAt.toMillis() > nowMs;
}

function hasEnded(record: TaskRecord | null, nowMs: number): boolean {
  return isValid(record, nowMs) && isTerminal(record.state);
}
