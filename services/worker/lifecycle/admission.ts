import { type TaskError, type TaskRecord, isTerminal } from "../../../shared/records/task-record.ts";
import type { AttemptNumbers, NewRecord, Transition } from "../../../shared/records/transition.ts";
import { CONTENTION, type Outcome } from "../outcome.ts";

/** What an attempt knows about itself when it asks for a task. */
export interface Claimant {
  /** Generated once per attempt, before the record is read, so that a repeated decision recognises its own writes. */
  readonly owner: string;
  readonly payloadHash: string;
  /** The number of attempts that the task type allows. */
  readonly maxAttempts: number;
  /** When the task was accepted, in milliseconds since the epoch. */
  readonly enqueuedAtMs: number;
  /** Whether the task was delivered before and its attempts, if they were killed, would have left no record. */
  readonly mayHaveRunUnseen: boolean;
}

/** Whether an attempt may run, given its task's record, and what to write first. */
export type Admission =
  | {
      readonly kind: "run";
      readonly attempt: AttemptNumbers;
      /** The record that the attempt continues from; null if it starts fresh. */
      readonly from: TaskRecord | null;
      /** The claim that gives the task to the attempt; null if it is already written, or isn't needed yet. */
      readonly transition: Transition | null;
    }
  | { readonly kind: "reject"; readonly outcome: Outcome; readonly transition: Transition | null };

/**
 * Cloud Tasks deletes a task 31 days after its creation, whatever its state
 * (https://cloud.google.com/tasks/docs/quotas). Half a day earlier there are still deliveries left to notice it, since
 * the backoff is at most an hour.
 */
const LAST_DELIVERIES_MS = 30.5 * 24 * 60 * 60_000;

const CONFLICT = {
  code: "payload_conflict",
  message: "The task's id was used before with a different payload; this one was not run.",
};

const LOST_ATTEMPTS = {
  code: "attempts_used_up",
  message: "The last allowed attempt ended without reporting a result, perhaps because its process was killed.",
};

const TOO_OLD = {
  code: "too_old",
  message: "The task did not finish within 30 days; Cloud Tasks deletes it after 31.",
};

/** Decides for an attempt that claims its task. If it may run, the claim must be written, unless it already is. */
export function admitClaim(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): Admission {
  const standing = standingOf(record, claimant, readTimeMs);
  if (standing.kind === "own") {
    const { state, fence, attempts } = standing.record;
    if (isTerminal(state)) return reject({ kind: "duplicate", state });
    return {
      kind: "run",
      attempt: { owner: claimant.owner, fence, attempts },
      from: standing.record,
      transition: null,
    };
  }
  if (standing.kind !== "free") return rejectionOf(standing, claimant);
  const { fence, attempts, from } = standing;
  const attempt = { owner: claimant.owner, fence, attempts };
  return { kind: "run", attempt, from, transition: { kind: "claim", attempt, from } };
}

/**
 * Decides for an attempt that writes nothing before it ends. If the record is its own, an earlier commit took effect
 * and only its response was lost.
 */
export function admitUnclaimed(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): Admission {
  const standing = standingOf(record, claimant, readTimeMs);
  if (standing.kind === "own") return reject(outcomeOfEarlierCommit(standing.record));
  if (standing.kind !== "free") return rejectionOf(standing, claimant);
  const { fence, attempts, from } = standing;
  return { kind: "run", attempt: { owner: claimant.owner, fence, attempts }, from, transition: null };
}

/** The state of a task as seen by an attempt that asks for it. */
export type Standing =
  /** Nobody owns it. The attempt continues from the record, or starts fresh if that is null. */
  | { readonly kind: "free"; readonly fence: number; readonly attempts: number; readonly from: TaskRecord | null }
  /** The record already holds this very attempt's claim, or its end. */
  | { readonly kind: "own"; readonly record: TaskRecord }
  | Extract<Outcome, { kind: "busy" | "duplicate" }>
  /** The record belongs to a different payload. This one never runs, and its response never comes from the record. */
  | { readonly kind: "conflict" }
  /** The last allowed attempt ended without reporting anything. */
  | { readonly kind: "exhausted"; readonly record: TaskRecord }
  /** Cloud Tasks is about to delete the task, silently. */
  | { readonly kind: "too-old"; readonly record: TaskRecord | null; readonly nextFence: number };

