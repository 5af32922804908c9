import type { Clock } from "../../kernel/clock.ts";
import type { Concurrency, PendingCommit, ReadSet } from "./concurrency.ts";
import type { Change } from "../store/document-store.ts";
import { LockTable } from "./lock-table.ts";
import type { Ending, Transaction } from "./transaction.ts";
import { TransactionRegistry } from "./transaction-registry.ts";

/**
 * Optimistic concurrency control: nobody waits, and whoever commits first wins.
 *
 * What a read-write transaction reads is only noted. A commit that changes any of it, including the result of a query,
 * ends the transaction, which finds out at its next call, usually its commit. Otherwise everything it has read is still
 * true when it commits, as if the whole transaction happened at that moment.
 *
 * The semantics are those of https://cloud.google.com/firestore/docs/transaction-data-contention (optimistic).
 */
export class OptimisticControl implements Concurrency {
  readonly transactions: TransactionRegistry;
  /** Locks for which nobody waits. */
  readonly #read = new LockTable();

  constructor(clock: Clock) {
    this.transactions = new TransactionRegistry(clock, (transaction) => this.end(transaction, "expired"));
  }

  async read<T>(transaction: Transaction, readSet: ReadSet, load: () => T): Promise<T> {
    this.#read.lock(transaction, readSet);
    return load();
  }

  async commit<T>({ transaction, apply }: PendingCommit<T>): Promise<T> {
    try {
      const applied = apply((changes) => this.#abortReadersOf(changes, transaction));
      if (!applied) throw new Error("An optimistic commit never waits.");
      return applied.value;
    } finally {
      if (transaction) this.end(transaction, "finished");
    }
  }

  end(transaction: Transaction, ending: Ending): void {
    if (transaction.ending !== null) return;
    this.transactions.end(transaction, ending);
    this.#read.release(transaction);
  }

  failWaiting(): void {
    // Nobody waits.
  }

  #abortReadersOf(changes: readonly Change[], committer: Transaction | null): true {
    const names = changes.map(({ name }) => name);
    const readers = new Set([...this.#read.holdersOf(names), ...this.#read.holdersOfRangesTouchedBy(changes)]);
    for (const reader of readers) if (reader !== committer) this.end(reader, "outdated");
    return true;
  }
}
