import type { CancelResult } from "../../../services/producer/tasks/cancel/decide-cancel.ts";
import type { Outcome } from "../../../services/worker/outcome.ts";
import type { AttemptLog } from "../../../shared/records/attempt-log.ts";
import type { AttemptNumbers, Transition } from "../../../shared/records/transition.ts";
import type { Fields } from "../../../shared/records/writes.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import type { Idempotency } from "../../../shared/contract/task-type.ts";

/** Everything about one task: what Firestore holds, who runs, what has happened outside, what Cloud Tasks knows. */
export interface World {
  readonly kind: Idempotency;
  /** Firestore's time. */
  readonly nowMs: number;
  /** Grows when the record has expired and its id is used for a task again. */
  readonly life: number;
  readonly enqueuedAtMs: number;
  readonly record: TaskRecord | null;
  /** Stands for the record's update time: it grows with each write. */
  readonly version: number;
  /** Which dead letters exist: the task's own, and that of another payload under its id. */
  readonly letters: Readonly<Record<LetterKind, boolean>>;
  /** Attempts whose handler is running, or whose process is suspended; oldest first. */
  readonly running: readonly Running[];
  /** A commit on its way to Firestore that nobody waits for any more. */
  readonly hung: HungCommit | null;
  /** Owners of the attempts whose effect has happened, in this life. */
  readonly effects: readonly string[];
  /** How many attempts there have been; used to name the next one. */
  readonly owners: number;
  /** Cloud Tasks has tried before, and says so. */
  readonly hasFailed: boolean;
  /** Cloud Tasks has deleted the task, since it was answered 2xx or was told to. */
  readonly isAcknowledged: boolean;
}

export type LetterKind = "own" | "conflict";

export interface Running {
  readonly owner: string;
  readonly life: number;
  readonly enqueuedAtMs: number;
  readonly isFirstDispatch: boolean;
  readonly startedAtMs: number;
  /** What its claim wrote, or what a transaction would write. */
  readonly numbers: AttemptNumbers;
  /** The attempts before it, as its claim or its transaction found them. */
  readonly log: AttemptLog;
  /** What a transaction read, unless that had expired; null for all others. */
  readonly read: TaskRecord | null;
  /** The version that its claim wrote, or that its transaction read. */
  readonly version: number;
  /** When its claim ends; null for an attempt without one. */
  readonly leaseEndMs: number | null;
  /** "idle": a claim that took effect after its delivery was answered. "stuck": answered, but still running. */
  readonly state: "handling" | "idle" | "stuck";
}

/** What one commit does, atomically. */
export interface Commit {
  /** The whole record after it, by Firestore's time of the commit; absent if only a letter is written. */
  readonly record?: (nowMs: number) => TaskRecord;
  readonly transition: Transition;
  /** The fence that its writer holds. */
  readonly fence: number;
  /** When it was sent; it can take effect later. */
  readonly sentMs: number;
  readonly letter?: LetterKind;
  readonly letterFields?: Fields;
  /** A transaction's effect. */
  readonly effect?: { readonly owner: string; readonly life: number; readonly payloadHash: string };
}

export interface HungCommit {
  readonly commit: Commit;
  /** It takes effect only on this version of the record. */
  readonly version: number;
  /** The claim that exists once it lands. */
  readonly idle: Running | null;
}

/**
 * What happened in a step, in order; each with the record at that moment, a start also with the record before its claim.
 */
export type WorldEvent =
  | {
      readonly kind: "began";
      readonly record: TaskRecord | null;
      readonly before: TaskRecord | null;
      readonly isFirstDispatch: boolean;
    }
  | { readonly kind: "cancel-answered"; readonly told: CancelResult; readonly record: TaskRecord | null }
  | {
      readonly kind: "effect";
      readonly life: number;
      readonly payloadHash: string;
      readonly isCommitted: boolean;
      readonly record: TaskRecord | null;
    }
  | {
      readonly kind: "wrote";
      readonly before: TaskRecord | null;
      readonly after: TaskRecord;
      readonly transition: Transition;
      readonly fence: number;
      readonly sentMs: number;
    }
  | { readonly kind: "kept-letter"; readonly letter: LetterKind; readonly fields: Fields; readonly sentMs: number }
  | {
      readonly kind: "answered";
      readonly outcome: Outcome;
      readonly life: number;
      readonly isImpostor: boolean;
      readonly isFirstDispatch: boolean;
      readonly record: TaskRecord | null;
      readonly letters: World["letters"];
    };

/** The payload that was enqueued, and another one under the same id. */
export const PAYLOAD_HASH = "a".repeat(64);
export const IMPOSTOR_HASH = "b".repeat(64);

export const MAX_ATTEMPTS = 2;

/** Where every attempt runs. */
export const INSTANCE = "model/1";

/** A lease's length. */
export const LEASE_MS = 50_000;

const START_MS = Date.UTC(2026, 0, 2);

/** A newly accepted task. */
export function newWorld(kind: Idempotency): World {
  return {
    kind,
    nowMs: START_MS,
    life: 1,
    enqueuedAtMs: START_MS,
    record: null,
    version: 0,
    letters: { own: false, conflict: false },
    running: [],
    hung: null,
    effects: [],
    owners: 0,
    hasFailed: false,
    isAcknowledged: false,
  };
}
