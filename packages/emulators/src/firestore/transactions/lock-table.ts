import type { ReadSet } from "./read-set.ts";
import type { Change } from "../store/document-store.ts";
import type { CompiledQuery } from "../query/query.ts";
import type { Transaction } from "./transaction.ts";

interface Held {
  readonly names: Set<string>;
  readonly queries: CompiledQuery[];
}

/**
 * The shared locks of read-write transactions on what they have read: on documents, existing or not, and on the ranges
 * of queries, so that documents that come to match conflict as well.
 */
export class LockTable {
  readonly #heldBy = new Map<Transaction, Held>();
  readonly #holders = new Map<string, Set<Transaction>>();
  readonly #queryHolders = new Set<Transaction>();

  lock(transaction: Transaction, readSet: ReadSet): void {
    if (readSet.kind === "query") this.#lockQuery(transaction, readSet.query);
    else this.#lockDocuments(transaction, readSet.names);
  }

  holdsDocument(transaction: Transaction, name: string): boolean {
    return this.#heldBy.get(transaction)?.names.has(name) ?? false;
  }

  /** The transactions that hold a lock on one of these documents. */
  *holdersOf(names: Iterable<string>): Generator<Transaction> {
    if (this.#holders.size === 0) return;
    for (const name of names) yield* this.#holders.get(name) ?? [];
  }

  /** The transactions that hold a lock on a range that one of these changes enters, leaves or stays in. */
  *holdersOfRangesTouchedBy(changes: readonly Change[]): Generator<Transaction> {
    for (const transaction of this.#queryHolders) {
      const queries = this.#heldBy.get(transaction)?.queries ?? [];
      if (queries.some((query) => changes.some((change) => touches(query, change)))) yield transaction;
    }
  }

  release(transaction: Transaction): void {
    const held = this.#heldBy.get(transaction);
    if (!held) return;
    this.#heldBy.delete(transaction);
    this.#queryHolders.delete(transaction);
    for (const name of held.names) {
      const holders = this.#holders.get(name);
      holders?.delete(transaction);
      if (holders?.size === 0) this.#holders.delete(name);
    }
  }

  #lockDocuments(transaction: Transaction, names: readonly string[]): void {
    const held = this.#held(transaction);
    for (const name of names) {
      if (held.names.has(name)) continue;
      held.names.add(name);
      const holders = this.#holders.get(name);
      if (holders) holders.add(transaction);
      else this.#holders.set(name, new Set([transaction]));
    }
  }

  #lockQuery(transaction: Transaction, query: CompiledQuery): void {
    this.#held(transaction).queries.push(query);
    this.#queryHolders.add(transaction);
  }

  #held(transaction: Transaction): Held {
    const known = this.#heldBy.get(transaction);
    if (known) return known;
    const held: Held = { names: new Set(), queries: [] };
    this.#heldBy.set(transaction, held);
    return held;
  }
}

function touches(query: CompiledQuery, { name, before, after }: Change): boolean {
  if (!query.inScope(name)) return false;
  return (before !== null && query.matches(before)) || (after !== null && query.matches(after));
}
