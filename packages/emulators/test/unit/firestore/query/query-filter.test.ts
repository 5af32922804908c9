import { describe, expect, it } from "vitest";
import { parseFilter } from "../../../../src/firestore/query/filter-tree.ts";
import { compileFilter } from "../../../../src/firestore/query/query-filter.ts";
import type { Filter } from "../../../../src/firestore/query/structured-query.ts";
import type { Value } from "../../../../src/firestore/values/value.ts";
import { and, is, or, where } from "./wire-queries.ts";
import {
  array,
  bool,
  bytes,
  document,
  double,
  int,
  map,
  NAN,
  NULL,
  PAST_DOUBLES,
  point,
  reference,
  text,
  time,
  vector,
} from "../values/wire-values.ts";

/** One document for each value of the field `v`, and one without the field. */
const VALUES = {
  null: NULL,
  false: bool(false),
  nan: NAN,
  minusOne: int(-1),
  zero: int(0),
  minusZero: double(-0),
  one: int(1),
  oneDouble: double(1),
  two53: double(2 ** 53),
  past53: int(PAST_DOUBLES),
  time: time(1),
  a: text("a"),
  b: text("b"),
  bytes: bytes(97),
  ref: reference("c/a"),
  point: point(1, 2),
  empty: array(),
  nulls: array(NULL),
  nans: array(NAN),
  ones: array(int(1), text("a")),
  vector: vector(1),
  map: map({ a: int(1) }),
  nullMap: map({ a: NULL }),
} satisfies Record<string, Value>;

const NOT_NULL = Object.keys(VALUES).filter((name) => name !== "null");

function passing(filter: Filter): string[] {
  const test = compileFilter(parseFilter(filter));
  const documents = Object.entries(VALUES).map(([name, v]) => ({ name, held: document(`c/${name}`, { v }) }));
  const missing = { name: "missing", held: document("c/missing", { w: int(1) }) };
  return [...documents, missing].filter(({ held }) => test(held)).map(({ name }) => name);
}

describe("a filter by", () => {
  it.each<[string, Filter, string[]]>([
    ["== 1", where("v", "EQUAL", int(1)), ["one", "oneDouble"]],
    ["== 0.0", where("v", "EQUAL", double(0)), ["zero", "minusZero"]],
    ["== 2^53 + 1", where("v", "EQUAL", int(PAST_DOUBLES)), ["past53"]],
    ["== a text", where("v", "EQUAL", text("a")), ["a"]],
    ["== a boolean", where("v", "EQUAL", bool(false)), ["false"]],
    ["== a timestamp finer than stored ones", where("v", "EQUAL", time(1, 999)), ["time"]],
    ["== an array", where("v", "EQUAL", array(double(1), text("a"))), ["ones"]],
    ["== an array of null", where("v", "EQUAL", array(NULL)), ["nulls"]],
    ["== an array of NaN", where("v", "EQUAL", array(NAN)), ["nans"]],
    ["== a map", where("v", "EQUAL", map({ a: int(1) })), ["map"]],
    ["== a vector", where("v", "EQUAL", vector(1)), ["vector"]],
    ["== null", where("v", "EQUAL", NULL), []],
    ["== NaN", where("v", "EQUAL", NAN), []],
    ["!= null", where("v", "NOT_EQUAL", NULL), []],
    ["!= NaN", where("v", "NOT_EQUAL", NAN), NOT_NULL],
    ["!= 1", where("v", "NOT_EQUAL", int(1)), NOT_NULL.filter((name) => !["one", "oneDouble"].includes(name))],
    ["!= a text", where("v", "NOT_EQUAL", text("a")), NOT_NULL.filter((name) => name !== "a")],
    ["< 1", where("v", "LESS_THAN", int(1)), ["minusOne", "zero", "minusZero"]],
    ["<= 1", where("v", "LESS_THAN_OR_EQUAL", int(1)), ["minusOne", "zero", "minusZero", "one", "oneDouble"]],
    ["> 2^53", where("v", "GREATER_THAN", double(2 ** 53)), ["past53"]],
    [">= 2^53", where("v", "GREATER_THAN_OR_EQUAL", double(2 ** 53)), ["two53", "past53"]],
    ["> a text", where("v", "GREATER_THAN", text("a")), ["b"]],
    [">= a text", where("v", "GREATER_THAN_OR_EQUAL", text("")), ["a", "b"]],
    [">= an empty array", where("v", "GREATER_THAN_OR_EQUAL", array()), ["empty", "nulls", "nans", "ones"]],
    ["> a map, not a vector", where("v", "GREATER_THAN", map({})), ["map", "nullMap"]],
    [">= null", where("v", "GREATER_THAN_OR_EQUAL", NULL), []],
    ["<= NaN", where("v", "LESS_THAN_OR_EQUAL", NAN), []],
    ["in", where("v", "IN", array(int(1), text("b"))), ["one", "oneDouble", "b"]],
    ["in null and NaN", where("v", "IN", array(NULL, NAN, text("a"))), ["a"]],
    ["in arrays", where("v", "IN", array(array(NULL), array())), ["empty", "nulls"]],
    [
      "not-in",
      where("v", "NOT_IN", array(int(1), NAN)),
      NOT_NULL.filter((name) => !["one", "oneDouble"].includes(name)),
    ],
    ["not-in with null", where("v", "NOT_IN", array(int(1), NULL)), []],
    ["array-contains", where("v", "ARRAY_CONTAINS", double(1)), ["ones"]],
    ["array-contains null", where("v", "ARRAY_CONTAINS", NULL), []],
    ["array-contains NaN", where("v", "ARRAY_CONTAINS", NAN), []],
    ["array-contains-any", where("v", "ARRAY_CONTAINS_ANY", array(text("x"), text("a"), NULL)), ["ones"]],
    ["is null", is("v", "IS_NULL"), ["null"]],
    ["is NaN", is("v", "IS_NAN"), ["nan"]],
    ["is not null", is("v", "IS_NOT_NULL"), NOT_NULL],
    ["is not NaN", is("v", "IS_NOT_NAN"), NOT_NULL.filter((name) => name !== "nan")],
    ["a field in a map", where("v.a", "EQUAL", int(1)), ["map"]],
    ["null in a map", is("v.a", "IS_NULL"), ["nullMap"]],
    ["a quoted field", where("`v`", "EQUAL", text("a")), ["a"]],
    ["the name", where("__name__", "EQUAL", reference("c/one")), ["one"]],
    ["names", where("__name__", "IN", array(reference("c/one"), reference("c/missing"))), ["one", "missing"]],
    ["later names", where("__name__", "GREATER_THAN", reference("c/vector")), ["zero"]],
    ["AND", and(where("v", "GREATER_THAN", int(0)), where("v", "LESS_THAN", int(2))), ["one", "oneDouble"]],
    [
      "OR",
      or(where("v", "EQUAL", text("a")), is("v", "IS_NULL"), where("w", "EQUAL", int(1))),
      ["null", "a", "missing"],
    ],
    ["AND of none", and(), [...Object.keys(VALUES), "missing"]],
  ])("%s", (_, filter, names) => {
    expect(passing(filter)).toEqual(names);
  });
});
