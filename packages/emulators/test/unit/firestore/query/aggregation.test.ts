import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { aggregate, aggregatedFields } from "../../../../src/firestore/query/aggregation.ts";
import { compileQuery } from "../../../../src/firestore/query/query.ts";
import type { Aggregation, StructuredQuery } from "../../../../src/firestore/query/structured-query.ts";
import type { Value } from "../../../../src/firestore/values/value.ts";
import { inC, up } from "./wire-queries.ts";
import { document, double, int, LARGEST, long, NAN, NULL, PAST_DOUBLES, ROOT, text } from "../values/wire-values.ts";

const count: Aggregation = { count: {} };
const upTo = (value: number): Aggregation => ({ count: { upTo: { value } } });
const sum = (fieldPath: string): Aggregation => ({ sum: { field: { fieldPath } } });
const average = (fieldPath: string): Aggregation => ({ avg: { field: { fieldPath } } });

function over(values: readonly Value[], ...aggregations: Aggregation[]) {
  const documents = values.map((v, i) => document(`c/d${i}`, { v }));
  return aggregate(documents, aggregations);
}

describe("a count", () => {
  it("counts documents, up to its limit", () => {
    expect(over([NULL, int(1), text("a")], count, upTo(2), upTo(0), upTo(9))).toEqual({
      field_1: int(3),
      field_2: int(2),
      field_3: int(0),
      field_4: int(3),
    });
  });
});

describe("a sum", () => {
  it.each<[string, Value[], Value]>([
    ["of integers is an integer", [int(1), int(2)], int(3)],
    ["of nothing is the integer 0", [], int(0)],
    ["skips what is no number", [int(1), text("7"), NULL], int(1)],
    ["with a double is a double", [int(1), double(2)], double(3)],
    ["of integers past 2^53 is exact", [int(PAST_DOUBLES), int(1)], int(long(0x20_0000, 2))],
    ["may pass the largest integer on the way", [int(LARGEST), int(1), int(-1)], int(LARGEST)],
    ["past the largest integer is a double", [int(LARGEST), int(1)], double(2 ** 63)],
    ["below the smallest integer is a double", [int(long(-0x8000_0000, 0)), int(-1)], double(-(2 ** 63))],
    ["loses little to rounding", [double(0.1), double(0.2), int(3)], double(3.3)],
    ["keeps what a large double would swallow", [double(2 ** 60), double(1), double(-(2 ** 60))], double(1)],
    ["with NaN is NaN", [int(1), NAN], NAN],
    ["with infinity is infinity", [int(1), double(Infinity), double(5)], double(Infinity)],
    ["of both infinities is NaN", [double(Infinity), double(-Infinity)], NAN],
    ["past the largest double is infinity", [double(Number.MAX_VALUE), double(Number.MAX_VALUE)], double(Infinity)],
  ])("%s", (_, values, result) => {
    expect(over(values, sum("v"))).toEqual({ field_1: result });
  });
});

describe("an average", () => {
  it.each<[string, Value[], Value]>([
    ["of integers is a double", [int(1), int(2)], double(1.5)],
    ["of nothing is null", [], NULL],
    ["of no number is null", [text("1")], NULL],
    ["counts numbers only", [int(2), NULL, double(4)], double(3)],
    ["of integers whose sum is no int64", [int(LARGEST), int(LARGEST)], double(2 ** 63)],
    ["with NaN is NaN", [int(1), NAN], NAN],
  ])("%s", (_, values, result) => {
    expect(over(values, average("v"))).toEqual({ field_1: result });
  });
});

describe("aliases", () => {
  it("are numbered if missing, without counting the named ones", () => {
    expect(over([int(1)], { ...count, alias: "n" }, count, { ...sum("v"), alias: "s" }, average("v"))).toEqual({
      n: int(1),
      field_1: int(1),
      s: int(1),
      field_2: double(1),
    });
  });
});

describe("the documents aggregated", () => {
  const DOCUMENTS = [
    document("c/a", { x: int(3), y: int(1), w: int(1) }),
    document("c/b", { x: int(2), y: int(2), w: int(2) }),
    document("c/c", { x: int(1), w: int(3) }),
    document("c/d", { x: NULL, y: int(4), w: int(4) }),
  ];
  const result = (query: StructuredQuery, ...aggregations: Aggregation[]) => {
    const compiled = compileQuery(ROOT, inC(query), aggregatedFields(aggregations));
    return aggregate(compiled.run(DOCUMENTS).documents, aggregations);
  };

  it("are those that have all the summed or averaged fields", () => {
    expect(result({}, count)).toEqual({ field_1: int(4) });
    expect(result({}, count, sum("y"))).toEqual({ field_1: int(3), field_2: int(7) });
    expect(result({}, sum("x"), average("y"))).toEqual({ field_1: int(5), field_2: double(7 / 3) });
    expect(result({}, sum("nowhere"), count)).toEqual({ field_1: int(0), field_2: int(0) });
  });

  it("are limited after being ordered by those fields last", () => {
    expect(result({ limit: { value: 2 } }, sum("x"))).toEqual({ field_1: int(1) });
    expect(result({ limit: { value: 2 }, orderBy: [up("w")] }, sum("y"))).toEqual({ field_1: int(3) });
    expect(result({ limit: { value: 1 }, offset: 1 }, count)).toEqual({ field_1: int(1) });
  });
});

describe("aggregatedFields refuses as an invalid argument", () => {
  it.each<[string, Aggregation[]]>([
    ["no aggregation", []],
    ["six aggregations", Array.from({ length: 6 }, () => count)],
    ["an aggregation without an operator", [{ alias: "a" }]],
    ["a count up to a negative number", [upTo(-1)]],
    [
      "one alias twice",
      [
        { ...count, alias: "a" },
        { ...sum("x"), alias: "a" },
      ],
    ],
    ["an alias like a default one", [{ ...count, alias: "field_1" }, sum("x")]],
    ["a reserved alias", [{ ...count, alias: "__a__" }]],
    ["a sum of names", [sum("__name__")]],
    ["an average of a malformed path", [average("a..b")]],
  ])("%s", (_, aggregations) => {
    expect(() => aggregatedFields(aggregations)).toThrow(expect.objectContaining({ code: status.INVALID_ARGUMENT }));
  });
});
