import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identicalFields, identicalValues } from "../../../../src/firestore/values/equality.ts";
import type { Fields } from "../../../../src/firestore/values/value.ts";
import { anyValue } from "./arbitrary-values.ts";
import {
  array,
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
  text,
  time,
} from "./wire-values.ts";

describe("identicalValues", () => {
  it.each([
    ["an integer and the double of its value", int(1), double(1)],
    ["0 and -0", double(0), double(-0)],
    ["the coordinates 0 and -0", point(0, 1), point(-0, 1)],
    ["integers that are one double", int(2 ** 53), int(PAST_DOUBLES)],
    ["null and the empty text", NULL, text("")],
    ["texts of one look", text("é"), text("e\u0301")],
    ["microseconds", time(1, 1000), time(1, 2000)],
    ["bytes", bytes(1, 2), bytes(1, 3)],
    ["arrays of one start", array(int(1)), array(int(1), int(2))],
    ["elements", array(int(1)), array(double(1))],
    ["an inherited and an own field", map({}), map({ toString: NULL })],
  ])("distinguishes %s", (_, a, b) => {
    expect(identicalValues(a, b)).toBe(false);
    expect(identicalValues(b, a)).toBe(false);
  });

  it.each([
    ["NaN and NaN", NAN, double(Number.NaN)],
    ["an integer in either form", int(-1), int(long(-1, -1))],
    ["the largest integer", int(LARGEST), int(long(0x7fff_ffff, 0xffff_ffff))],
    ["maps in another order", map({ a: int(1), b: NULL }), map({ b: NULL, a: int(1) })],
    ["absent and empty elements", { arrayValue: {} }, array()],
    ["absent and empty fields", { mapValue: {} }, map({})],
  ])("treats as identical %s", (_, a, b) => {
    expect(identicalValues(a, b)).toBe(true);
  });

  it("treats a deep copy as identical", () => {
    fc.assert(
      fc.property(anyValue(), (value) => {
        expect(identicalValues(value, structuredClone(value))).toBe(true);
      }),
    );
  });
});

describe("identicalFields", () => {
  it("includes a field called __proto__", () => {
    const withProto: Fields = JSON.parse('{"__proto__":{"nullValue":0}}');

    expect(identicalFields(withProto, { other: NULL })).toBe(false);
    expect(identicalFields({ other: NULL }, withProto)).toBe(false);
    expect(identicalFields(withProto, JSON.parse('{"__proto__":{"nullValue":0}}'))).toBe(true);
  });
});
