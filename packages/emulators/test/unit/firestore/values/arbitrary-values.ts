import * as fc from "fast-check";
import type { Value } from "../../../../src/firestore/values/value.ts";
import {
  array,
  bool,
  bytes,
  double,
  int,
  LARGEST,
  map,
  NULL,
  PAST_DOUBLES,
  point,
  ROOT,
  text,
  time,
  vector,
} from "./wire-values.ts";

/** Values of every type, small enough to be equal sometimes, nested a little. */
export function anyValue(): fc.Arbitrary<Value> {
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      flatValue(),
      fc.array(tie("value"), { maxLength: 3 }).map((values) => array(...values)),
      fc.dictionary(fc.constantFrom("a", "b", "é", "__proto__"), tie("value"), { maxKeys: 3 }).map(map),
      fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }).map((dimensions) => vector(...dimensions)),
    ),
  }));
  return value;
}

/** Values without others in them. */
export function flatValue(): fc.Arbitrary<Value> {
  return fc.oneof(
    fc.constant(NULL),
    fc.boolean().map(bool),
    anyNumber(),
    fc.tuple(fc.integer({ min: -1, max: 1 }), fc.constantFrom(0, 500, 1000, 999_999_000)).map(([s, n]) => time(s, n)),
    fc.string({ unit: fc.constantFrom("a", "b", "\uFFFD", "\u{1F600}"), maxLength: 3 }).map(text),
    fc.array(fc.constantFrom(0, 127, 128), { maxLength: 2 }).map((octets) => bytes(...octets)),
    anyDocumentName().map((name): Value => ({ referenceValue: name })),
    fc.tuple(fc.constantFrom(-1, -0, 0, 1), fc.constantFrom(-1, 1)).map(([lat, long]) => point(lat, long)),
  );
}

/** Names with common beginnings, numeric ids, and characters on both sides of "/". */
export function anyName(): fc.Arbitrary<string> {
  const id = fc.oneof(
    fc.constantFrom("__id1__", "__id01__", "__id10__", "__id-2__", "__idx__"),
    fc.string({ unit: fc.constantFrom("a", "!", "0", "~", "\u{1F600}"), minLength: 1, maxLength: 2 }),
  );
  return fc.array(id, { minLength: 1, maxLength: 3 }).map((ids) => [ROOT, ...ids].join("/"));
}

/** Valid names of documents. */
function anyDocumentName(): fc.Arbitrary<string> {
  const id = fc.constantFrom("__id1__", "__id10__", "__id-2__", "a", "!", "~", "a!", "\u{1F600}");
  return fc
    .array(id, { minLength: 1, maxLength: 2 })
    .map((ids) => [ROOT, ...ids.flatMap((each) => ["c", each])].join("/"));
}

function anyNumber(): fc.Arbitrary<Value> {
  return fc.oneof(
    fc.integer({ min: -2, max: 2 }).map(int),
    fc.constantFrom(2 ** 53, PAST_DOUBLES, LARGEST).map(int),
    fc.constantFrom(-Infinity, -1, -0, 0, 0.5, 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, Infinity, Number.NaN).map(double),
  );
}
