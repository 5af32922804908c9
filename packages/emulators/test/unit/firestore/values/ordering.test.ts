import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNames, compareStrings, compareValues } from "../../../../src/firestore/values/ordering.ts";
import type { Value } from "../../../../src/firestore/values/value.ts";
import { anyName, anyValue } from "./arbitrary-values.ts";
import {
  array,
  bool,
  bytes,
  double,
  int,
  LARGEST,
  long,
  map,
  NAN,
  NULL,
  PAST_DOUBLES,
  point,
  reference,
  ROOT,
  text,
  time,
  vector,
} from "./wire-values.ts";

/** Values in order. Those on one line are equal. */
const IN_ORDER: readonly (readonly Value[])[] = [
  [NULL],
  [bool(false)],
  [bool(true)],
  [NAN],
  [double(-Infinity)],
  [int(long(-0x8000_0000, 0)), double(-(2 ** 63))],
  [int(-1), int(long(-1, -1)), double(-1)],
  [double(-Number.MIN_VALUE)],
  [int(0), double(0), double(-0)],
  [double(0.5)],
  [int(1), double(1), int(long(0, 1))],
  [int(2 ** 53), double(2 ** 53)],
  [int(PAST_DOUBLES)],
  [double(2 ** 53 + 2)],
  [int(LARGEST)],
  [double(2 ** 63)],
  [double(Infinity)],
  [time(-1, 999_999_000)],
  [time(0), time(0, 999)],
  [time(0, 1000)],
  [time(1)],
  [text("")],
  [text("a")],
  [text("a\u0000")],
  [text("ab")],
  [text("b")],
  [text("é")],
  [text("\uFFFD")],
  [text("\u{10000}")],
  [text("\u{1F600}")],
  [bytes()],
  [bytes(0)],
  [bytes(0, 1)],
  [bytes(127)],
  [bytes(128)],
  [reference("a/__id7__")],
  [reference("a/__id10__")],
  [reference("a/0")],
  [reference("a/0/b/c")],
  [reference("a/0!")],
  [reference("b/0")],
  [point(-1, 5)],
  [point(0, -5)],
  [point(0, 5)],
  [array()],
  [array(NULL)],
  [array(int(1)), array(double(1))],
  [array(int(1), NULL)],
  [array(int(2))],
  [array(text("a"))],
  [vector()],
  [vector(9)],
  [vector(1, 1)],
  [vector(1, 2)],
  [map({})],
  [map({ a: int(1) })],
  [map({ a: int(1), b: NULL }), map({ b: NULL, a: int(1) })],
  [map({ a: int(1), c: NULL })],
  [map({ a: int(2) })],
  [map({ b: NULL })],
];

describe("compareValues", () => {
  it("orders any two values as in the table", () => {
    const rows = IN_ORDER.flatMap((values, rank) => values.map((value) => ({ rank, value })));
    const pairs = rows.flatMap((a) => rows.map((b) => ({ a, b })));
    const wrong = pairs.filter(({ a, b }) => Math.sign(compareValues(a.value, b.value)) !== Math.sign(a.rank - b.rank));

    expect(wrong).toEqual([]);
  });

  it("is antisymmetric", () => {
    fc.assert(
      fc.property(anyValue(), anyValue(), (a, b) => {
        expect(Math.sign(compareValues(a, b)) + Math.sign(compareValues(b, a))).toBe(0);
      }),
    );
  });

  it("is transitive", () => {
    fc.assert(
      fc.property(anyValue(), anyValue(), anyValue(), (a, b, c) => {
        const isChain = compareValues(a, b) <= 0 && compareValues(b, c) <= 0;
        expect(isChain && compareValues(a, c) > 0).toBe(false);
      }),
    );
  });
});

describe("compareStrings", () => {
  it("agrees with the order of the UTF-8 bytes", () => {
    const string = fc.string({ unit: "grapheme", maxLength: 6 });
    fc.assert(
      fc.property(string, string, (a, b) => {
        expect(Math.sign(compareStrings(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe("compareNames", () => {
  const NAMES = [
    "__id-5__/x",
    // Both are the number 7, so their text decides.
    "__id07__/x",
    "__id7__/x",
    "__id9223372036854775807__/x",
    "__idx/x",
    "a",
    "a/__id7__",
    "a/__id7__/s/t",
    "a/__id70__",
    "a/b",
    "a/b/c/__id2__",
    "a/b/c/__id10__",
    "a/b/c/d",
    "a/b!",
    "a/b.c",
    "a/bb",
    "a!/b",
    "b",
    "\uFFFD/x",
    "\u{10000}/x",
  ];

  it("orders any two names as in the list", () => {
    const rows = NAMES.map((name, rank) => ({ rank, name }));
    const pairs = rows.flatMap((a) => rows.map((b) => ({ a, b })));
    const wrong = pairs.filter(({ a, b }) => Math.sign(compareNames(a.name, b.name)) !== Math.sign(a.rank - b.rank));

    expect(wrong).toEqual([]);
  });

  it("is antisymmetric and transitive", () => {
    fc.assert(
      fc.property(anyName(), anyName(), anyName(), (a, b, c) => {
        expect(Math.sign(compareNames(a, b)) + Math.sign(compareNames(b, a))).toBe(0);
        const isChain = compareNames(a, b) <= 0 && compareNames(b, c) <= 0;
        expect(isChain && compareNames(a, c) > 0).toBe(false);
      }),
    );
  });

  it("is the same when it may skip a common beginning", () => {
    fc.assert(
      fc.property(anyName(), anyName(), (a, b) => {
        expect(Math.sign(compareNames(a, b, ROOT.length + 1))).toBe(Math.sign(compareNames(a, b)));
      }),
    );
  });

  it("is zero only for the same name", () => {
    fc.assert(
      fc.property(anyName(), anyName(), (a, b) => {
        expect(compareNames(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
