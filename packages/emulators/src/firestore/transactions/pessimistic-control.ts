import type { Clock } from "../../kernel/clock.ts";
import type { Concurrency, PendingCommit, TransactionRead } from "./concurrency.ts";
import { LockTable } from "./lock-table.ts";
import type { ReadSet } from "./read-set.ts";
import { type Ending, type Transaction, endingError } from "./transaction.ts";
import { TransactionRegistry } from "./transaction-registry.ts";
import { WaitQueue } from "./wait-queue.ts";

/**
 * Pessimistic concurrency control, with locks.
 *
 * A read in a read-write transaction takes a shared lock on the document, existing or not, or on the range of the query.
 * A commit succeeds when nobody else holds a lock on what it changes. Age resolves conflicts ("wound-wait"):
 *
 *     commit of an older transaction ──▶ lock of a younger one:  the younger loses its locks and is aborted
 *     commit of a younger transaction ─▶ lock of an older one:   the commit waits
 *     read of a younger transaction ───▶ older commit that waits for the document:  the read waits
 *
 * Only the younger ever waits for the older, so there are no deadlocks and the oldest always succeeds.
 * The semantics are those of https://cloud.google.com/firestore/docs/transaction-data-contention (server clients).
 */
export class PessimisticControl implements Concurrency {
  readonly transactions: TransactionRegistry;
  readonly #locks = new LockTable();
  readonly #waiting: WaitQueue;

  constructor(clock: Clock) {
    this.transactions = new TransactionRegistry(clock, (transaction) => this.end(transaction, "expired"));
    this.#waiting = new WaitQueue(clock);
  }

  /** What was read is locked, so the present is as good as the past. */
  snapshotOf(): undefined {
    return undefined;
  }

  async read<T>(transaction: Transaction, { readSet, load }: TransactionRead<T>): Promise<T> {
    return this.#waiting.run(
      { age: transaction.age, transaction, writes: NO_NAMES },
      () => {
        if (this.#mustLetOlderCommitFirst(transaction, readSet)) return null;
        this.#locks.lock(transaction, readSet);
        return { value: load() };
      },
      () => this.end(transaction, "wounded"),
    );
  }

  async commit<T>({ transaction, names, apply }: PendingCommit<T>): Promise<T> {
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
      // Readers let a commit that waits go first, even one outside a transaction.
      this.#waiting.wake();
      throw error;
    }
  }

  /** Also lets those that waited for its locks go on. */
  end(transaction: Transaction, ending: Ending): void {
    if (transaction.ending !== null) return;
    this.transactions.end(transaction, ending);
    this.#locks.release(transaction);
    this.#waiting.failAllOf(transaction, () => endingError(ending));
    this.#waiting.wake();
  }

  failWaiting(makeError: () => Error): void {
    this.#waiting.failEveryone(makeError);
  }

  #mustLetOlderCommitFirst(transaction: Transaction, readSet: ReadSet): boolean {
    const mustWaitFor = (name: string): boolean => this.#waiting.hasOlderWriteTo(name, transaction.age);
    if (readSet.kind === "documents") {
      return readSet.names.some((name) => mustWaitFor(name) && !this.#locks.holdsDocument(transaction, name));
    }
    for (const name of this.#waiting.written()) if (readSet.query.inScope(name) && mustWaitFor(name)) return true;
    return false;
  }

  #clearTheWay(by: { age: number; transaction: Transaction | null }, holders: Iterable<Transaction>): boolean {
    const others: Transaction[] = [];
    for (const holder of holders) {
      if (holder === by.transaction) continue;
      // The first will do: many may hold a lock, and many wait for it.
      if (holder.age < by.age) return false;
      others.push(holder);
    }
    for (const younger of others) this.end(younger, "wounded");
    return true;
  }
}

const NO_NAMES: ReadonlySet<string> = new Set();
