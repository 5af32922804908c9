import type { Change } from "../store/document-store.ts";
import type { ReadSet } from "./read-set.ts";
import type { Ending, Transaction } from "./transaction.ts";
import type { TransactionRegistry } from "./transaction-registry.ts";

/** Firestore's two modes (https://cloud.google.com/firestore/docs/transaction-data-contention#concurrency_controls). */
export const CONCURRENCY_MODES = ["pessimistic", "optimistic"] as const;

/** How conflicts between transactions are resolved: by locks, or by aborting commits whose reads have changed. */
export type ConcurrencyMode = (typeof CONCURRENCY_MODES)[number];

/** A read in a read-write transaction. */
export interface TransactionRead<T> {
  readonly readSet: ReadSet;
  /** Whether any of it is different now than at a time in microseconds. */
  readonly hasChangedSince: (time: bigint) => boolean;
  /** Reads as of the transaction's snapshot, if it has one. */
  readonly load: () => T;
}

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

  /**
   * The time as of which a read-write transaction reads, in microseconds: `now`, if this is its first read. Undefined if
   * each read is of the present.
   */
  snapshotOf(transaction: Transaction, now: () => bigint): bigint | undefined;

  /** Reads for a read-write transaction, once it may. */
  read<T>(transaction: Transaction, read: TransactionRead<T>): Promise<T>;

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
