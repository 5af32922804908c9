import { type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import { type Claimant, decideClaim } from "./admission.ts";
import { type Concession, decideConcession } from "./concession.ts";
import type { AttemptNumbers } from "../../../shared/records/transition.ts";

/** What a claim that has read the record comes to. */
export type ReadClaim =
  /** The attempt may run: the record holds these numbers. */
  | { readonly kind: "run"; readonly numbers: AttemptNumbers; readonly isWritten: true }
  /** It may run once they are written, in a record that goes on from this one. */
  | {
      readonly kind: "run";
      readonly numbers: AttemptNumbers;
      readonly isWritten: false;
      readonly record: TaskRecord | null;
    }
  | Concession;

/** Decides a claim that a first commit could not settle: its record exists, or that commit's answer was lost. */
export function decideReadClaim(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): ReadClaim {
  const decision = decideClaim(record, claimant, readTimeMs);
  if (decision.kind === "take") {
    const { fence, attempts } = decision;
    const numbers = { owner: claimant.owner, fence, attempts };
    return { kind: "run", numbers, isWritten: false, record: decision.record };
  }
  if (decision.kind !== "own") return decideConcession(decision, claimant);
  const { state, fence, attempts } = decision.record;
  if (isTerminal(state)) return { kind: "answer", outcome: { kind: "duplicate", state } };
  return { kind: "run", numbers: { owner: claimant.owner, fence, attempts }, isWritten: true };
}
