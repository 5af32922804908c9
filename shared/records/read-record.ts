import type { Timestamp, Transaction } from "@google-cloud/firestore";
import { type TaskRecord, parseTaskRecord } from "./task-record.ts";
import type { Transition } from "./transition.ts";
import type { StoredDocument } from "./wire/stored-document.ts";

/** A task's record as it was read, and the time of the read by Firestore's clock. */
export interface ReadRecord {
  readonly record: TaskRecord | null;
  readonly readTimeMs: number;
}

/** A decision's instruction to the store: the transition to write, or null for none. */
export interface Decided {
  readonly transition: Transition | null;
}

/** A record as it was read, with what a conditional commit needs. */
export type KnownRead = StoredDocument;

/** A decision, what it was made from, and when the record was last written; null if there is none. */
export type Changed<Decision> = Decision & { readonly read: KnownRead; readonly updateTime: Timestamp | null };

/** A Firestore transaction that has read, and so locked, a task's record. */
export interface RecordTransaction extends ReadRecord {
  /** The handler's own reads and writes go through this. */
  readonly transaction: Transaction;
  /** Adds a transition to the transaction's commit. */
  readonly write: (transition: Transition) => void;
}

/**
 * A record from its document; null if there is none.
 *
 * @throws ZodError when the document isn't a task record.
 */
export function readingOf(document: StoredDocument): ReadRecord {
  const record = document.exists ? parseTaskRecord(document.data()) : null;
  return { record, readTimeMs: document.readTime.toMillis() };
}
