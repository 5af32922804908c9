import { type AttemptLog, type AttemptStart, carriedFrom } from "../../../shared/records/attempt-log.ts";
import type { Backoff } from "../../../shared/contract/backoff.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import {
  type TaskError,
  type TaskRecord,
  isExpired,
  isTerminal,
  leaseLeftMs,
} from "../../../shared/records/task-record.ts";
import type { AttemptNumbers, NewRecord, Transition } from "../../../shared/records/transition.ts";
import { type OnDead, onDeadTaskOf } from "../../../shared/outbox/follow-up.ts";
import { CANCELLED, CONTENTION, type Outcome } from "../outcome.ts";

/** What sets the time of a task's next attempt, unless that is up to its queue. */
export interface Pace {
  readonly taskId: TaskId;
  /** The type's own. */
  readonly backoff?: Backoff | undefined;
}

/** What an attempt knows about itself when it asks for a task. */
export interface Claimant extends AttemptStart, Pace {
  /** Generated once per attempt, before the record is read, so that a repeated decision recognises its own writes. */
  readonly owner: string;
  readonly payloadHash: string;
  /** The number of attempts that the task type allows. */
  readonly maxAttempts: number;
  /** When this hop was put into its queue, in milliseconds since the epoch. */
  readonly hopAtMs: number;
  /** Whether this hop was delivered before. Its first delivery is never too late. */
  readonly isRepeated: boolean;
  /** Whether the task was delivered before and its attempts, if they were killed, would have left no record. */
  readonly mayHaveRunUnseen: boolean;
  /** What the task's type wants done if it dies. */
  readonly onDead?: OnDead | undefined;
}

/** Whether an attempt may run, given its task's record, and what to write first. */
export type Admission =
  | {
      readonly kind: "run";
      readonly attempt: AttemptNumbers;
      /** The record that the attempt continues from; null if it starts fresh. */
      readonly from: TaskRecord | null;
      /** The attempts before this one. */
      readonly log: AttemptLog;
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
    const { state, fence, attempts, cancelRequestedAt, attemptLog = [] } = standing.record;
    if (isTerminal(state)) return reject({ kind: "duplicate", state });
    // The claim's response was lost, and a cancel was requested since. The handler hasn't begun, so nothing is counted.
    if (cancelRequestedAt) return rejectAsCancelled(attempts - 1, attemptLog);
    return {
      kind: "run",
      attempt: { owner: claimant.owner, fence, attempts },
      from: standing.record,
      log: standing.record.attemptLog ?? [],
      transition: null,
    };
  }
  if (standing.kind !== "free") return rejectionOf(standing, claimant, readTimeMs);
  const { fence, attempts, from } = standing;
  const { owner, instance } = claimant;
  const attempt = { owner, fence, attempts };
  const log = carriedFrom(from);
  return { kind: "run", attempt, from, log, transition: { kind: "claim", attempt, instance, from, log } };
}

/**
 * Decides for an attempt that writes nothing before it ends. If the record is its own, an earlier commit took effect
 * and only its response was lost.
 */
export function admitUnclaimed(record: TaskRecord | null, claimant: Claimant, readTimeMs: number): Admission {
  const standing = standingOf(record, claimant, readTimeMs);
  if (standing.kind === "own") return reject(outcomeOfEarlierCommit(standing.record));
  if (standing.kind !== "free") return rejectionOf(standing, claimant, readTimeMs);
  const { fence, attempts, from } = standing;
  const attempt = { owner: claimant.owner, fence, attempts };
  return { kind: "run", attempt, from, log: carriedFrom(from), transition: null };
}

/**
 * Decides for a delivery that is early, at `dueAtMs` by the instance's clock. If Firestore's clock agrees, the
 * task goes on to its next hop, and nothing runs: not even its age matters, since that begins anew.
 */
