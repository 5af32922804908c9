import { carriedFrom, withoutNext } from "../../../shared/records/attempt-log.ts";
import { type TaskRecord, snoozesInARow, isTerminal } from "../../../shared/records/task-record.ts";
import { type AttemptNumbers, stateAfter } from "../../../shared/records/transition.ts";
import { CANCELLED, CONTENTION, type Outcome } from "../outcome.ts";
import { type Admission, type Claimant, type Standing, hasGoneOn, rejectionOf, standingOf } from "./admission.ts";
import {
  type AttemptEnd,
  type Settlement,
  type Story,
  isWaitingEnd,
  outcomeOfWaiting,
  settlementOf,
} from "./settlement.ts";

/** An attempt's end, and the attempt that it belongs to. */
export interface UnclaimedEnd extends Pick<Story, "endedAtMs"> {
  readonly claimant: Claimant;
  readonly end: AttemptEnd;
  /** The fence of an earlier commit that may or may not have taken effect; null on the first try. */
  readonly triedFence: number | null;
}

/** A natural task runs before its record is read. */
const CONFLICT_AT_THE_END = {
  code: "payload_conflict",
  message: "The task's id was used before with a different payload; this one, which may have run, is not retried.",
};

/** If another attempt took over the record meanwhile, ask for a retry soon: that attempt may have finished by then. */
const SUPERSEDED_RETRY_AFTER_MS = 1_000;

/**
 * Decides whether a claimed attempt may still settle: only while the record is live and holds its owner and fence. If a
 * cancel was requested meanwhile, every end but success is a cancel.
 */
export function settleClaimed(
  record: TaskRecord | null,
  attempt: Pick<Claimant, "owner" | "hop"> & Pick<AttemptNumbers, "fence">,
  settlement: Settlement,
): Settlement {
  const isMine = record?.owner === attempt.owner && record.fence === attempt.fence;
  const isWritten = isMine && settlement.transition !== null && record.state === stateAfter(settlement.transition);
  if (isWritten) return nothing(settlement.outcome);
  if (record && isTerminal(record.state)) return nothing({ kind: "duplicate", state: record.state });
  if (!isMine && record && hasGoneOn(record, attempt)) return nothing({ kind: "duplicate", state: record.state });
  if (!isMine) return nothing({ kind: "busy", retryAfterMs: SUPERSEDED_RETRY_AFTER_MS });
  return record?.cancelRequestedAt ? unlessSucceeded(settlement) : settlement;
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
  if (standing.kind === "own") return nothing(outcomeOfOwn(standing.record, claimant, end));
  if (standing.kind === "conflict") return keepConflict();
  if (standing.kind !== "free" && !standsByItself(standing, ended)) {
    const { transition, outcome } = rejectionOf(standing, claimant, readTimeMs);
    return { transition, outcome };
  }
  if (isWaitingEnd(end) && mayBeCounted(record, ended)) return nothing(outcomeOfWaiting(end));
  return settleAs(standing, ended);
}

/** How to record a success in the commit of its effects; null for an end whose effects must not be committed. */
export function settleInTransaction(
  end: AttemptEnd,
  { attempt, from, log }: Pick<Extract<Admission, { kind: "run" }>, "attempt" | "from" | "log">,
  { claimant, endedAtMs }: Pick<UnclaimedEnd, "claimant" | "endedAtMs">,
): Settlement | null {
  if (end.kind !== "succeeded") return null;
  const { owner, fence } = attempt;
  const story = { log, start: claimant, endedAtMs };
  return settlementOf(end, attempt, { maxAttempts: claimant.maxAttempts, story, as: { owner, fence, from } });
}

function unlessSucceeded(settlement: Settlement): Settlement {
  const { transition } = settlement;
  switch (transition?.kind) {
    case "retry":
    case "deadLetter":
    case "snooze": {
      const { attempts, log } = transition;
      const error = transition.kind === "snooze" ? null : transition.error;
      return { transition: { kind: "cancel", attempts, error, log: withoutNext(log), as: null }, outcome: CANCELLED };
    }
    default:
      return settlement;
  }
}

function nothing(outcome: Outcome): Settlement {
  return { transition: null, outcome };
}

function keepConflict(): Settlement {
  const error = CONFLICT_AT_THE_END;
  return { transition: { kind: "keepConflict", error }, outcome: { kind: "dead", error } };
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
 * the error that the attempt died of. A success counts although a cancel was requested, too.
 */
function standsByItself(
  standing: Exclude<Standing, { kind: "free" | "own" | "conflict" }>,
  ended: UnclaimedEnd,
): standing is Extract<Standing, { kind: "exhausted" | "too-old" | "cancel-requested" }> {
  const { end } = ended;
  if (standing.kind === "too-old") {
    // In its next hop, the task isn't old any more.
    const isSaved = settleAs(standing, ended).outcome.kind === "rescheduled";
    return isSaved || end.kind === "succeeded" || end.kind === "permanent";
  }
  if (standing.kind === "cancel-requested") return end.kind === "succeeded";
  return standing.kind === "exhausted";
}

function settleAs(
  standing: Extract<Standing, { kind: "free" | "exhausted" | "too-old" | "cancel-requested" }>,
  { claimant, end, endedAtMs }: UnclaimedEnd,
): Settlement {
  const from = standing.kind === "free" ? standing.from : standing.record;
  const story = { log: carriedFrom(from), start: claimant, endedAtMs };
  const { attempts = 0, unknownTypes = 0 } = from ?? {};
  const counted = { attempts: attempts + 1, unknownTypes, snoozes: from ? snoozesInARow(from) : 0 };
  const as = { owner: claimant.owner, fence: fenceOf(standing), from };
  const settlement = settlementOf(end, counted, { maxAttempts: claimant.maxAttempts, story, as });
  // Whether a hop was recorded always shows later, in the record's own.
  return settlement.outcome.kind === "rescheduled" ? settlement : { ...settlement, recordedAs: as };
}

function fenceOf(standing: Parameters<typeof settleAs>[0]): number {
  if (standing.kind === "free") return standing.fence;
  return standing.kind === "too-old" ? standing.nextFence : standing.record.fence + 1;
}

/**
 * The outcome of an attempt's own commit whose response was lost. It may differ from the attempt's end: Firestore can
 * refuse a transaction after a commit of it took effect.
 */
function outcomeOfOwn(record: TaskRecord, claimant: Claimant, end: AttemptEnd): Outcome {
  const { state, result, lastError, notBefore } = record;
  if (state === "succeeded") return { kind: "done", result };
  if (state === "dead" && lastError) return { kind: "dead", error: lastError };
  if (isTerminal(state)) return { kind: "duplicate", state };
  if (hasGoneOn(record, claimant)) {
    const dueAtMs = notBefore === undefined ? claimant.hopAtMs : Date.parse(notBefore);
    return { kind: "rescheduled", dueAtMs, ...("error" in end ? { error: end.error } : {}) };
  }
  // The commit of a final end leaves no live record. If one ever did, the task must not be acknowledged.
  return isWaitingEnd(end) ? outcomeOfWaiting(end) : CONTENTION;
}
