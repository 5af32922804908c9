import type { Idempotency } from "../../../shared/contract/task-type.ts";
import type { AbortCause } from "./attempt-abort.ts";
import type { AttemptEnd, RunEnd } from "../lifecycle/attempt-end.ts";
import type { Outcome } from "../outcome.ts";

const TIMED_OUT = { code: "timeout", message: "The handler's time was used up." };

/** Success and a verdict stand, however late; any other end of an aborted attempt is the abort's doing. */
export function endUnderAbort(end: AttemptEnd, cause: AbortCause | null): AttemptEnd {
  if (cause === null || end.kind === "succeeded" || end.kind === "permanent") return end;
  if (cause === "shutdown") return { kind: "released" };
  return { kind: "timed-out", error: TIMED_OUT };
}

/**
 * A handler that doesn't stop has failed; a transaction that doesn't, outside of its handler, waits for Firestore. Only of
 * a natural task is that recorded now, and so counted: a claim has been counted, and must last until its lease ends; a
 * transaction keeps its record locked.
 */
export function runaway(
  cause: AbortCause,
  { handling, idempotency }: { readonly handling: boolean; readonly idempotency: Idempotency },
): RunEnd {
  if (cause === "shutdown") return { kind: "runaway", outcome: { kind: "unavailable", reason: "shutting-down" } };
  if (idempotency === "natural") return { kind: "ended", end: { kind: "timed-out", error: TIMED_OUT } };
  const outcome: Outcome = handling
    ? { kind: "failed", error: TIMED_OUT }
    : { kind: "unavailable", reason: "record-store" };
  return { kind: "runaway", outcome };
}