export function admitEarly(
  record: TaskRecord | null,
  claimant: Claimant,
  { dueAtMs, readTimeMs, isDue }: { readonly dueAtMs: number; readonly readTimeMs: number; readonly isDue: boolean },
): Admission {
  const standing = standingOf(record, { ...claimant, isRepeated: false }, readTimeMs);
  const outcome: Outcome = { kind: "rescheduled", dueAtMs };
  if (standing.kind === "own") return reject(hasGoneOn(standing.record, claimant) ? outcome : CONTENTION);
  if (standing.kind !== "free") return rejectionOf(standing, claimant, readTimeMs);
  const { owner } = claimant;
  const { fence, from } = standing;
  const attempts = standing.attempts - 1;
  const log = carriedFrom(from);
  if (isDue)
    return { kind: "run", attempt: { owner, fence, attempts: standing.attempts }, from, log, transition: null };
  const next = { hop: claimant.hop + 1, notBeforeMs: dueAtMs };
  return reject(outcome, { kind: "hop", attempts, log, next, as: { owner, fence, from } });
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
  /** Somebody asked for a cancel while an attempt ran, and that attempt is over without success. */
  | { readonly kind: "cancel-requested"; readonly record: TaskRecord }
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
  // A record that counts as gone leaves its fence, which keeps growing.
  if (isExpired(record, readTimeMs)) return standingOfNew(nextFence, claimant, readTimeMs);
  if (record.payloadHash !== claimant.payloadHash) return { kind: "conflict" };
  if (isTerminal(record.state) || hasGoneOn(record, claimant)) return { kind: "duplicate", state: record.state };
  if (leftMs > 0) return { kind: "busy", retryAfterMs: leftMs };
  if (record.cancelRequestedAt) return { kind: "cancel-requested", record };
  if (record.attempts >= claimant.maxAttempts) return { kind: "exhausted", record };
  if (isOld(claimant, readTimeMs)) return { kind: "too-old", record, nextFence };
  return { kind: "free", fence: nextFence, attempts: record.attempts + 1, from: record };
}

/** Whether a task has moved to a later hop than an attempt's. */
export function hasGoneOn({ hop = 0 }: Pick<TaskRecord, "hop">, attempt: Pick<Claimant, "hop">): boolean {
  return hop > attempt.hop;
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
  { owner, onDead }: Pick<Claimant, "owner" | "onDead">,
  readTimeMs: number,
): Extract<Admission, { kind: "reject" }> {
  switch (standing.kind) {
    case "busy":
    case "duplicate":
      return reject(standing);
    case "conflict":
      return reject({ kind: "dead", error: CONFLICT }, { kind: "keepConflict", error: CONFLICT });
    case "cancel-requested":
      return rejectAsCancelled(standing.record.attempts, carriedFrom(standing.record));
    case "exhausted":
      return rejectAsDead(LOST_ATTEMPTS, { record: standing.record, as: null, onDead, readTimeMs });
    case "too-old": {
      const { record, nextFence } = standing;
      // Nobody knows how often a task without a record has been tried.
      const as = record ? null : { owner, fence: nextFence, from: null };
      return rejectAsDead(TOO_OLD, { record, as, onDead, readTimeMs });
    }
    default:
      return standing satisfies never;
  }
}

function reject(outcome: Outcome, transition: Transition | null = null): Extract<Admission, { kind: "reject" }> {
  return { kind: "reject", outcome, transition };
}

function rejectAsDead(
  error: TaskError,
  on: {
    readonly record: TaskRecord | null;
    readonly as: NewRecord | null;
    readonly onDead: OnDead | undefined;
    readonly readTimeMs: number;
  },
) {
  const { record, as, onDead, readTimeMs } = on;
  const attempts = record?.attempts ?? 0;
  const following = onDeadTaskOf(onDead, { code: error.code, attempts, diedAtMs: readTimeMs });
  const log = carriedFrom(record);
  return reject({ kind: "dead", error }, { kind: "deadLetter", attempts, error, log, as, ...following });
}

function rejectAsCancelled(attempts: number, log: AttemptLog) {
  return reject(CANCELLED, { kind: "cancel", attempts, error: null, log, as: null });
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

function isOld({ hopAtMs, isRepeated }: Claimant, nowMs: number): boolean {
  return isRepeated && nowMs - hopAtMs >= LAST_DELIVERIES_MS;
}
