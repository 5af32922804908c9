import { FieldValue, Timestamp } from "@google-cloud/firestore";
import type { z } from "zod";
import type { Envelope } from "../contract/envelope.ts";
import { queueOf } from "../contract/task-id.ts";
import { type DeadLetter, conflictLetterId, deadLetterId } from "./dead-letter.ts";
import { RECORD_FIELDS, type TaskError, type TaskRecord, type TaskState, expiryFrom } from "./task-record.ts";

/** What tells one attempt from the others, and how many there have been. */
export interface AttemptNumbers {
  /** A token of the attempt's own, made before anything is read. */
  readonly owner: string;
  /** The fencing token. */
  readonly fence: number;
  readonly attempts: number;
}

/** Everything that is ever written about a task, as a value. `writesOf` turns it into documents. */
export type Transition =
  /** The attempt owns the task for a lease, which begins at the commit, by Firestore's clock. */
  | { readonly kind: "claim"; readonly attempt: AttemptNumbers; readonly from: TaskRecord | null }
  | (Ending & { readonly kind: "complete"; readonly result: z.core.util.JSONType })
  /** The task waits for its next attempt. The error is null where this one says nothing about the task. */
  | (Ending & { readonly kind: "retry"; readonly error: TaskError | null; readonly unknownTypes?: number })
  /** The task isn't tried again: its record says so, and a dead letter keeps its payload, in one commit. */
  | (Ending & { readonly kind: "deadLetter"; readonly error: TaskError })
  | (Ending & { readonly kind: "cancel" })
  /** Another payload under the task's id gets a dead letter of its own, on no condition; the record is left alone. */
  | { readonly kind: "keepConflict"; readonly error: TaskError };

interface Ending {
  /** Attempts that count, this one included if it does. */
  readonly attempts: number;
  /** What writes a whole record; null for the fields that end a record as it stands. */
  readonly as: NewRecord | null;
}

/** A record that goes on from the one that was read, or begins anew where that is null. */
export interface NewRecord extends Pick<AttemptNumbers, "owner" | "fence"> {
  readonly from: TaskRecord | null;
}

/** What a transition needs to know of its task. */
export interface Task {
  readonly envelope: Envelope;
  /** How long a claim lasts. */
  readonly leaseMs: number;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
}

/** A document's fields, as they are stored or as they are written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Documents to be written in one commit. */
export interface Writes {
  /** `create` wants no record to be there, `update` changes the one that was read. */
  readonly record?: { readonly kind: "create" | "update"; readonly fields: Fields };
  readonly letter?: { readonly id: string; readonly fields: DeadLetter };
}

/** Becomes Firestore's time of the commit. */
export const SERVER_TIME = FieldValue.serverTimestamp();
/** Takes a field out of a document. */
export const DELETED = FieldValue.delete();

/**
 * The one interpreter of transitions: the worker, the producer and the model all write what it says.
 *
 * @param on.before the record's document as it was read; null where there is none.
 * @param on.nowMs the instance's clock, in milliseconds since the epoch. Only expiry dates depend on it.
 */
export function writesOf(
  transition: Transition,
  task: Task,
  on: { readonly before: Fields | null; readonly nowMs: number },
): Writes {
  switch (transition.kind) {
    case "claim": {
      const { attempt, from } = transition;
      return { record: wholeRecord({ ...attempt, from }, runningFields(task), { task, ...on }) };
    }
    case "keepConflict": {
      const id = conflictLetterId(task.envelope.id, task.envelope.payloadHash);
      return { letter: { id, fields: letterFields(task, { attempts: 0, error: transition.error, nowMs: on.nowMs }) } };
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

/** The state that a transition leaves its record in; null where it leaves the record alone. */
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

/** What an end changes. The lease is over; owner and fence stay, as its signature. */
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
      // An attempt that says nothing about the task leaves standing what the one before it met.
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

function textOf(result: z.core.util.JSONType): string | null {
  return result === null ? null : JSON.stringify(result);
}

/**
 * Puts a whole record in the place of the one that was read. Only an update can be conditional, and it leaves alone what
 * it doesn't name: so it names what is to go. A record that goes on keeps the fields that this revision doesn't know.
 */
function wholeRecord(
  { owner, fence, attempts, from }: NewRecord & AttemptNumbers,
  fields: Fields,
  { task, before, nowMs }: { readonly task: Task; readonly before: Fields | null; readonly nowMs: number },
): NonNullable<Writes["record"]> {
  const { id, type, payloadHash } = task.envelope;
  const record = {
    queue: queueOf(id),
    type,
    owner,
    fence,
    attempts,
    payloadHash,
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
  { attempts, error, nowMs }: { readonly attempts: number; readonly error: TaskError; readonly nowMs: number },
): DeadLetter {
  const { id, type, payload, payloadHash, enqueuedAt, replayOf } = envelope;
  return {
    taskId: id,
    type,
    queue: queueOf(id),
    payloadJson: JSON.stringify(payload),
    payloadHash,
    enqueuedAt,
    attempts,
    error,
    replayOf: replayOf ?? null,
    diedAt: Timestamp.fromMillis(nowMs),
    expireAt: Timestamp.fromMillis(nowMs + deadLetterRetentionMs),
  };
}
