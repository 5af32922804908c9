import { expect, it } from "vitest";
import { growthPercentFor } from "../../../src/kernel/small-heap.ts";

const MIB = 1024 * 1024;

it("lets a small heap grow by 28 MiB", () => {
  expect(growthPercentFor({ used_heap_size: 12 * MIB, external_memory: 2 * MIB })).toBe(200);
});

it("counts what the heap holds outside, so that one with many bodies of tasks grows by little", () => {
  expect(growthPercentFor({ used_heap_size: 46 * MIB, external_memory: 54 * MIB })).toBe(28);
});

it("lets a large heap grow by a fifth", () => {
  expect(growthPercentFor({ used_heap_size: 200 * MIB, external_memory: 300 * MIB })).toBe(20);
});