/**
 * Decides from the record alone. Times are Firestore's: the lease began at the commit that wrote `claimedAt`, and
 * `readTimeMs` is the time of the read that returned the record, so no instance's clock matters.
 *
 *     claimedAt                        claimedAt + leaseMs
 *     |------------ busy ------------------|------ free, with fence + 1 ------
 */
export function standingOf(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): Standing {
  if (!record) return standingOfNew(1, claimant, readTimeMs);
  if (record.owner === claimant.owner) return { kind: "own", record };
  const leftMs = leaseLeftMs(record, readTimeMs);
  const nextFence = record.fence + 1;
  // TTL deletion can lag by a day. An expired record counts as gone, but its fence keeps growing. An instance's clock
  // set the expiry, and may have been wrong, so an expiry can't end a lease.
  if (record.expireAt.toMillis() <= readTimeMs && leftMs <= 0) return standingOfNew(nextFence, claimant, readTimeMs);
  if (record.payloadHash !== claimant.payloadHash) return { kind: "conflict" };
  if (isTerminal(record.state)) return { kind: "duplicate", state: record.state };
  if (leftMs > 0) return { kind: "busy", retryAfterMs: leftMs };
  if (record.attempts >= claimant.maxAttempts) return { kind: "exhausted", record };
  if (isOld(claimant, readTimeMs)) return { kind: "too-old", record, nextFence };
  return { kind: "free", fence: nextFence, attempts: record.attempts + 1, from: record };
}

/**
 * Whether a task without a record may have been tried all its life, with every attempt killed before it could report.
 */
export function mayBeTooOld(claimant: Claimant, nowMs: number): boolean {
  return claimant.mayHaveRunUnseen && isOld(claimant, nowMs);
}

/** The rejection of a delivery that may not run, and what it leaves behind. */
export function rejectionOf(
  standing: Exclude<Standing, { kind: "free" | "own" }>,
  { owner }: Pick<Claimant, "owner">,
): Extract<Admission, { kind: "reject" }> {
  switch (standing.kind) {
    case "busy":
    case "duplicate":
      return reject(standing);
    case "conflict":
      return reject({ kind: "dead", error: CONFLICT }, { kind: "keepConflict", error: CONFLICT });
    case "exhausted":
      return rejectAsDead(LOST_ATTEMPTS, standing.record.attempts, null);
    case "too-old": {
      const { record, nextFence } = standing;
      // Nobody knows how often a task without a record has been tried.
      if (!record) return rejectAsDead(TOO_OLD, 0, { owner, fence: nextFence, from: null });
      return rejectAsDead(TOO_OLD, record.attempts, null);
    }
    default:
      return standing satisfies never;
  }
}

function reject(outcome: Outcome, transition: Transition | null = null): Extract<Admission, { kind: "reject" }> {
  return { kind: "reject", outcome, transition };
}

function rejectAsDead(error: TaskError, attempts: number, as: NewRecord | null) {
  return reject({ kind: "dead", error }, { kind: "deadLetter", attempts, error, as });
}

function outcomeOfEarlierCommit({ state, result }: TaskRecord): Outcome {
  switch (state) {
    case "succeeded":
      return { kind: "done", result };
    case "dead":
    case "cancelled":
      return { kind: "duplicate", state };
    // No callback commits these states. If one ever did, the task must not be acknowledged.
    case "running":
    case "waiting":
      return CONTENTION;
    default:
      return state satisfies never;
  }
}

function standingOfNew(fence: number, claimant: Claimant, readTimeMs: number): Standing {
  if (mayBeTooOld(claimant, readTimeMs)) return { kind: "too-old", record: null, nextFence: fence };
  return { kind: "free", fence, attempts: 1, from: null };
}

function isOld({ enqueuedAtMs }: Claimant, nowMs: number): boolean {
  return nowMs - enqueuedAtMs >= LAST_DELIVERIES_MS;
}

function leaseLeftMs(record: TaskRecord, readTimeMs: number): number {
  if (record.state !== "running" || !record.claimedAt) return 0;
  return record.claimedAt.toMillis() + record.leaseMs - readTimeMs;
}
