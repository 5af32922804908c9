import { type TaskError, type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import {
  type AttemptNumbers,
  type NewRecord,
  type Transition,
  stateAfter,
} from "../../../shared/records/transition.ts";
import { CONTENTION, type Outcome } from "../outcome.ts";
import type { HandlerResult } from "../runner/handler.ts";
import { type Claimant, type Standing, rejectionOf, standingOf } from "./admission.ts";

/** How an attempt ended, whatever the reason. */
export type AttemptEnd =
  | HandlerResult
  | { readonly kind: "threw"; readonly error: TaskError }
  | { readonly kind: "timed-out"; readonly error: TaskError }
  /** This revision has no handler for the type; a newer one may have one. */
  | { readonly kind: "unknown-type"; readonly type: string }
  /** Stopped by a shutdown before it ended: it doesn't count. */
  | { readonly kind: "released" };

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
}

/** An attempt's end, and the attempt that it belongs to. */
export interface UnclaimedEnd {
  readonly claimant: Claimant;
  readonly end: AttemptEnd;
  /** The fence of an earlier commit that may or may not have taken effect; null on the first try. */
  readonly triedFence: number | null;
}

/**
 * Deployments overlap. If none of the revisions that get a task know its type, it is tried this often before it becomes
 * a dead letter. Nothing ran, so these deliveries use up none of the task's attempts.
 */
const MOST_UNKNOWN_TYPES = 10;

/** If another attempt took over the record meanwhile, ask for a retry soon: that attempt may have finished by then. */
const SUPERSEDED_RETRY_AFTER_MS = 1_000;

/** A natural task runs before its record is read. */
const CONFLICT_AT_THE_END = {
  code: "payload_conflict",
  message: "The task's id was used before with a different payload; this one, which may have run, is not retried.",
};

/** An end after which the task is retried. */
type WaitingEnd = Exclude<AttemptEnd, { kind: "succeeded" | "permanent" }>;

/**
 * Decides how to record an attempt's end.
 *
 * @param as set to write a whole record; default: the record is already the attempt's own.
 */
export function settlementOf(
  end: AttemptEnd,
  counted: Counted,
  { maxAttempts, as = null }: { readonly maxAttempts: number; readonly as?: NewRecord | null },
): Settlement {
  const { attempts } = counted;
  switch (end.kind) {
    case "succeeded": {
      const { result } = end;
      return { transition: { kind: "complete", attempts, result, as }, outcome: { kind: "done", result } };
    }
    case "permanent":
      return dead(end.error, attempts, as);
    case "retry":
    case "threw":
    case "timed-out":
      return attempts >= maxAttempts ? dead(end.error, attempts, as) : waiting(end, { attempts, error: end.error, as });
    case "unknown-type":
      return settleUnknownType(end, counted, as);
    case "saturated":
      return waiting(end, { attempts: attempts - 1, error: end.error, as });
    case "released":
      return waiting(end, { attempts: attempts - 1, error: null, as });
    default:
      return end satisfies never;
  }
}

/** Decides whether a claimed attempt may still settle: only while the record is live and holds its owner and fence. */
export function settleClaimed(
  record: TaskRecord | null,
  attempt: Pick<AttemptNumbers, "owner" | "fence">,
  settlement: Settlement,
): Settlement {
  const isMine = record?.owner === attempt.owner && record.fence === attempt.fence;
  const isWritten = isMine && settlement.transition !== null && record.state === stateAfter(settlement.transition);
  if (isWritten) return { transition: null, outcome: settlement.outcome };
  if (record && isTerminal(record.state)) return nothing({ kind: "duplicate", state: record.state });
  if (!isMine) return nothing({ kind: "busy", retryAfterMs: SUPERSEDED_RETRY_AFTER_MS });
  return settlement;
}

/** The outcome of an end that needs no record, not even a read; null for all others. */
export function outcomeWithoutRecord(
  end: AttemptEnd,
  { isFirstDispatch }: { readonly isFirstDispatch: boolean },
): Outcome | null {
  if (end.kind === "succeeded" && isFirstDispatch) return { kind: "done", result: end.result };
  if (end.kind === "released") return { kind: "unavailable", reason: "shutting-down" };
  return null;
}

/** Decides how to end an attempt whose task may not have a record yet. */
export function settleUnclaimed(record: TaskRecord | null, ended: UnclaimedEnd, readTimeMs: number): Settlement {
  const { claimant, end } = ended;
  if (end.kind === "succeeded" && !record) return nothing({ kind: "done", result: end.result });

  const standing = standingOf(record, claimant, readTimeMs);
  if (standing.kind === "own") return nothing(outcomeOfOwn(standing.record, end));
  if (standing.kind === "conflict") return keepConflict();
  if (standing.kind !== "free" && !standsByItself(standing, end)) {
    const { transition, outcome } = rejectionOf(standing, claimant);
    return { transition, outcome };
  }
  if (isWaitingEnd(end) && mayBeCounted(record, ended)) return nothing(outcomeOfWaiting(end));
  return settleAs(standing, ended);
}

