import { Fifo } from "../../../kernel/fifo.ts";
import type { StoredDocument } from "../document.ts";

/** Who has versions, in the order in which they were added. */
export interface Keeper {
  /** Whether it still has a version, which is then its oldest. */
  holds(version: PastVersion): boolean;
  /** Forgets the oldest version, if it has it. */
  forget(version: PastVersion): void;
}

/** A version of a document that was replaced or deleted. */
export interface PastVersion {
  readonly document: StoredDocument;
  /** When, in microseconds. Reads of earlier times see it. */
  readonly until: bigint;
  /** About how much memory it takes. */
  readonly bytes: number;
  readonly keeper: Keeper;
}

/**
 * How much memory the past may take, over all databases. An hour of ordinary work fits into it, and minutes of a thousand
 * updates of a small document a second. With twice as much, collecting garbage stops everything for more than 20 ms.
 */
const MAX_BYTES = 64 * 1024 * 1024;

/** How many versions a commit forgets besides as many as it makes, so that forgetting keeps ahead in small steps. */
const MIN_FORGOTTEN = 16;

/**
 * What is kept of the past, over all databases: the versions in the order in which they were replaced. Each commit forgets a
 * few, so the past never has to be looked through, and no commit has to wait for that.
 *
 *     forgotten ◀─ oldest … │ … newest ◀─ replaced just now
 *                        horizon
 */
export class Retention {
  readonly #versions = new Fifo<PastVersion>();
  readonly #mostBytes: number;
  #bytes = 0;
  #added = 0;

  /** @param options.mostBytes how much memory old versions may take, as estimated; default 64 MiB. */
  constructor({ mostBytes = MAX_BYTES }: { mostBytes?: number } = {}) {
    this.#mostBytes = mostBytes;
  }

  /** How many versions it keeps. */
  get versions(): number {
    return this.#versions.size;
  }

  /** About how much memory the past takes. */
  get bytes(): number {
    return this.#bytes;
  }

  add(version: PastVersion): void {
    this.#versions.push(version);
    this.#bytes += version.bytes;
    this.#added += 1;
  }

  /** Counts more memory, or with a negative number less, that the past takes besides its versions. */
  count(bytes: number): void {
    this.#bytes += bytes;
  }

  /**
   * Forgets some versions that were replaced at the horizon or before, in microseconds, and as many of the oldest as it takes
   * to stay within the limit of memory. Call it after each commit.
   */
  trim(horizon: bigint): void {
    let left = MIN_FORGOTTEN + 2 * this.#added;
    this.#added = 0;
    for (let oldest = this.#versions.peek(); oldest; oldest = this.#versions.peek()) {
      const isDue = left > 0 && (oldest.until <= horizon || !oldest.keeper.holds(oldest));
      if (!isDue && this.#bytes <= this.#mostBytes) return;
      this.#versions.shift();
      this.#bytes -= oldest.bytes;
      oldest.keeper.forget(oldest);
      left -= 1;
    }
  }
}
