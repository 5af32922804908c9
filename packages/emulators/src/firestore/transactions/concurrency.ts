import type { Change } from "../store/document-store.ts";
import type { CompiledQuery } from "../query/query.ts";
import type { Ending, Transaction } from "./transaction.ts";
import type { TransactionRegistry } from "./transaction-registry.ts";

/** The two ways of Firestore (https://cloud.google.com/firestore/docs/transaction-data-contention#concurrency_controls). */
export const CONCURRENCY_MODES = ["pessimistic", "optimistic"] as const;

/** How conflicts of transactions are settled: by locks, or by aborting whoever read what has changed since. */
export type ConcurrencyMode = (typeof CONCURRENCY_MODES)[number];

/** What a read in a transaction covers: documents by name, existing or not, or whatever a query could match. */
export type ReadSet =
  | { readonly kind: "documents"; readonly names: readonly string[] }
  | { readonly kind: "query"; readonly query: CompiledQuery };

/** Ends the transactions that these changes must abort; answers false when one must be waited for instead. */
export type ClearTheWay = (changes: readonly Change[]) => boolean;

/** A commit, of a transaction or by itself. */
export interface PendingCommit<T> {
  readonly transaction: Transaction | null;
  /** The documents that it writes to. */
  readonly names: ReadonlySet<string>;
  /**
   * Works out the changes, asks whether the way is clear for them, and applies them, in one synchronous step; answers
   * null when it is not, having done nothing.
   */
  readonly apply: (clearTheWay: ClearTheWay) => { readonly value: T } | null;
}

/** Keeps the transactions of one database serialisable. */
export interface Concurrency {
  readonly transactions: TransactionRegistry;

  /** Loads what a read-write transaction asks for, once it may be read. */
  read<T>(transaction: Transaction, readSet: ReadSet, load: () => T): Promise<T>;

  /**
   * Applies a commit, and ends its transaction, also when it fails.
   *
   * @throws whatever `apply` throws, or RpcError ABORTED when the transaction lost to another.
   */
  commit<T>(commit: PendingCommit<T>): Promise<T>;

  /** Ends a transaction; one that has ended stays as it is. */
  end(transaction: Transaction, ending: Ending): void;

  /** Fails every call that waits. */
  failWaiting(makeError: () => Error): void;
}

/** Ends all transactions that are open. */
export function endAll(concurrency: Concurrency, ending: Ending): void {
  for (const transaction of concurrency.transactions.active()) concurrency.end(transaction, ending);
}
