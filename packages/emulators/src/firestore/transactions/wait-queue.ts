import type { Clock } from "../../kernel/clock.ts";
import { type Transaction, contentionError } from "./transaction.ts";

/** A lock is waited for at most this long: https://cloud.google.com/firestore/docs/transaction-data-contention */
const LOCK_DEADLINE_MS = 20_000;

/** Who wants to go on, and which documents it wants to write. */
export interface Claimant {
  readonly age: number;
  /** Null for a commit outside a transaction. */
  readonly transaction: Transaction | null;
  /** Empty for a read. */
  readonly writes: ReadonlySet<string>;
}

/** Null when it can't go on yet; nothing has been done then. */
export type Attempt<T> = () => { readonly value: T } | null;

interface Waiter {
  readonly claimant: Claimant;
  /** Tries again, and settles the waiting call when that got somewhere. */
  readonly retry: () => boolean;
  readonly fail: (error: Error) => void;
}

/**
 * Calls that wait for a lock, the oldest first.
 *
 * A waiter stands in the queue exactly as long as its call is unanswered. It is taken out before its attempt runs: the
 * attempt may end its own transaction, which fails every waiter of that transaction, and a commit that was applied
 * must not be answered as an error.
 */
export class WaitQueue {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #wakeScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs the attempt now, and again whenever locks have been released, until it gets somewhere or its time is up. */
  run<T>(claimant: Claimant, attempt: Attempt<T>, onDeadline: () => void): Promise<T> | T {
    const first = attempt();
    if (first) return first.value;
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.setTimer(LOCK_DEADLINE_MS, () => {
        if (!this.#waiters.delete(waiter)) return;
        reject(contentionError());
        onDeadline();
      });
      const waiter: Waiter = {
        claimant,
        retry: () => {
          try {
            const reached = attempt();
            if (!reached) return false;
            resolve(reached.value);
          } catch (error) {
            reject(error);
          }
          timer.cancel();
          return true;
        },
        fail: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Whether someone older waits to write a document that `wanted` accepts; a reader then lets it go first. */
  hasOlderWriteTo(age: number, wanted: (name: string) => boolean): boolean {
    for (const { claimant } of this.#waiters) {
      if (claimant.age >= age) continue;
      for (const name of claimant.writes) if (wanted(name)) return true;
    }
    return false;
  }

  /** Lets the waiters try again, once the call that released the locks has been answered. */
  wake(): void {
    if (this.#wakeScheduled || this.#waiters.size === 0) return;
    this.#wakeScheduled = true;
    setImmediate(() => {
      this.#wakeScheduled = false;
      this.#retryAll();
    });
  }

  /** Fails whatever this transaction waits for. */
  failAllOf(transaction: Transaction, makeError: () => Error): void {
    this.#failWhere((claimant) => claimant.transaction === transaction, makeError);
  }

  failEveryone(makeError: () => Error): void {
    this.#failWhere(() => true, makeError);
  }

  #retryAll(): void {
    const oldestFirst = [...this.#waiters].toSorted((a, b) => a.claimant.age - b.claimant.age);
    for (const waiter of oldestFirst) {
      const stillWaiting = this.#waiters.delete(waiter);
      if (stillWaiting && !waiter.retry()) this.#waiters.add(waiter);
    }
  }

  #failWhere(matches: (claimant: Claimant) => boolean, makeError: () => Error): void {
    for (const waiter of this.#waiters) {
      if (!matches(waiter.claimant)) continue;
      this.#waiters.delete(waiter);
      waiter.fail(makeError());
    }
  }
}
