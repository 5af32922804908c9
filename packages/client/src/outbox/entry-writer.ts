import type { DocumentReference, Firestore, Transaction, WriteBatch } from "@google-cloud/firestore";
import { entryFields } from "../../../../shared/outbox/entry.ts";
import type { Writer } from "../../../../shared/records/writes.ts";
import type { NewEntry } from "./new-entry.ts";

type TransactionOptions = Parameters<Firestore["runTransaction"]>[1];

/** Writes outbox entries in the application's own commits. It never reads. */
export class EntryWriter {
  readonly #db: Firestore;
  readonly #collection: string;
  /** The entries written in each transaction that `transaction` runs. */
  readonly #written = new WeakMap<object, Set<string>>();
  /** Transactions whose callback has returned. Entries added to one are lost, which Firestore doesn't always report. */
  readonly #ended = new WeakSet<object>();

  constructor(db: Firestore, collection: string) {
    this.#db = db;
    this.#collection = collection;
  }

  /**
   * Adds an entry to a commit. An existing entry with the id is the same task, so the write has no condition.
   *
   * @throws TypeError if the commit is a transaction whose callback has returned.
   */
  write(to: Transaction | WriteBatch, { id, fields }: NewEntry): void {
    if (this.#ended.has(to)) {
      throw new TypeError("The transaction has ended: enqueue the task in its callback, before that returns.");
    }
    const writer: Writer<DocumentReference> = to;
    writer.set(this.#db.collection(this.#collection).doc(id), entryFields(fields));
    this.#written.get(to)?.add(id);
  }

  /** Runs a transaction. Resolves with the ids of the entries that the committed attempt wrote. */
  async transaction<Result>(
    callback: (transaction: Transaction) => Promise<Result>,
    options?: TransactionOptions,
  ): Promise<{ readonly result: Result; readonly entryIds: readonly string[] }> {
    let entryIds = new Set<string>();
    const result = await this.#db.runTransaction(async (transaction) => {
      // The client passes the same object to each attempt, and each attempt writes its entries again.
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
