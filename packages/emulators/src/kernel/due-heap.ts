/** An item of a heap, which maintains `heapIndex` itself. */
export interface HeapItem {
  /** When it is due, in milliseconds since the epoch. It must not change while the item is in the heap. */
  dueMs: number;
  /** The order of items that are due at the same time. */
  readonly order: number;
  /** Its index in the heap; −1 when it isn't in one. */
  heapIndex: number;
}

/** Items by when they are due, earliest first. Adding and removing take O(log n). */
export class DueHeap<Item extends HeapItem> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item that is due first, without removing it. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  /** Adds an item that is not in the heap. */
  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Removes an item. Does nothing if it is not in the heap. */
  remove(item: Item): void {
    const index = item.heapIndex;
    if (index === -1) return;
    item.heapIndex = -1;
    const last = this.#items.pop();
    if (!last || last === item) return;
    this.#rise(last, index);
    this.#sink(last, last.heapIndex);
  }

  #rise(item: Item, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex];
      if (!parent || !isBefore(item, parent)) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
  }

  #sink(item: Item, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#earlierChild(index);
      if (!child || !isBefore(child, item)) break;
      const next = child.heapIndex;
      this.#place(child, index);
      index = next;
    }
    this.#place(item, index);
  }

  #earlierChild(index: number): Item | undefined {
    const left = this.#items[2 * index + 1];
    const right = this.#items[2 * index + 2];
    return left && right && isBefore(right, left) ? right : left;
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}

const isBefore = (a: HeapItem, b: HeapItem): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
