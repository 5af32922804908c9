import { type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import type { Outcome } from "../outcome.ts";
import type { AttemptNumbers } from "../../../shared/records/transition.ts";
import type { Settlement } from "./settlement.ts";

/** An attempt whose record was taken over while it ran is told to come back soon: the other may have finished by then. */
const SUPERSEDED_RETRY_AFTER_MS = 1_000;

/** What an attempt that claimed its task does about its end, having read the record. */
export type ClaimedSettlement =
  | { readonly kind: "settle"; readonly settlement: Settlement }
  /** Nothing is left to write, or nothing that this attempt may write. */
  | { readonly kind: "answer"; readonly outcome: Outcome };

/** Decides whether a claimed attempt may still settle: only while the record holds its owner and fence and is live. */
export function decideClaimedSettlement(
  record: TaskRecord | null,
  attempt: Pick<AttemptNumbers, "owner" | "fence">,
  settlement: Settlement,
): ClaimedSettlement {
  const isMine = record?.owner === attempt.owner && record.fence === attempt.fence;
  if (isMine && record.state === settlement.state) return { kind: "answer", outcome: settlement.outcome };
  if (record && isTerminal(record.state)) {
    return { kind: "answer", outcome: { kind: "duplicate", state: record.state } };
  }
  if (!isMine) return { kind: "answer", outcome: { kind: "busy", retryAfterMs: SUPERSEDED_RETRY_AFTER_MS } };
  return { kind: "settle", settlement };
}
