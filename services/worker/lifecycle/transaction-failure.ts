import { type AttemptEnd, threw } from "./attempt-end.ts";
import type { Outcome } from "../outcome.ts";
import { CONTENTION } from "./unrecorded-run.ts";

/** What a transaction that failed says of its task. */
export type TransactionFailure =
  | { readonly kind: "decided"; readonly outcome: Outcome }
  /** Firestore refuses what the handler asks for, and would again: the attempt has failed. */
  | { readonly kind: "ended"; readonly end: AttemptEnd }
  /** Nothing: Firestore can't be reached, or the worker may not. */
  | { readonly kind: "unavailable" };

/** gRPC's ABORTED: another transaction held what this one needed. */
const ABORTED = 10;

/**
 * The statuses of gRPC (https://grpc.io/docs/guides/status-codes/) that don't depend on what was asked for: CANCELLED,
 * UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS and
 * UNAUTHENTICATED. The others do, as NOT_FOUND for an update of a document that is not there.
 */
const UNAVAILABLE: ReadonlySet<number> = new Set([1, 2, 4, 7, 8, 12, 13, 14, 15, 16]);

/**
 * Decides what the client's last error means, once it has tried again as often as it does. Even one that refuses the
 * commit can follow a commit that took effect: whoever settles the attempt reads its record first.
 */
export function decideTransactionFailure(error: Error & { readonly code: number }): TransactionFailure {
  if (error.code === ABORTED) return { kind: "decided", outcome: CONTENTION };
  return UNAVAILABLE.has(error.code) ? { kind: "unavailable" } : { kind: "ended", end: threw(error) };
}