/** How to record a success in the commit of its effects; null for an end whose effects must not be committed. */
export function settleInTransaction(
  end: AttemptEnd,
  { attempt, from }: { readonly attempt: AttemptNumbers; readonly from: TaskRecord | null },
  { maxAttempts }: Pick<Claimant, "maxAttempts">,
): Settlement | null {
  const { owner, fence } = attempt;
  return end.kind === "succeeded" ? settlementOf(end, attempt, { maxAttempts, as: { owner, fence, from } }) : null;
}

function nothing(outcome: Outcome): Settlement {
  return { transition: null, outcome };
}

function dead(error: TaskError, attempts: number, as: NewRecord | null): Settlement {
  return { transition: { kind: "deadLetter", attempts, error, as }, outcome: { kind: "dead", error } };
}

function keepConflict(): Settlement {
  const error = CONFLICT_AT_THE_END;
  return { transition: { kind: "keepConflict", error }, outcome: { kind: "dead", error } };
}

function waiting(end: WaitingEnd, retry: Omit<Extract<Transition, { kind: "retry" }>, "kind">): Settlement {
  return { transition: { kind: "retry", ...retry }, outcome: outcomeOfWaiting(end) };
}

function settleUnknownType(
  end: Extract<AttemptEnd, { kind: "unknown-type" }>,
  counted: Counted,
  as: NewRecord | null,
): Settlement {
  const error = {
    code: "unknown_type",
    message: `No revision of the worker that received the task knows ${end.type}.`,
  };
  const attempts = counted.attempts - 1;
  const unknownTypes = (counted.unknownTypes ?? 0) + 1;
  if (unknownTypes >= MOST_UNKNOWN_TYPES) return dead(error, attempts, as);
  return waiting(end, { attempts, error, unknownTypes, as });
}

/** The outcome of an attempt whose task waits for the next one. */
function outcomeOfWaiting(end: WaitingEnd): Outcome {
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
    default:
      return end satisfies never;
  }
}

/**
 * Whether this end may already be counted, although the record belongs to another attempt by now: after two commits in
 * a row, only the last one's owner remains. Counting an attempt twice could dead-letter its task early; leaving one out
 * only costs one more attempt.
 */
function mayBeCounted(record: TaskRecord | null, { triedFence }: UnclaimedEnd): boolean {
  return triedFence !== null && record !== null && record.fence > triedFence;
}

/**
 * Whether an attempt's end is recorded although the task has no attempts, or no time, left. That only keeps attempts
 * from beginning. One that has ended is recorded as what it is: a success isn't dead-lettered, and a dead letter has
 * the error that the attempt died of.
 */
function standsByItself(
  standing: Exclude<Standing, { kind: "free" | "own" | "conflict" }>,
  end: AttemptEnd,
): standing is Extract<Standing, { kind: "exhausted" | "too-old" }> {
  if (standing.kind === "too-old") return end.kind === "succeeded" || end.kind === "permanent";
  return standing.kind === "exhausted";
}

function settleAs(
  standing: Extract<Standing, { kind: "free" | "exhausted" | "too-old" }>,
  { claimant, end }: UnclaimedEnd,
): Settlement {
  const from = standing.kind === "free" ? standing.from : standing.record;
  const counted = { attempts: (from?.attempts ?? 0) + 1, unknownTypes: from?.unknownTypes ?? 0 };
  const as = { owner: claimant.owner, fence: fenceOf(standing), from };
  return { ...settlementOf(end, counted, { maxAttempts: claimant.maxAttempts, as }), recordedAs: as };
}

function fenceOf(standing: Parameters<typeof settleAs>[0]): number {
  if (standing.kind === "free") return standing.fence;
  return standing.kind === "too-old" ? standing.nextFence : standing.record.fence + 1;
}

/**
 * The outcome of an attempt's own commit whose response was lost. It may differ from the attempt's end: Firestore can
 * refuse a transaction after a commit of it took effect.
 */
function outcomeOfOwn({ state, result, lastError }: TaskRecord, end: AttemptEnd): Outcome {
  if (state === "succeeded") return { kind: "done", result };
  if (state === "dead" && lastError) return { kind: "dead", error: lastError };
  if (isTerminal(state)) return { kind: "duplicate", state };
  // The commit of a final end leaves no live record. If one ever did, the task must not be acknowledged.
  return isWaitingEnd(end) ? outcomeOfWaiting(end) : CONTENTION;
}

function isWaitingEnd(end: AttemptEnd): end is WaitingEnd {
  return end.kind !== "succeeded" && end.kind !== "permanent";
}
