import { Timestamp } from "@google-cloud/firestore";
import * as z from "zod";
import { cut, cutToBytes } from "../process/cut.ts";

/** How many attempts a record keeps: the last ones. */
const MAX_LOGGED_ATTEMPTS = 10;

/** The limits on an entry: characters of text, and bytes of a stack. Within them, any log fits beside any payload. */
const MAX_CODE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 500;
const MAX_STACK_BYTES = 1_024;
const MAX_INSTANCE_LENGTH = 100;

/**
 * How an attempt ended: as its handler returned, or how it was stopped. A `lost` attempt reported no end before its
 * lease expired: its process was killed or cut off, or its handler ignored the signal to stop.
 */
export type AttemptOutcome =
  | "succeeded"
  | "retry"
  | "permanent"
  | "saturated"
  | "threw"
  | "timed-out"
  | "unknown-type"
  | "released"
  | "snoozed"
  | "cancelled"
  | "lost";

/** One attempt, as its record shows it. */
export interface LoggedAttempt {
  /** Its number. If an attempt isn't counted, the next one has the same number. */
  readonly attempt: number;
  readonly hop: number;
  /** By its instance's clock; for a lost attempt, by Firestore's clock. */
  readonly startedAt: Timestamp | null;
  /** By its instance's clock; null if unknown. */
  readonly endedAt: Timestamp | null;
  readonly outcome: AttemptOutcome;
  readonly code: string | null;
  readonly message: string | null;
  /** The first frames of the thrown error's stack. */
  readonly stack: string | null;
  /** The instance that ran it, named as in the first line of that instance's log; null if unknown. */
  readonly instance: string | null;
  /** When the next attempt is due, if the worker set that time, and the rule that set it. */
  readonly nextAt?: Timestamp;
  readonly nextRule?: NextRule;
}

/** The rule that set the time of the next attempt: the type's backoff, the handler's `retryAfterMs`, or its snooze. */
export type NextRule = "backoff" | "retry-after" | "snooze";

/**
 * A task's last attempts, oldest first. Entries are kept as they were read, with fields and outcomes of other
 * revisions.
 */
export type AttemptLog = readonly Readonly<Record<string, unknown>>[];

export const attemptLogSchema = z.array(z.record(z.string(), z.unknown()));

/** Where and when an attempt began. */
export interface AttemptStart {
  readonly hop: number;
  readonly instance: string;
  /** By the instance's clock, in milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** How an attempt ended, and its error. */
export interface AttemptReport {
  readonly attempt: number;
  readonly outcome: AttemptOutcome;
  /** By the instance's clock, in milliseconds since the epoch. */
  readonly endedAtMs: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly stack?: string | undefined;
  readonly next?: { readonly atMs: number; readonly rule: NextRule } | undefined;
}

/** Adds a finished attempt to the log. */
export function withAttempt(log: AttemptLog, { hop, instance, startedAtMs }: AttemptStart, report: AttemptReport) {
  const { attempt, outcome, endedAtMs, error, stack, next } = report;
  return append(log, {
    attempt,
    hop,
    startedAt: Timestamp.fromMillis(startedAtMs),
    endedAt: Timestamp.fromMillis(endedAtMs),
    outcome,
    code: error && cut(error.code, MAX_CODE_LENGTH),
    message: error && cut(error.message, MAX_MESSAGE_LENGTH),
    stack: stack === undefined ? null : cutToBytes(stack, MAX_STACK_BYTES),
    instance: cut(instance, MAX_INSTANCE_LENGTH),
    ...(next ? { nextAt: Timestamp.fromMillis(next.atMs), nextRule: next.rule } : {}),
  });
}

/** The log of a task that gets no further attempt, even if one was planned. */
export function withoutNext(log: AttemptLog): AttemptLog {
  return log.map((entry, index) => {
    if (index < log.length - 1) return entry;
    const { nextAt: _at, nextRule: _rule, ...told } = entry;
    return told;
  });
}

/** The fields of a record that the log depends on. */
interface Recorded {
  readonly state: string;
  readonly attempts: number;
  readonly claimedAt: Timestamp | null;
  readonly fence: number;
  readonly hop?: number | undefined;
  readonly claimedBy?: { readonly instance: string; readonly fence: number } | null | undefined;
  readonly attemptLog?: AttemptLog | undefined;
}

/**
 * The log to keep from a record that nobody owns any more. If the record is still running, its attempt was lost, and
 * this is the last chance to log that.
 */
export function carriedFrom(record: Recorded | null): AttemptLog {
  if (!record) return [];
  const { state, attempts, fence, hop = 0, claimedAt, claimedBy, attemptLog = [] } = record;
  if (state !== "running") return attemptLog;
  const unknown = { endedAt: null, code: null, message: null, stack: null };
  const instance = claimedBy?.fence === fence ? claimedBy.instance : null;
  const lost = { attempt: attempts, hop, startedAt: claimedAt, outcome: "lost", instance } as const;
  return append(attemptLog, { ...lost, ...unknown });
}

function append(log: AttemptLog, entry: LoggedAttempt): AttemptLog {
  return [...log, { ...entry }].slice(-MAX_LOGGED_ATTEMPTS);
}
