import * as fc from "fast-check";
import type { JsonObject } from "./json.ts";

/** Mostly the first, sometimes the second. */
export function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, times = 24): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: times }, { arbitrary: rare, weight: 1 });
}

/** An object without the members that are undefined. */
export function given(members: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  const kept: Record<string, JsonObject[string]> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return kept;
}

/** Sometimes. */
export function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { freq: 4, nil: undefined });
}

/** Hardly ever: once in `times` + 1. */
export const rarely = <T>(arbitrary: fc.Arbitrary<T>, times = 12): fc.Arbitrary<T | undefined> =>
  mostly<T | undefined>(fc.constant(undefined), arbitrary, times);
