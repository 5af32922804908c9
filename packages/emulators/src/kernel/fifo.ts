/** Below this many removed items, room at the front isn't worth a copy. */
const MIN_REMOVED = 32;

/**
 * Items in the order in which they were added. Adding and removing take constant time, amortised: an Array's `shift` moves
 * all items once they are many, and a Map or Set goes past everything that was removed from its front.
 */
export class Fifo<Item> {
  /** Those before `#first` are removed. */
  #items: (Item | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** The oldest item, without removing it. */
  peek(): Item | undefined {
    return this.#items[this.#first];
  }

  /** Removes the oldest item. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first >= MIN_REMOVED && this.#first >= this.size) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
  }

  /** The newest of the first items that pass, if those that pass come before those that don't. Looks at O(log n) of them. */
  findLast(passes: (item: Item) => boolean): Item | undefined {
    let [from, to] = [this.#first, this.#items.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const item = this.#items[middle];
      if (item !== undefined && passes(item)) from = middle + 1;
      else to = middle;
    }
    return from > this.#first ? this.#items[from - 1] : undefined;
  }
}
