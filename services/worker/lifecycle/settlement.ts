import type { Thrown } from "../../../shared/process/describe-thrown.ts";
import { allowedDelayMs, backoffDelayMs } from "../../../shared/contract/backoff.ts";
import { type AttemptLog, type AttemptStart, type NextRule, withAttempt } from "../../../shared/records/attempt-log.ts";
import type { TaskError } from "../../../shared/records/task-record.ts";
import { onDeadTaskOf } from "../../../shared/outbox/follow-up.ts";
import type { NewRecord, NextHop, Transition } from "../../../shared/records/transition.ts";
import { CANCELLED, CONTENTION, type Outcome } from "../outcome.ts";
import type { HandlerEnd } from "../runner/handler.ts";
import type { Claimant, Pace } from "./admission.ts";

/** How an attempt ended, whatever the reason. */
export type AttemptEnd =
  | HandlerEnd
  /** The record's error is fit for anybody; what was thrown is for those who may read the attempt's log. */
  | { readonly kind: "threw"; readonly error: TaskError; readonly thrown?: Thrown }
  | { readonly kind: "timed-out"; readonly error: TaskError }
  /** This revision has no handler for the type; a newer one may have one. */
  | { readonly kind: "unknown-type"; readonly type: string }
  /** Stopped by a shutdown before it ended: it doesn't count. */
  | { readonly kind: "released" }
  /** Stopped because its task was cancelled. */
  | { readonly kind: "cancelled" };

/** What to write for an attempt's end, and the delivery's outcome once that is durable. */
export interface Settlement {
  readonly transition: Transition | null;
  readonly outcome: Outcome;
  /** The owner and fence that identify the attempt's own end, if it is recorded in a whole record. */
  readonly recordedAs?: NewRecord;
}

/** What has been counted for a task, including this attempt. */
export interface Counted {
  readonly attempts: number;
  /** Consecutive deliveries, before this one, to revisions that didn't know the type. Default 0. */
  readonly unknownTypes?: number;
  /** How often in a row the task was snoozed before this attempt. Default 0. */
  readonly snoozes?: number;
}

/** An attempt besides its end: what its log entry, the next attempt's time and a dead letter depend on. */
export interface Story {
  /** The attempts before this one. */
  readonly log: AttemptLog;
  readonly start: AttemptStart & Pace & Pick<Claimant, "onDead">;
  /** By the instance's clock, in milliseconds since the epoch. */
  readonly endedAtMs: number;
}

/**
 * Deployments overlap. If none of the revisions that get a task know its type, it is tried this often before it becomes
 * a dead letter. Nothing ran, so these deliveries use up none of the task's attempts.
 */
const MAX_UNKNOWN_TYPES = 10;

/** A handler that snoozes its task this often in a row waits for something that never happens. */
const MAX_SNOOZES = 1_000;

const SNOOZED_TOO_OFTEN = {
  code: "snoozed_too_often",
  message: `The handler put the task off ${MAX_SNOOZES} times in a row.`,
};

/** An end after which the task is retried. */
type WaitingEnd = Exclude<AttemptEnd, { kind: "succeeded" | "permanent" | "cancelled" }>;

/**
 * Decides how to record an attempt's end.
 *
 * @param as set to write a whole record; default: the record is already the attempt's own.
 */
export function settlementOf(
  end: AttemptEnd,
  counted: Counted,
  {
    maxAttempts,
    story,
    as = null,
  }: { readonly maxAttempts: number; readonly story: Story; readonly as?: NewRecord | null },
): Settlement {
  const { attempts } = counted;
  const log = logAfter(end, attempts, story);
  const ending = { attempts, log, as };
  const uncounted = { attempts: attempts - 1, log, as };
  switch (end.kind) {
    case "succeeded": {
      const { result, children } = end;
      const following = children ? { children } : {};
      return { transition: { kind: "complete", ...ending, result, ...following }, outcome: { kind: "done", result } };
    }
    case "permanent":
      return dead(end.error, ending, story);
    case "retry":
    case "threw":
    case "timed-out":
      return attempts >= maxAttempts ? dead(end.error, ending, story) : settleFailure(end, counted, { story, as });
    case "snoozed":
      return settleSnooze(end, counted, { story, as });
    case "unknown-type":
      return settleUnknownType(end, counted, { ...uncounted, story });
    case "saturated":
      return waiting(end, { ...uncounted, error: end.error });
    case "released":
      return waiting(end, { ...uncounted, error: null });
    case "cancelled":
      return { transition: { kind: "cancel", ...ending, error: null }, outcome: CANCELLED };
    default:
      return end satisfies never;
  }
}

function logAfter(
  end: AttemptEnd,
  attempt: number,
  { log, start, endedAtMs, next }: Story & { readonly next?: NextTime | undefined },
): AttemptLog {
  return withAttempt(log, start, { attempt, outcome: end.kind, endedAtMs, next, ...wordsOf(end) });
}

/** The words of an end in the attempt's log, which has more than the record's error if something was thrown. */
function wordsOf(end: AttemptEnd): { readonly error: TaskError | null; readonly stack?: string } {
  if (end.kind === "unknown-type") return { error: unknownType(end) };
  if (!("error" in end)) return { error: null };
  if (end.kind !== "threw" || !end.thrown) return { error: end.error };
  const { message, stack } = end.thrown;
  return { error: { ...end.error, message }, stack };
}

