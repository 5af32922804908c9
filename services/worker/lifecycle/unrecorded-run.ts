import type { TaskRecord } from "../../../shared/records/task-record.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import { type Claimant, decideClaim } from "./admission.ts";
import { type Concession, decideConcession } from "./concession.ts";
import type { Outcome } from "../outcome.ts";
import type { AttemptNumbers } from "../../../shared/records/transition.ts";
import { type Settlement, decideSettlement } from "./settlement.ts";

/** Another transaction holds what this one needs: it is over in moments. */
const CONTENTION_RETRY_AFTER_MS = 1_000;

/** Another attempt holds what this one needs, of the handler's documents or of its own record. */
export const CONTENTION: Outcome = { kind: "busy", retryAfterMs: CONTENTION_RETRY_AFTER_MS };

/** What an attempt that writes nothing before it ends does once it has read the record. */
export type UnrecordedRun =
  /** Its record will have these numbers, and go on from this one. */
  { readonly kind: "run"; readonly numbers: AttemptNumbers; readonly record: TaskRecord | null } | Concession;

/** Decides whether the handler may run. A record of the attempt's own is of a commit whose answer was lost. */
export function decideUnrecordedRun(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): UnrecordedRun {
  const decision = decideClaim(record, claimant, readTimeMs);
  if (decision.kind === "take") {
    const { fence, attempts } = decision;
    return { kind: "run", numbers: { owner: claimant.owner, fence, attempts }, record: decision.record };
  }
  if (decision.kind !== "own") return decideConcession(decision, claimant);
  return { kind: "answer", outcome: outcomeOfOwn(decision.record) };
}

/** How a successful end is recorded in the commit of its effects; null for an end whose effects must not be committed. */
export function settlementInTransaction(
  end: AttemptEnd,
  numbers: AttemptNumbers,
  { maxAttempts }: Claimant,
): Settlement | null {
  return end.kind === "succeeded" ? decideSettlement(end, numbers, maxAttempts) : null;
}

function outcomeOfOwn({ state, result }: TaskRecord): Outcome {
  switch (state) {
    case "succeeded":
      return { kind: "done", result };
    case "dead":
    case "cancelled":
      return { kind: "duplicate", state };
    // No commit of a callback leaves these; if one ever did, the task must not be acknowledged.
    case "running":
    case "waiting":
      return CONTENTION;
    default:
      return state satisfies never;
  }
}
