import { FieldValue, Timestamp } from "@google-cloud/firestore";
import type { Json } from "../contract/any-json.ts";
import type { Envelope } from "../contract/envelope.ts";
import { queueOf } from "../contract/task-id.ts";
import { type DeadLetter, conflictLetterId, deadLetterId } from "./dead-letter.ts";
import { RECORD_FIELDS, type TaskError, type TaskRecord, type TaskState, expiryFrom } from "./task-record.ts";

/** What identifies an attempt among all others, and the number of attempts so far. */
export interface AttemptNumbers {
  /** The attempt's own token, generated before anything is read. */
  readonly owner: string;
  /** The fencing token. */
  readonly fence: number;
  readonly attempts: number;
}

/** Everything that is ever written about a task, as data. `writesOf` turns it into documents. */
export type Transition =
  /** The attempt owns the task for a lease, which begins at the commit, by Firestore's clock. */
  | { readonly kind: "claim"; readonly attempt: AttemptNumbers; readonly from: TaskRecord | null }
  | (Ending & { readonly kind: "complete"; readonly result: Json })
  /** The task waits for its next attempt. The error is null if this attempt says nothing about the task. */
  | (Ending & { readonly kind: "retry"; readonly error: TaskError | null; readonly unknownTypes?: number })
  /** The task isn't retried. Its record says so and a dead letter keeps its payload, in one commit. */
  | (Ending & { readonly kind: "deadLetter"; readonly error: TaskError })
  | (Ending & { readonly kind: "cancel" })
  /**
   * A different payload under the task's id gets a dead letter of its own, unconditionally. The record doesn't change.
   */
  | { readonly kind: "keepConflict"; readonly error: TaskError };

interface Ending {
  /** Attempts that count, including this one if it does. */
  readonly attempts: number;
  /** Set to write a whole record; null to write only the fields that end the existing one. */
  readonly as: NewRecord | null;
}

/** A record that continues from the one that was read, or starts fresh if that is null. */
export interface NewRecord extends Pick<AttemptNumbers, "owner" | "fence"> {
  readonly from: TaskRecord | null;
}

/** What a transition needs to know about its task. */
export interface Task {
  readonly envelope: Envelope;
  /** How long a claim lasts. */
  readonly leaseMs: number;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
}

/** A document's fields, as stored or as written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Documents to write in one commit. */
export interface Writes {
  /** `create` requires that there is no record; `update` changes the one that was read. */
  readonly record?: { readonly kind: "create" | "update"; readonly fields: Fields };
  readonly letter?: { readonly id: string; readonly fields: DeadLetter };
}

/**
 * How much of what was said is written. An end must become durable even if Firestore refuses what came with it: each
 * refusal leaves out more, first a handler's own words, then the payload in the dead letter.
 */
const DETAILS = ["all", "no-words", "no-payload"] as const;
export type Detail = (typeof DETAILS)[number];

/** What a record says in place of a message that Firestore refused. */
const REFUSED_MESSAGE = "Firestore refused to store the error's message.";
const REFUSED_CODE = "not_stored";
/** A code that no store can object to. */
const PLAIN_CODE = /^[\w.:-]{1,100}$/;

/** Statuses by which Firestore refuses what a commit says, and would again: INVALID_ARGUMENT, OUT_OF_RANGE. */
const REFUSALS = new Set([3, 11]);

/** Statuses that may mean the same, but usually pass: UNKNOWN, RESOURCE_EXHAUSTED, INTERNAL. */
const POSSIBLE_REFUSALS = new Set([2, 8, 13]);

/** How much to write after a commit was refused; undefined if it can't be less. */
export function detailAfter(
  status: number,
  on: { readonly detail: Detail; readonly triesLeft: number; readonly transition: Transition | null | undefined },
): Detail | undefined {
  const { detail, triesLeft, transition } = on;
  const hasDetail = transition?.kind !== "claim" && transition?.kind !== "cancel";
  const less = hasDetail ? DETAILS[DETAILS.indexOf(detail) + 1] : undefined;
  if (REFUSALS.has(status)) return less;
  const isLastChance = triesLeft < DETAILS.length;
  return isLastChance && POSSIBLE_REFUSALS.has(status) ? (less ?? detail) : detail;
}

/** Firestore replaces this with the commit's time. */
export const SERVER_TIME = FieldValue.serverTimestamp();
/** Removes a field from a document. */
export const DELETED = FieldValue.delete();

/**
 * The only interpreter of transitions: the worker, the producer and the model all write what it returns.
 *
 * @param on.before the record's document as it was read; null if there is none.
 * @param on.nowMs the instance's clock, in milliseconds since the epoch. Only expiry dates depend on it.
 * @param on.detail default "all".
 */
export function writesOf(
  decided: Transition,
  task: Task,
  on: { readonly before: Fields | null; readonly nowMs: number; readonly detail?: Detail },
): Writes {
  const transition = storable(decided, on.detail);
  switch (transition.kind) {
    case "claim": {
      const { attempt, from } = transition;
      return { record: wholeRecord({ ...attempt, from }, runningFields(task), { task, ...on }) };
    }
    case "keepConflict": {
      const id = conflictLetterId(task.envelope.id, task.envelope.payloadHash);
      return { letter: { id, fields: letterFields(task, { attempts: 0, error: transition.error, ...on }) } };
    }
    case "complete":
    case "retry":
    case "deadLetter":
    case "cancel": {
      const fields = endFields(transition, on.nowMs);
      const record = transition.as
        ? wholeRecord({ ...transition.as, attempts: transition.attempts }, fields, { task, ...on })
        : ({ kind: "update", fields } as const);
      if (transition.kind !== "deadLetter") return { record };
      const letter = { id: deadLetterId(task.envelope.id), fields: letterFields(task, { ...transition, ...on }) };
      return { record, letter };
    }
    default:
      return transition satisfies never;
  }
}

