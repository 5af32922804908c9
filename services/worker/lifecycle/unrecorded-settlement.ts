import { type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import { type ClaimDecision, type Claimant, decideClaim } from "./admission.ts";
import { type Concession, type Refusal, decideConcession } from "./concession.ts";
import type { Outcome } from "../outcome.ts";
import type { AttemptNumbers } from "../../../shared/records/transition.ts";
import { type Settlement, type WaitingEnd, decideSettlement, outcomeOfWaiting } from "./settlement.ts";
import { CONTENTION } from "./unrecorded-run.ts";

/** What an attempt that wrote nothing before does about its end, having read the record. */
export type UnrecordedSettlement =
  | {
      readonly kind: "settle";
      readonly numbers: AttemptNumbers;
      readonly settlement: Settlement;
      /** What the record goes on from; null where it begins anew. */
      readonly record: TaskRecord | null;
    }
  | Concession;

/** An attempt's end, and whose it is. */
export interface UnrecordedEnd {
  readonly claimant: Claimant;
  readonly end: AttemptEnd;
  /** The fence of a commit that was tried before and whose fate nobody knows; null at the first try. */
  readonly triedFence: number | null;
}

/** A natural task runs before anything is read of its record. */
const CONFLICT_AT_THE_END = {
  code: "payload_conflict",
  message: "The task's id was used before with another payload; this one, which may have run, is not tried again.",
};

/** The outcome of an end that needs no record, so that none is even read; null for all others. */
export function outcomeWithoutRecord(
  end: AttemptEnd,
  { isFirstDispatch }: { isFirstDispatch: boolean },
): Outcome | null {
  if (end.kind === "succeeded" && isFirstDispatch) return { kind: "done", result: end.result };
  if (end.kind === "released") return { kind: "unavailable", reason: "shutting-down" };
  return null;
}

/** Decides how an attempt ends whose task may have no record yet. */
export function decideUnrecordedSettlement(
  record: TaskRecord | null,
  ended: UnrecordedEnd,
  readTimeMs: number,
): UnrecordedSettlement {
  const { claimant, end } = ended;
  if (end.kind === "succeeded" && !record) return { kind: "answer", outcome: { kind: "done", result: end.result } };

  const decision = decideClaim(record, claimant, readTimeMs);
  if (decision.kind === "own") return { kind: "answer", outcome: outcomeOfOwn(decision.record, end) };
  if (decision.kind === "conflict") return { kind: "keep-conflict", error: CONFLICT_AT_THE_END };
  if (decision.kind !== "take" && !standsByItself(decision, end)) return decideConcession(decision, claimant);
  if (isWaitingEnd(end) && mayBeCounted(record, ended)) return { kind: "answer", outcome: outcomeOfWaiting(end) };
  return settleAs(decision, ended);
}

/**
 * Whether this end may stand in the record, though the record is another's by now: two commits in a row leave only the
 * last one's owner. To count an attempt once too often could bury its task early; to leave one out costs one more.
 */
function mayBeCounted(record: TaskRecord | null, { triedFence }: UnrecordedEnd): boolean {
  return triedFence !== null && record !== null && record.fence > triedFence;
}

/**
 * That a task has no attempt left, or no time, keeps an attempt from beginning. One that has ended is recorded by what
 * it came to: a success is not buried, and a letter tells what the attempt died of.
 */
function standsByItself(
  refusal: Refusal,
  end: AttemptEnd,
): refusal is Extract<Refusal, { kind: "exhausted" | "too-old" }> {
  if (refusal.kind === "too-old") return end.kind === "succeeded" || end.kind === "permanent";
  return refusal.kind === "exhausted";
}

function settleAs(
  decision: Extract<ClaimDecision, { kind: "take" | "exhausted" | "too-old" }>,
  { claimant, end }: UnrecordedEnd,
): UnrecordedSettlement {
  const { record } = decision;
  const counted = { attempts: (record?.attempts ?? 0) + 1, unknownTypes: record?.unknownTypes ?? 0 };
  const settlement = decideSettlement(end, counted, claimant.maxAttempts);
  const numbers = { owner: claimant.owner, fence: fenceOf(decision), attempts: settlement.attempts };
  return { kind: "settle", numbers, settlement, record };
}

function fenceOf(decision: Parameters<typeof settleAs>[0]): number {
  if (decision.kind === "take") return decision.fence;
  return decision.kind === "too-old" ? decision.nextFence : decision.record.fence + 1;
}

/**
 * What an attempt's own commit, whose answer was lost, has made of the task. It need not be what the attempt ended with
 * since: what Firestore refuses of a transaction can follow a commit of it that took effect.
 */
function outcomeOfOwn({ state, result, lastError }: TaskRecord, end: AttemptEnd): Outcome {
  if (state === "succeeded") return { kind: "done", result };
  if (state === "dead" && lastError) return { kind: "dead", error: lastError };
  if (isTerminal(state)) return { kind: "duplicate", state };
  // A verdict's own commit leaves no live record; if one ever did, the task must not be acknowledged.
  return isWaitingEnd(end) ? outcomeOfWaiting(end) : CONTENTION;
}

function isWaitingEnd(end: AttemptEnd): end is WaitingEnd {
  return end.kind !== "succeeded" && end.kind !== "permanent";
}
