import { type TaskRecord, isTerminal } from "../../shared/records/task-record.ts";
import { type Claimant, decideClaim } from "./claim-decision.ts";
import { type Concession, decideConcession } from "./concession.ts";
import type { AttemptNumbers } from "./record-writes.ts";

/** What a claim that has read the record comes to. */
export type ReadClaim =
  /** The attempt may run, once these numbers stand in the record. */
  { readonly kind: "run"; readonly numbers: AttemptNumbers; readonly isWritten: boolean } | Concession;

/** Decides a claim that a first commit could not settle: its record exists, or that commit's answer was lost. */
export function decideReadClaim(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): ReadClaim {
  const decision = decideClaim(record, claimant, readTimeMs);
  if (decision.kind === "take") {
    const { fence, attempts } = decision;
    return { kind: "run", numbers: { owner: claimant.owner, fence, attempts }, isWritten: false };
  }
  if (decision.kind !== "own") return decideConcession(decision, claimant);
  const { state, fence, attempts } = decision.record;
  if (isTerminal(state)) return { kind: "answer", outcome: { kind: "duplicate", state } };
  return { kind: "run", numbers: { owner: claimant.owner, fence, attempts }, isWritten: true };
}