/** A transition as it can be stored: text is made well-formed, and what `detail` leaves out is left out. */
function storable(transition: Transition, detail: Detail = "all"): Transition {
  switch (transition.kind) {
    case "complete":
      return detail === "all" ? transition : { ...transition, result: null };
    case "retry":
      return transition.error ? { ...transition, error: storableError(transition.error, detail) } : transition;
    case "deadLetter":
    case "keepConflict":
      return { ...transition, error: storableError(transition.error, detail) };
    case "claim":
    case "cancel":
      return transition;
    default:
      return transition satisfies never;
  }
}

/** An error as it can be stored: its text is made well-formed, or left out. */
function storableError(error: TaskError, detail: Detail): TaskError {
  const { code, message } = error;
  if (detail !== "all") return { code: PLAIN_CODE.test(code) ? code : REFUSED_CODE, message: REFUSED_MESSAGE };
  if (code.isWellFormed() && message.isWellFormed()) return error;
  return { code: code.toWellFormed(), message: message.toWellFormed() };
}

/** The record's state after a transition; null if the transition doesn't change the record. */
export function stateAfter({ kind }: Transition): TaskState | null {
  switch (kind) {
    case "claim":
      return "running";
    case "complete":
      return "succeeded";
    case "retry":
      return "waiting";
    case "deadLetter":
      return "dead";
    case "cancel":
      return "cancelled";
    case "keepConflict":
      return null;
    default:
      return kind satisfies never;
  }
}

function runningFields({ leaseMs }: Task): Fields {
  return {
    state: "running",
    claimedAt: SERVER_TIME,
    leaseMs,
    finishedAt: null,
    result: null,
  };
}

/** The fields that an end changes. The lease is over; owner and fence stay and identify who ended it. */
function endFields(
  transition: Extract<Transition, { kind: "complete" | "retry" | "deadLetter" | "cancel" }>,
  nowMs: number,
): Fields {
  const { kind, attempts } = transition;
  const common = { state: stateAfter(transition), attempts, claimedAt: null, leaseMs: 0, expireAt: expiryFrom(nowMs) };
  switch (kind) {
    case "complete":
      return { ...common, finishedAt: SERVER_TIME, lastError: null, result: textOf(transition.result) };
    case "retry": {
      const { error, unknownTypes } = transition;
      // An attempt that says nothing about the task keeps the previous attempt's error.
      const lastError = error === null ? {} : { lastError: error };
      return {
        ...common,
        finishedAt: null,
        result: null,
        ...lastError,
        ...(unknownTypes === undefined ? {} : { unknownTypes }),
      };
    }
    case "deadLetter":
      return { ...common, finishedAt: SERVER_TIME, lastError: transition.error, result: null };
    case "cancel":
      return { ...common, finishedAt: SERVER_TIME };
    default:
      return kind satisfies never;
  }
}

function textOf(result: Json): string | null {
  return result === null ? null : JSON.stringify(result);
}

/**
 * Replaces the record that was read with a whole new one. Only an update can be conditional, and an update keeps the
 * fields it doesn't name, so it must name the fields to delete. A record that continues keeps the fields that this
 * revision doesn't know.
 */
function wholeRecord(
  { owner, fence, attempts, from }: NewRecord & AttemptNumbers,
  fields: Fields,
  { task, before, nowMs }: { readonly task: Task; readonly before: Fields | null; readonly nowMs: number },
): NonNullable<Writes["record"]> {
  const { id, type, payloadHash, enqueuedAt } = task.envelope;
  const record = {
    queue: queueOf(id),
    type,
    owner,
    fence,
    attempts,
    payloadHash,
    enqueuedAt,
    firstSeenAt: from?.firstSeenAt ?? SERVER_TIME,
    lastError: from?.lastError ?? null,
    expireAt: expiryFrom(nowMs),
    ...fields,
  };
  if (!before) return { kind: "create", fields: record };
  const gone = Object.keys(before).filter((name) => !(name in record) && (!from || RECORD_FIELDS.has(name)));
  return { kind: "update", fields: { ...Object.fromEntries(gone.map((name) => [name, DELETED])), ...record } };
}

function letterFields(
  { envelope, deadLetterRetentionMs }: Task,
  on: { readonly attempts: number; readonly error: TaskError; readonly nowMs: number; readonly detail?: Detail },
): DeadLetter {
  const { attempts, error, nowMs, detail } = on;
  const { id, type, payload, payloadHash, enqueuedAt, replayOf } = envelope;
  return {
    taskId: id,
    type,
    queue: queueOf(id),
    ...(detail === "no-payload"
      ? { payloadJson: "null", payloadOmitted: true }
      : { payloadJson: JSON.stringify(payload) }),
    payloadHash,
    enqueuedAt,
    attempts,
    error,
    replayOf: replayOf?.toWellFormed() ?? null,
    diedAt: Timestamp.fromMillis(nowMs),
    expireAt: Timestamp.fromMillis(nowMs + deadLetterRetentionMs),
  };
}
