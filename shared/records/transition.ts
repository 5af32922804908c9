import {
  FieldValue,
  type DocumentData,
  type DocumentReference,
  type DocumentSnapshot,
  type Firestore,
  Timestamp,
} from "@google-cloud/firestore";
import type { Clock } from "../runtime/clock.ts";
import type { Envelope } from "../contract/envelope.ts";
import { DEAD_LETTERS, type DeadLetter, deadLetterId } from "./dead-letter.ts";
import { TASK_RECORDS, type TaskError, type TaskRecord, expiryFrom, parseTaskRecord } from "./task-record.ts";
import { queueOf } from "../contract/task-id.ts";
import type { Delivery } from "../../services/worker/delivery.ts";
import { type Settlement, letterOf } from "../../services/worker/lifecycle/settlement.ts";

/** A task's record as it was read, with Firestore's time of the read. */
export interface ReadRecord {
  readonly record: TaskRecord | null;
  readonly readTimeMs: number;
}

/** What is written once a record was read: all of it together, and the record only if it is still as it was read. */
export interface RecordWriter {
  /** Puts a whole record in place of the one that was read, or where there was none. */
  replace(record: DocumentData): void;
  /** Changes some fields of the record that was read. */
  update(fields: DocumentData): void;
  /** Puts another document beside the record. */
  set(ref: DocumentReference, document: DocumentData): void;
}

/** The numbers that tell one attempt from the others. */
export interface AttemptNumbers {
  readonly owner: string;
  readonly fence: number;
  readonly attempts: number;
}

export function recordRef(db: Firestore, envelope: Envelope): DocumentReference {
  return db.collection(TASK_RECORDS).doc(envelope.id);
}

/** What a snapshot of a record says. */
export function readingOf(snapshot: DocumentSnapshot): ReadRecord {
  const record = snapshot.exists ? parseTaskRecord(snapshot.data()) : null;
  return { record, readTimeMs: snapshot.readTime.toMillis() };
}

/** What a record is written over, and the instance's clock, which only its expiry depends on. */
interface Before {
  readonly record: TaskRecord | null;
  readonly clock: Clock;
}

/** The whole record of a running attempt. Its lease begins at the commit, by Firestore's clock. */
export function runningRecord(
  { envelope, leaseMs }: Pick<Delivery, "envelope" | "leaseMs">,
  numbers: AttemptNumbers,
  before: Before,
) {
  return {
    ...identity(envelope, numbers, before),
    state: "running",
    claimedAt: FieldValue.serverTimestamp(),
    leaseMs,
    finishedAt: null,
    lastError: before.record?.lastError ?? null,
    result: null,
  };
}

/** The whole record of a settled attempt, for a task that may not have had a record before. */
export function settledRecord(envelope: Envelope, numbers: AttemptNumbers, settlement: Settlement, before: Before) {
  const lastError = before.record?.lastError ?? null;
  return { ...identity(envelope, numbers, before), lastError, ...settledFields(settlement, before.clock) };
}

/** What settling changes in the record of a claimed attempt. The lease ends; owner and fence stay, as its signature. */
export function settledFields(settlement: Settlement, clock: Clock) {
  const { state, attempts, error, result, unknownTypes } = settlement;
  return {
    state,
    attempts,
    ...(unknownTypes === undefined ? {} : { unknownTypes }),
    claimedAt: null,
    leaseMs: 0,
    finishedAt: state === "waiting" ? null : FieldValue.serverTimestamp(),
    // An attempt that was given back says nothing about the task: what the one before it met still stands.
    ...(state === "waiting" && error === null ? {} : { lastError: error }),
    result: result === null ? null : JSON.stringify(result),
    expireAt: expiryFrom(clock.now()),
  };
}

export function deadLetterRef(db: Firestore, id: string): DocumentReference {
  return db.collection(DEAD_LETTERS).doc(id);
}

export function deadLetter(
  delivery: Pick<Delivery, "envelope" | "deadLetterRetentionMs">,
  attempts: number,
  error: TaskError,
  clock: Clock,
): DeadLetter {
  const { id, type, payload, payloadHash, enqueuedAt, replayOf } = delivery.envelope;
  const nowMs = clock.now();
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
    expireAt: Timestamp.fromMillis(nowMs + delivery.deadLetterRetentionMs),
  };
}

/** A dead task's letter is part of the commit that ends it; for any other settlement nothing is written. */
export function writeDeadLetter(
  writer: { set(ref: DocumentReference, letter: DocumentData): unknown },
  settlement: Settlement,
  on: { delivery: Delivery; db: Firestore; clock: Clock },
): void {
  const said = letterOf(settlement);
  if (!said) return;
  const letter = deadLetter(on.delivery, said.attempts, said.error, on.clock);
  writer.set(deadLetterRef(on.db, deadLetterId(on.delivery.envelope.id)), letter);
}

function identity(envelope: Envelope, numbers: AttemptNumbers, before: Before) {
  return {
    queue: queueOf(envelope.id),
    type: envelope.type,
    owner: numbers.owner,
    fence: numbers.fence,
    attempts: numbers.attempts,
    payloadHash: envelope.payloadHash,
    firstSeenAt: before.record?.firstSeenAt ?? FieldValue.serverTimestamp(),
    expireAt: expiryFrom(before.clock.now()),
  };
}
