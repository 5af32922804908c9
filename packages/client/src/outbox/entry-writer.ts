import type { DocumentReference, Firestore, Transaction, WriteBatch } from "@google-cloud/firestore";
import { entryFields } from "../../../../shared/outbox/entry.ts";
import type { Writer } from "../../../../shared/records/writes.ts";
import type { NewEntry } from "./new-entry.ts";

type TransactionOptions = Parameters<Firestore["runTransaction"]>[1];

/** Writes entries into the outbox in the application's own commits. Nothing here is read. */
export class EntryWriter {
  readonly #db: Firestore;
  readonly #collection: string;
  /** The entries of transactions that `transaction` runs. */
  readonly #written = new WeakMap<object, Set<string>>();
  /** Those whose callback has returned. What is added to one is lost, and Firestore doesn't always say so. */
  readonly #ended = new WeakSet<object>();

  constructor(db: Firestore, collection: string) {
    this.#db = db;
    this.#collection = collection;
  }

  /**
   * Adds an entry to a commit. What is there already is the same task, so it is written without a condition.
   *
   * @throws TypeError when it is a transaction whose callback has returned.
   */
  write(to: Transaction | WriteBatch, { id, fields }: NewEntry): void {
    if (this.#ended.has(to)) {
      throw new TypeError("The transaction has ended: enqueue the task in its callback, before that returns.");
    }
    const writer: Writer<DocumentReference> = to;
    writer.set(this.#db.collection(this.#collection).doc(id), entryFields(fields));
    this.#written.get(to)?.add(id);
  }

  /** Runs a transaction. Resolves with the ids of the entries that its last attempt, which committed, has written. */
  async transaction<Result>(
    callback: (transaction: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<{ readonly result: Result; readonly entryIds: readonly string[] }> {
    let entryIds = new Set<string>();
    const result = await this.#db.runTransaction(async (transaction) => {
      // The client passes the same object to each attempt, and each attempt writes anew.
      entryIds = new Set();
      this.#written.set(transaction, entryIds);
      this.#ended.delete(transaction);
      try {
        return await callback(transaction);
      } finally {
        this.#ended.add(transaction);
      }
    }, options);
    return { result, entryIds: [...entryIds] };
  }
}
