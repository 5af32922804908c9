import type { Change } from "../store/document-store.ts";
import type { CompiledQuery } from "../query/query.ts";
import type { Ending, Transaction } from "./transaction.ts";
import type { TransactionRegistry } from "./transaction-registry.ts";

/** Firestore's two modes (https://cloud.google.com/firestore/docs/transaction-data-contention#concurrency_controls). */
export const CONCURRENCY_MODES = ["pessimistic", "optimistic"] as const;

/** How conflicts between transactions are resolved: by locks, or by aborting those whose reads have changed. */
export type ConcurrencyMode = (typeof CONCURRENCY_MODES)[number];

/** What a read covers: documents by name, existing or not, or everything that a query could match. */
export type ReadSet =
  | { readonly kind: "documents"; readonly names: readonly string[] }
  | { readonly kind: "query"; readonly query: CompiledQuery };

/** Ends the transactions that these changes must abort. Returns false when the commit must wait for one instead. */
export type ClearTheWay = (changes: readonly Change[]) => boolean;

/** A commit, of a transaction or on its own. */
export interface PendingCommit<T> {
  readonly transaction: Transaction | null;
  /** The documents that it writes to. */
  readonly names: ReadonlySet<string>;
  /**
   * Works out the changes, checks that the way is clear, and applies them, in one synchronous step. If the way is not
   * clear it does nothing and returns null.
   */
  readonly apply: (clearTheWay: ClearTheWay) => { readonly value: T } | null;
}

/** Keeps the transactions of one database serialisable. */
export interface Concurrency {
  readonly transactions: TransactionRegistry;

  /** Reads for a read-write transaction, once it may. */
  read<T>(transaction: Transaction, readSet: ReadSet, load: () => T): Promise<T>;

  /**
   * Applies a commit and ends its transaction, even if it fails.
   *
   * @throws whatever `apply` throws, or RpcError ABORTED when the transaction lost to another.
   */
  commit<T>(commit: PendingCommit<T>): Promise<T>;

  /** Ends a transaction. Does nothing if it has ended. */
  end(transaction: Transaction, ending: Ending): void;

  /** Fails every call that waits. */
  failWaiting(makeError: () => Error): void;
}

/** Ends all open transactions. */
export function endAll(concurrency: Concurrency, ending: Ending): void {
  for (const transaction of concurrency.transactions.active()) concurrency.end(transaction, ending);
}
