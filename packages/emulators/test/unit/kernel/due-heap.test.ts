import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DueHeap, type HeapItem } from "../../../src/kernel/due-heap.ts";

const makeItem = (dueMs: number, order: number): HeapItem => ({ dueMs, order, heapIndex: -1 });

function drain(heap: DueHeap<HeapItem>): HeapItem[] {
  const drained: HeapItem[] = [];
  for (let item = heap.peek(); item; item = heap.peek()) {
    heap.remove(item);
    drained.push(item);
  }
  return drained;
}

test("returns items by their time, and those of the same time by their order", () => {
  const heap = new DueHeap<HeapItem>();
  for (const item of [makeItem(3, 0), makeItem(1, 2), makeItem(1, 1), makeItem(2, 3)]) heap.add(item);
  expect(drain(heap).map(({ dueMs, order }) => [dueMs, order])).toEqual([
    [1, 1],
    [1, 2],
    [2, 3],
    [3, 0],
  ]);
});

test("does nothing when an item that isn't in it is removed", () => {
  const heap = new DueHeap<HeapItem>();
  const waiting = makeItem(1, 0);
  heap.add(waiting);
  heap.remove(makeItem(1, 1));
  expect(heap.size).toBe(1);
  heap.remove(waiting);
  heap.remove(waiting);
  expect(heap.size).toBe(0);
  expect(heap.peek()).toBeUndefined();
});

test("stays in order whatever is added and removed", () => {
  const step = fc.record({ dueMs: fc.integer({ min: 0, max: 20 }), removed: fc.option(fc.nat(), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new DueHeap<HeapItem>();
      const waiting: HeapItem[] = [];
      for (const [order, { dueMs, removed }] of steps.entries()) {
        const item = makeItem(dueMs, order);
        heap.add(item);
        waiting.push(item);
        const [victim] = removed === undefined ? [] : waiting.splice(removed % waiting.length, 1);
        if (victim) heap.remove(victim);
        expect(heap.size).toBe(waiting.length);
      }
      const expected = waiting.toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      expect(drain(heap)).toEqual(expected.map((item) => expect.objectContaining({ order: item.order })));
    }),
  );
});