/** Whatever the task dies of, its `onDead` task is in the same commit. */
function dead(error: TaskError, ending: EndingFields, { start, endedAtMs }: Story): Settlement {
  const { attempts } = ending;
  const following = onDeadTaskOf(start.onDead, { code: error.code, attempts, diedAtMs: endedAtMs });
  return { transition: { kind: "deadLetter", ...ending, error, ...following }, outcome: { kind: "dead", error } };
}

type EndingFields = Pick<Extract<Transition, { kind: "deadLetter" }>, "attempts" | "log" | "as">;

function waiting(end: WaitingEnd, retry: Omit<Extract<Transition, { kind: "retry" }>, "kind">): Settlement {
  return { transition: { kind: "retry", ...retry }, outcome: outcomeOfWaiting(end) };
}

type FailedEnd = Extract<AttemptEnd, { kind: "retry" | "threw" | "timed-out" }>;
type SnoozedEnd = Extract<AttemptEnd, { kind: "snoozed" }>;
type Recording = { readonly story: Story; readonly as: NewRecord | null };

/** The queue's own backoff sets the time of the next attempt, unless something else does: then that is another hop. */
function settleFailure(end: FailedEnd, { attempts, snoozes = 0 }: Counted, { story, as }: Recording): Settlement {
  const { error } = end;
  const next = nextTimeOf(end, attempts, story);
  const ended = { attempts, log: logAfter(end, attempts, { ...story, next }), as, error };
  const retry = { ...ended, ...(snoozes > 0 ? { endsSnoozes: true as const } : {}) };
  if (!next) return waiting(end, retry);
  return {
    transition: { kind: "retry", ...retry, next: hopFor(next, story) },
    outcome: { kind: "rescheduled", dueAtMs: next.atMs, error },
  };
}

function settleSnooze(end: SnoozedEnd, counted: Counted, { story, as }: Recording): Settlement {
  const attempts = counted.attempts - 1;
  const snoozes = (counted.snoozes ?? 0) + 1;
  if (snoozes >= MAX_SNOOZES) {
    return dead(SNOOZED_TOO_OFTEN, { attempts, log: logAfter(end, counted.attempts, story), as }, story);
  }
  const next = nextTimeOf(end, counted.attempts, story);
  const log = logAfter(end, counted.attempts, { ...story, next });
  return {
    transition: { kind: "snooze", attempts, log, as, snoozes, next: hopFor(next, story) },
    outcome: { kind: "rescheduled", dueAtMs: next.atMs },
  };
}

function hopFor({ atMs }: NextTime, { start }: Story): NextHop {
  return { hop: start.hop + 1, notBeforeMs: atMs };
}

/** When the next attempt is due, in milliseconds since the epoch, and by which rule. */
interface NextTime {
  readonly atMs: number;
  readonly rule: NextRule;
}

function nextTimeOf(end: SnoozedEnd, attempt: number, story: Story): NextTime;
function nextTimeOf(end: FailedEnd, attempt: number, story: Story): NextTime | undefined;
function nextTimeOf(end: FailedEnd | SnoozedEnd, attempt: number, { start, endedAtMs }: Story): NextTime | undefined {
  const { taskId, backoff } = start;
  const after = (delayMs: number, rule: NextRule) => ({ atMs: endedAtMs + allowedDelayMs(delayMs), rule });
  if (end.kind === "snoozed") {
    return after("untilMs" in end.delay ? end.delay.untilMs - endedAtMs : end.delay.forMs, "snooze");
  }
  if (end.kind === "retry" && end.retryAfterMs !== undefined) return after(end.retryAfterMs, "retry-after");
  return backoff && after(backoffDelayMs(backoff, { id: taskId, n: attempt }), "backoff");
}

function settleUnknownType(
  end: Extract<AttemptEnd, { kind: "unknown-type" }>,
  counted: Counted,
  { story, ...ending }: EndingFields & { readonly story: Story },
): Settlement {
  const error = unknownType(end);
  const unknownTypes = (counted.unknownTypes ?? 0) + 1;
  if (unknownTypes >= MAX_UNKNOWN_TYPES) return dead(error, ending, story);
  return waiting(end, { ...ending, error, unknownTypes });
}

function unknownType({ type }: { readonly type: string }): TaskError {
  return { code: "unknown_type", message: `No revision of the worker that received the task knows ${type}.` };
}

/** The outcome of an attempt whose task waits for the next one. */
export function outcomeOfWaiting(end: WaitingEnd): Outcome {
  switch (end.kind) {
    case "retry":
    case "saturated":
    case "unknown-type":
      return end;
    case "threw":
    case "timed-out":
      return { kind: "failed", error: end.error };
    case "released":
      return { kind: "unavailable", reason: "shutting-down" };
    // Only the next hop's record puts a task off, and this attempt leaves none.
    case "snoozed":
      return CONTENTION;
    default:
      return end satisfies never;
  }
}

/** Whether a task is retried after an end, unless its attempts are used up. */
export function isWaitingEnd(end: AttemptEnd): end is WaitingEnd {
  return end.kind !== "succeeded" && end.kind !== "permanent" && end.kind !== "cancelled";
}
