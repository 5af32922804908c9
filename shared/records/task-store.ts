import {
  FieldValue,
  type DocumentData,
  type DocumentReference,
  type DocumentSnapshot,
  type Firestore,
  type Timestamp,
  type WriteBatch,
} from "@google-cloud/firestore";
import assert from "node:assert/strict";
import type { Envelope } from "../contract/envelope.ts";
import { RecordStoreError, type StoreStep, isFirestoreError } from "../../services/worker/idempotency/record-store.ts";
import { type ReadRecord, type RecordWriter, readingOf, recordRef } from "./transition.ts";

/** How often a record is read and decided on before the last error stands. */
const MOST_TRIES = 5;

/** What trying again can't help: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED. */
const LASTING = new Set([3, 7, 12]);

/** What was decided, and when the record was written last: by this change or, if it wrote nothing, before. */
export interface RecordChange<Decision> {
  readonly decision: Decision;
  /** Null when there is no record. */
  readonly updateTime: Timestamp | null;
}

/**
 * Reads a task's record, decides, and writes on condition that the record is still as it was read. `decide` runs again
 * when that fails or nobody can tell, so it must recognise what an earlier run has written.
 *
 *     read ──▶ decide ──▶ commit, if the record is as read ──ok──▶ done
 *      ▲                         └── refused, or unclear ──┐
 *      └───────────────────────────────────────────────────┘
 *
 * It is no transaction on purpose: one that reads locks the record, and when the answer of its read is lost, nobody can
 * end it. For a minute (https://cloud.google.com/firestore/docs/transaction-data-contention) no attempt could record its
 * end, its own included, while leases run out.
 *
 * With a step, nothing is tried again nor written once that is over: its delivery has been answered, and others go on
 * from there.
 *
 * Rejects with the client's error when the last try fails, or with a RecordStoreError when the step is over.
 */
export async function changeRecord<Decision>(
  { db, envelope, step }: { db: Firestore; envelope: Envelope; step?: Deadline },
  decide: (read: ReadRecord, writer: RecordWriter) => Decision,
): Promise<RecordChange<Decision>> {
  for (let tries = 1; ; tries++) {
    try {
      return await changeOnce(recordRef(db, envelope), decide, { db, step });
    } catch (error) {
      if (tries === MOST_TRIES || !isFirestoreError(error) || LASTING.has(error.code) || isOver(step)) throw error;
    }
  }
}

/** The part of a step that counts here. */
type Deadline = Pick<StoreStep, "clock" | "untilMs"> | undefined;

function isOver(step: Deadline): boolean {
  return step !== undefined && step.clock.now() >= step.untilMs;
}

async function changeOnce<Decision>(
  ref: DocumentReference,
  decide: (read: ReadRecord, writer: RecordWriter) => Decision,
  { db, step }: { db: Firestore; step: Deadline },
): Promise<RecordChange<Decision>> {
  const snapshot = await ref.get();
  if (isOver(step)) throw new RecordStoreError("The record was read too late.", undefined);
  const writer = new ConditionalWriter(db.batch(), snapshot);
  const decision = decide(readingOf(snapshot), writer);
  return { decision, updateTime: (await writer.commit()) ?? snapshot.updateTime ?? null };
}

/** Writes together; where the record is among what is written, on condition that it is as it was read. */
class ConditionalWriter implements RecordWriter {
  readonly #batch: WriteBatch;
  readonly #read: DocumentSnapshot;
  #isEmpty = true;

  constructor(batch: WriteBatch, read: DocumentSnapshot) {
    this.#batch = batch;
    this.#read = read;
  }

  replace(record: DocumentData): void {
    if (this.#read.exists) this.update({ ...fieldsToDelete(this.#read, record), ...record });
    else this.#added().create(this.#read.ref, record);
  }

  update(fields: DocumentData): void {
    const { ref, updateTime } = this.#read;
    assert(updateTime, "Only a record that is there can be updated.");
    this.#added().update(ref, fields, { lastUpdateTime: updateTime });
  }

  set(ref: DocumentReference, document: DocumentData): void {
    this.#added().set(ref, document);
  }

  /** The time of the writes; undefined when there are none, and nothing is asked of Firestore. */
  async commit(): Promise<Timestamp | undefined> {
    if (this.#isEmpty) return undefined;
    const [first] = await this.#batch.commit();
    return first?.writeTime;
  }

  #added(): WriteBatch {
    this.#isEmpty = false;
    return this.#batch;
  }
}

/** Only an update can be conditional, and it leaves alone what it doesn't name. */
function fieldsToDelete(read: DocumentSnapshot, record: DocumentData): DocumentData {
  const gone = Object.keys(read.data() ?? {}).filter((field) => !(field in record));
  return Object.fromEntries(gone.map((field) => [field, FieldValue.delete()]));
}
