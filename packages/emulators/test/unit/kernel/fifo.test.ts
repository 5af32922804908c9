import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Fifo } from "../../../src/kernel/fifo.ts";

it("hands items out in the order in which they came, however many came and went before", () => {
  const steps = fc.array(fc.oneof(fc.record({ add: fc.nat(100) }), fc.record({ remove: fc.nat(100) })));
  fc.assert(
    fc.property(steps, (all) => {
      const fifo = new Fifo<number>();
      const expected: number[] = [];
      const removed: [number | undefined, number | undefined][] = [];
      let next = 0;
      for (const step of all) {
        if ("add" in step) {
          for (let i = 0; i < step.add; i++) {
            fifo.push(next);
            expected.push(next++);
          }
        } else {
          for (let i = 0; i < step.remove; i++) removed.push([fifo.shift(), expected.shift()]);
        }
        expect(removed.map(([one]) => one)).toEqual(removed.splice(0).map(([, other]) => other));
        expect([fifo.size, fifo.peek()]).toEqual([expected.length, expected[0]]);
        const half = (expected[0] ?? 0) + expected.length / 2;
        expect(fifo.findLast((item) => item < half)).toBe(expected.findLast((item) => item < half));
      }
    }),
  );
});

it("looks at a few items only to find one among many", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 100_000; i++) fifo.push(i);
  for (let i = 0; i < 40_000; i++) fifo.shift();
  let looked = 0;
  const found = fifo.findLast((item) => {
    looked += 1;
    return item <= 41_000;
  });
  expect(found).toBe(41_000);
  expect(looked).toBeLessThanOrEqual(17);
});
