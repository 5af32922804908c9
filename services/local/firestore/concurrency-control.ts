import type { Clock, Timer } from "../../../shared/clock.ts";
import type { Change } from "./document-store.ts";
import { LockTable } from "./lock-table.ts";
import type { CompiledQuery } from "./query.ts";
import { type Ending, IDLE_LIMIT_MS, type Transaction, endingError } from "./transaction.ts";
import { TransactionRegistry } from "./transaction-registry.ts";
import { WaitQueue } from "./wait-queue.ts";

/** What a read in a transaction covers: documents by name, existing or not, or whatever a query could match. */
export type ReadSet =
  | { readonly kind: "documents"; readonly names: readonly string[] }
  | { readonly kind: "query"; readonly query: CompiledQuery };

/** Aborts younger transactions whose locks these changes touch; answers false when an older one must be waited for. */
export type ClearRanges = (changes: readonly Change[]) => boolean;

/**
 * Keeps the transactions of one database serialisable.
 *
 * A read in a read-write transaction takes a shared lock on the document, existing or not, or on the range of the query.
 * A commit goes through when nobody else holds a lock on what it changes. Conflicts are settled by age ("wound-wait"):
 *
 *     commit of an older transaction ──▶ lock of a younger one:  the younger loses its locks and is aborted
 *     commit of a younger transaction ─▶ lock of an older one:   the commit waits
 *     read of a younger transaction ───▶ older commit that waits for the document:  the read waits
 *
 * Waiting only ever goes from younger to older, so nothing deadlocks and the oldest always gets through.
 * The semantics are those of https://cloud.google.com/firestore/docs/transaction-data-contention (server clients).
 */
export class ConcurrencyControl {
  readonly transactions: TransactionRegistry;
  readonly #clock: Clock;
  readonly #locks = new LockTable();
  readonly #waiting: WaitQueue;
  /** Set as long as a transaction is open. */
  #overdueTimer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.transactions = new TransactionRegistry(clock);
    this.#waiting = new WaitQueue(clock);
  }

  /** Begins a transaction, which ends by itself when it has been idle, or has lived, for too long. */
  begin(mode: Transaction["mode"], retries?: Uint8Array): Transaction {
    const transaction = this.transactions.begin(mode, retries);
    this.#overdueTimer ??= this.#clock.setTimer(IDLE_LIMIT_MS, () => this.#endOverdue());
    return transaction;
  }

  /** Loads what a read-write transaction asks for, once it holds the locks. */
  async read<T>(transaction: Transaction, readSet: ReadSet, load: () => T): Promise<T> {
    return this.#waiting.run(
      { age: transaction.age, transaction, writes: NO_NAMES },
      () => {
        if (this.#mustLetOlderCommitFirst(transaction, readSet)) return null;
        this.#lock(transaction, readSet);
        return { value: load() };
      },
      () => this.end(transaction, "wounded"),
    );
  }

  /**
   * Applies a commit when nothing that is older stands in its way, and ends its transaction, also when it fails.
   *
   * @param commit.apply works out the changes, asks whether their ranges are clear, and applies them in one synchronous
   * step; it answers null when they are not, having done nothing.
   * @throws whatever `apply` throws, or RpcError ABORTED when the transaction lost its locks or waited too long.
   */
  async commit<T>(commit: {
    readonly transaction: Transaction | null;
    readonly names: ReadonlySet<string>;
    readonly apply: (clearRanges: ClearRanges) => { readonly value: T } | null;
  }): Promise<T> {
    const { transaction, names, apply } = commit;
    const by = { age: transaction?.age ?? this.transactions.nextAge(), transaction };
    try {
      return await this.#waiting.run(
        { ...by, writes: names },
        () => {
          if (!this.#clearTheWay(by, this.#locks.holdersOf(names))) return null;
          const applied = apply((changes) => this.#clearTheWay(by, this.#locks.holdersOfRangesTouchedBy(changes)));
          if (!applied) return null;
          if (transaction) this.end(transaction, "finished");
          this.#waiting.wake();
          return applied;
        },
        () => transaction && this.end(transaction, "wounded"),
      );
    } catch (error) {
      if (transaction) this.end(transaction, "finished");
      throw error;
    }
  }

  /** Ends a transaction and lets those that waited for its locks go on; one that has ended stays as it is. */
  end(transaction: Transaction, ending: Ending): void {
    if (transaction.ending !== null) return;
    this.transactions.end(transaction, ending);
    if (this.transactions.activeCount === 0) {
      this.#overdueTimer?.cancel();
      this.#overdueTimer = undefined;
    }
    this.#locks.release(transaction);
    this.#waiting.failAllOf(transaction, () => endingError(ending));
    this.#waiting.wake();
  }

  /** Ends the transactions that are overdue, and comes back when the next one can be. */
  #endOverdue(): void {
    this.#overdueTimer = undefined;
    for (const transaction of this.transactions.overdue()) this.end(transaction, "expired");
    const nextMs = this.transactions.nextOverdueMs();
    if (nextMs === undefined) return;
    this.#overdueTimer = this.#clock.setTimer(nextMs - this.#clock.now(), () => this.#endOverdue());
  }

  endAll(ending: Ending): void {
    for (const transaction of this.transactions.active()) this.end(transaction, ending);
  }

  /** Fails every call that waits. */
  failWaiting(makeError: () => Error): void {
    this.#waiting.failEveryone(makeError);
  }

  #mustLetOlderCommitFirst(transaction: Transaction, readSet: ReadSet): boolean {
    return this.#waiting.hasOlderWriteTo(transaction.age, (name) => {
      if (readSet.kind === "query") return readSet.query.inScope(name);
      return readSet.names.includes(name) && !this.#locks.holdsDocument(transaction, name);
    });
  }

  #lock(transaction: Transaction, readSet: ReadSet): void {
    if (readSet.kind === "query") this.#locks.lockQuery(transaction, readSet.query);
    else this.#locks.lockDocuments(transaction, readSet.names);
  }

  #clearTheWay(by: { age: number; transaction: Transaction | null }, holders: Iterable<Transaction>): boolean {
    const others = new Set(holders);
    if (by.transaction) others.delete(by.transaction);
    for (const holder of others) if (holder.age < by.age) return false;
    for (const younger of others) this.end(younger, "wounded");
    return true;
  }
}

const NO_NAMES: ReadonlySet<string> = new Set();
