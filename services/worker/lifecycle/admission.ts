import { type TaskRecord, type TerminalState, isTerminal } from "../../../shared/records/task-record.ts";

/** What an attempt knows of itself when it asks for a task. */
export interface Claimant {
  /** Made once for the attempt, before its record is read: whoever decides again must recognise its own writes. */
  readonly owner: string;
  readonly payloadHash: string;
  /** Attempts that the task type allows. */
  readonly maxAttempts: number;
  /** When the task was accepted, in milliseconds since the epoch. */
  readonly enqueuedAtMs: number;
  /** The task was delivered before, and attempts that were killed would have left no record of it. */
  readonly mayHaveRunUnseen: boolean;
}

/** What a claimant may do with the task, given its record. */
export type ClaimDecision =
  /** The task is free: claim it with these numbers. It goes on from the record, or begins anew where that is null. */
  | { readonly kind: "take"; readonly fence: number; readonly attempts: number; readonly record: TaskRecord | null }
  /** The record already holds this very attempt's claim, or its end. */
  | { readonly kind: "own"; readonly record: TaskRecord }
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | { readonly kind: "duplicate"; readonly state: TerminalState }
  /** The record is of another payload: this one never runs, and is never answered from the record. */
  | { readonly kind: "conflict" }
  /** The last allowed attempt ended without a word: the task becomes a dead letter. */
  | { readonly kind: "exhausted"; readonly record: TaskRecord }
  /** Cloud Tasks is about to delete the task, silently: it becomes a dead letter while it can, in a new record if need be. */
  | { readonly kind: "too-old"; readonly record: TaskRecord | null; readonly nextFence: number };

/**
 * Cloud Tasks deletes a task 31 days after its creation, whatever its state (https://cloud.google.com/tasks/docs/quotas).
 * Half a day before, at a backoff of an hour at most, there are still deliveries to notice it.
 */
const LAST_DELIVERIES_MS = 30.5 * 24 * 60 * 60_000;

/**
 * Decides a claim from the record alone. Times are Firestore's: the lease began at the commit that wrote `claimedAt`,
 * and `readTimeMs` is the time of the read that returned the record, so no instance's clock takes part.
 *
 *     claimedAt                        claimedAt + leaseMs
 *     |------------ busy ------------------|------ free: take with fence + 1 ------
 */
export function decideClaim(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): ClaimDecision {
  if (!record) return takeAsNew(1, claimant, readTimeMs);
  if (record.owner === claimant.owner) return { kind: "own", record };
  const leftMs = leaseLeftMs(record, readTimeMs);
  const nextFence = record.fence + 1;
  // TTL deletion can lag a day: a record past its time counts as gone, but its fence goes on growing. Its time was set
  // by an instance's clock, which may be wrong, so it can't end a lease.
  if (record.expireAt.toMillis() <= readTimeMs && leftMs <= 0) return takeAsNew(nextFence, claimant, readTimeMs);
  if (record.payloadHash !== claimant.payloadHash) return { kind: "conflict" };
  if (isTerminal(record.state)) return { kind: "duplicate", state: record.state };
  if (leftMs > 0) return { kind: "busy", retryAfterMs: leftMs };
  if (record.attempts >= claimant.maxAttempts) return { kind: "exhausted", record };
  if (isOld(claimant, readTimeMs)) return { kind: "too-old", record, nextFence };
  return { kind: "take", fence: nextFence, attempts: record.attempts + 1, record };
}

function takeAsNew(fence: number, claimant: Claimant, readTimeMs: number): ClaimDecision {
  if (mayBeTooOld(claimant, readTimeMs)) return { kind: "too-old", record: null, nextFence: fence };
  return { kind: "take", fence, attempts: 1, record: null };
}

/** Whether a task without a record may have been tried for all its life, each attempt killed without a word. */
export function mayBeTooOld(claimant: Claimant, nowMs: number): boolean {
  return claimant.mayHaveRunUnseen && isOld(claimant, nowMs);
}

function isOld({ enqueuedAtMs }: Claimant, nowMs: number): boolean {
  return nowMs - enqueuedAtMs >= LAST_DELIVERIES_MS;
}

function leaseLeftMs(record: TaskRecord, readTimeMs: number): number {
  if (record.state !== "running" || !record.claimedAt) return 0;
  return record.claimedAt.toMillis() + record.leaseMs - readTimeMs;
}
