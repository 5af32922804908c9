import type { Clock } from "../../kernel/clock.ts";
import type { Concurrency, PendingCommit, TransactionRead } from "./concurrency.ts";
import type { Change } from "../store/document-store.ts";
import { LockTable } from "./lock-table.ts";
import { type Ending, type Transaction, contentionError } from "./transaction.ts";
import { TransactionRegistry } from "./transaction-registry.ts";

/**
 * Optimistic concurrency control: nobody waits, and whoever commits first wins.
 *
 *     first read ──▶ later reads, all of the state at the first ──▶ commit: of writes, only if all of it is still true
 *
 * What a read-write transaction reads is noted. A commit that changes any of it, including the result of a query, makes
 * the transaction outdated: its reads go on, but it can't write any more. One that writes nothing always commits, as if it
 * had happened at its first read; any other as if it happened at its commit.
 *
 * The semantics are those of https://cloud.google.com/firestore/docs/transaction-data-contention (optimistic), and of
 * tests of the Enterprise edition: https://github.com/skunkteam/rust-firestore-emulator/tree/main/test-suite
 */
export class OptimisticControl implements Concurrency {
  readonly transactions: TransactionRegistry;
  /** Locks for which nobody waits. */
  readonly #read = new LockTable();
  /** The time of each transaction's first read, in microseconds. */
  readonly #snapshots = new Map<Transaction, bigint>();
  readonly #outdated = new Set<Transaction>();

  constructor(clock: Clock) {
    this.transactions = new TransactionRegistry(clock, (transaction) => this.end(transaction, "expired"));
  }

  snapshotOf(transaction: Transaction, now: () => bigint): bigint {
    const snapshot = this.#snapshots.get(transaction) ?? now();
    this.#snapshots.set(transaction, snapshot);
    return snapshot;
  }

  async read<T>(transaction: Transaction, { readSet, hasChangedSince, load }: TransactionRead<T>): Promise<T> {
    const snapshot = this.#snapshots.get(transaction);
    if (snapshot !== undefined && hasChangedSince(snapshot)) this.#outdate(transaction);
    if (!this.#outdated.has(transaction)) this.#read.lock(transaction, readSet);
    return load();
  }

  async commit<T>({ transaction, names, apply }: PendingCommit<T>): Promise<T> {
    try {
      if (transaction && names.size > 0 && this.#outdated.has(transaction)) throw contentionError();
      const applied = apply((changes) => this.#outdateReadersOf(changes, transaction));
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
    this.#snapshots.delete(transaction);
    this.#outdated.delete(transaction);
  }

  failWaiting(): void {
    // Nobody waits.
  }

  #outdateReadersOf(changes: readonly Change[], committer: Transaction | null): true {
    const names = changes.map(({ name }) => name);
    const readers = new Set([...this.#read.holdersOf(names), ...this.#read.holdersOfRangesTouchedBy(changes)]);
    for (const reader of readers) if (reader !== committer) this.#outdate(reader);
    return true;
  }

  #outdate(transaction: Transaction): void {
    this.#outdated.add(transaction);
    this.#read.release(transaction);
  }
}
