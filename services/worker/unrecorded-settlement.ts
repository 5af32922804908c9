import { type TaskRecord, isTerminal } from "../../shared/records/task-record.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import { type Claimant, decideClaim } from "./claim-decision.ts";
import { type Concession, type Refusal, decideConcession } from "./concession.ts";
import type { Outcome } from "./outcome.ts";
import type { AttemptNumbers } from "./record-writes.ts";
import { type Settlement, decideSettlement, outcomeOfWaiting } from "./settlement.ts";
import { CONTENTION } from "./unrecorded-run.ts";

/** What an attempt that wrote nothing before does about its end, having read the record. */
export type UnrecordedSettlement =
  | { readonly kind: "settle"; readonly numbers: AttemptNumbers; readonly settlement: Settlement }
  | Concession;

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
  { claimant, end }: { claimant: Claimant; end: AttemptEnd },
  readTimeMs: number,
): UnrecordedSettlement {
  if (end.kind === "succeeded" && !record) return { kind: "answer", outcome: { kind: "done", result: end.result } };

  const decision = decideClaim(record, claimant, readTimeMs);
  if (decision.kind === "own") return { kind: "answer", outcome: outcomeOfOwn(decision.record, end) };
  const on = { claimant, end, unknownTypes: record?.unknownTypes ?? 0 };
  if (decision.kind === "take") return settleAs(decision, on);
  if (!standsByItself(decision, end)) return decideConcession(decision, claimant);
  const fence = decision.kind === "too-old" ? decision.nextFence : decision.record.fence + 1;
  return settleAs({ fence, attempts: (decision.record?.attempts ?? 0) + 1 }, on);
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
  { fence, attempts }: Pick<AttemptNumbers, "fence" | "attempts">,
  { claimant, end, unknownTypes }: { claimant: Claimant; end: AttemptEnd; unknownTypes: number },
): UnrecordedSettlement {
  const settlement = decideSettlement(end, { attempts, unknownTypes }, claimant.maxAttempts);
  return { kind: "settle", numbers: { owner: claimant.owner, fence, attempts: settlement.attempts }, settlement };
}

/**
 * What an attempt's own commit, whose answer was lost, has made of the task. It need not be what the attempt ended with
 * since: a transaction's time can run out after its commit took effect.
 */
function outcomeOfOwn({ state, result, lastError }: TaskRecord, end: AttemptEnd): Outcome {
  if (state === "succeeded") return { kind: "done", result };
  if (state === "dead" && lastError) return { kind: "dead", error: lastError };
  if (isTerminal(state)) return { kind: "duplicate", state };
  // A verdict's own commit leaves no live record; if one ever did, the task must not be acknowledged.
  return end.kind === "succeeded" || end.kind === "permanent" ? CONTENTION : outcomeOfWaiting(end);
}
