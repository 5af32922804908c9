import * as fc from "fast-check";

/** Mostly the first, now and then the second. */
export function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, times = 24): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: times }, { arbitrary: rare, weight: 1 });
}
