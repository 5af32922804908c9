import type { Clock } from "../../kernel/clock.ts";
import { type Transaction, contentionError } from "./transaction.ts";

/** How long a call may wait for a lock: https://cloud.google.com/firestore/docs/transaction-data-contention */
const LOCK_DEADLINE_MS = 20_000;

/** A call that wants to go on, and the documents it wants to write. */
export interface Claimant {
  readonly age: number;
  /** Null for a commit outside a transaction. */
  readonly transaction: Transaction | null;
  /** Empty for a read. */
  readonly writes: ReadonlySet<string>;
}

/** Returns null, without having done anything, if the call can't go on yet. */
export type Attempt<T> = () => { readonly value: T } | null;

interface Waiter {
  readonly claimant: Claimant;
  /** Tries again, and settles the waiting call if that succeeds. */
  readonly retry: () => boolean;
  readonly fail: (error: Error) => void;
}

/**
 * Calls that wait for a lock, the oldest first.
 *
 * A waiter is in the queue while its call has no response. It is removed before its attempt runs: the attempt may end its
 * own transaction, which fails all waiters of that transaction, and a commit that was applied must not fail.
 */
export class WaitQueue {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  readonly #byTransaction = new Map<Transaction, Set<Waiter>>();
  readonly #byWritten = new Map<string, Set<Waiter>>();
  #wakeScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs the attempt now, and again whenever locks are released, until it succeeds or its time is up. */
  run<T>(claimant: Claimant, attempt: Attempt<T>, onDeadline: () => void): Promise<T> | T {
    const first = attempt();
    if (first) return first.value;
    return new Promise<T>((resolve, reject) => {
      const timer = this.#clock.setTimer(LOCK_DEADLINE_MS, () => {
        if (!this.#remove(waiter)) return;
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
      this.#add(waiter);
    });
  }

  /** Whether an older call waits to write a document. A reader lets it go first. */
  hasOlderWriteTo(name: string, age: number): boolean {
    for (const { claimant } of this.#byWritten.get(name) ?? []) if (claimant.age < age) return true;
    return false;
  }

  /** The documents that calls wait to write. */
  written(): Iterable<string> {
    return this.#byWritten.keys();
  }

  /** Lets the waiters try again, once the call that released the locks has returned. */
  wake(): void {
    if (this.#wakeScheduled || this.#waiters.size === 0) return;
    this.#wakeScheduled = true;
    setImmediate(() => {
      this.#wakeScheduled = false;
      this.#retryAll();
    });
  }

  /** Fails all calls of a transaction that wait. */
  failAllOf(transaction: Transaction, makeError: () => Error): void {
    this.#fail(this.#byTransaction.get(transaction) ?? [], makeError);
  }

  failEveryone(makeError: () => Error): void {
    this.#fail(this.#waiters, makeError);
  }

  #retryAll(): void {
    const oldestFirst = [...this.#waiters].toSorted((a, b) => a.claimant.age - b.claimant.age);
    for (const waiter of oldestFirst) {
      const stillWaiting = this.#remove(waiter);
      if (stillWaiting && !waiter.retry()) this.#add(waiter);
    }
  }

  #fail(waiters: Iterable<Waiter>, makeError: () => Error): void {
    for (const waiter of waiters) {
      this.#remove(waiter);
      waiter.fail(makeError());
    }
  }

  #add(waiter: Waiter): void {
    const { transaction, writes } = waiter.claimant;
    this.#waiters.add(waiter);
    if (transaction) addTo(this.#byTransaction, transaction, waiter);
    for (const name of writes) addTo(this.#byWritten, name, waiter);
  }

  /** Returns whether it was waiting. */
  #remove(waiter: Waiter): boolean {
    const { transaction, writes } = waiter.claimant;
    if (!this.#waiters.delete(waiter)) return false;
    if (transaction) removeFrom(this.#byTransaction, transaction, waiter);
    for (const name of writes) removeFrom(this.#byWritten, name, waiter);
    return true;
  }
}

function addTo<Key>(sets: Map<Key, Set<Waiter>>, key: Key, waiter: Waiter): void {
  const known = sets.get(key);
  if (known) known.add(waiter);
  else sets.set(key, new Set([waiter]));
}

function removeFrom<Key>(sets: Map<Key, Set<Waiter>>, key: Key, waiter: Waiter): void {
  const waiters = sets.get(key);
  waiters?.delete(waiter);
  if (waiters?.size === 0) sets.delete(key);
}
