import { Fifo } from "../../kernel/fifo.ts";

/** Names of what is gone, which stay reserved for a while. */
export class ReservedNames {
  readonly #periodMs: number;
  readonly #goneMs = new Map<string, number>();
  /** With some that were freed or reserved again since. A Map goes past all that was removed before its first entry. */
  readonly #oldestFirst = new Fifo<{ readonly name: string; readonly goneMs: number }>();

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  get size(): number {
    return this.#goneMs.size;
  }

  has(name: string): boolean {
    return this.#goneMs.has(name);
  }

  isReserved(name: string, nowMs: number): boolean {
    const goneMs = this.#goneMs.get(name);
    return goneMs !== undefined && nowMs < goneMs + this.#periodMs;
  }

  /** Reserves the name of what went just now, and frees those whose time is over. */
  reserve(name: string, nowMs: number): void {
    // Oldest first, even if it is there already.
    this.#goneMs.delete(name);
    this.#goneMs.set(name, nowMs);
    this.#oldestFirst.push({ name, goneMs: nowMs });
    this.forgetUntil(nowMs);
  }

  free(name: string): void {
    this.#goneMs.delete(name);
  }

  /** Frees the names whose time is over. */
  forgetUntil(nowMs: number): void {
    for (let oldest = this.#oldestFirst.peek(); oldest; oldest = this.#oldestFirst.peek()) {
      const { name, goneMs } = oldest;
      if (nowMs < goneMs + this.#periodMs) return;
      this.#oldestFirst.shift();
      if (this.#goneMs.get(name) === goneMs) this.#goneMs.delete(name);
    }
  }

  /** Frees all names. */
  clear(): void {
    this.#goneMs.clear();
    this.#oldestFirst.clear();
  }

  names(): Iterable<string> {
    return this.#goneMs.keys();
  }

  /** Names and when they went, oldest first, even while more come and go. */
  entries(): Iterable<[name: string, goneMs: number]> {
    return this.#goneMs.entries();
  }
}
