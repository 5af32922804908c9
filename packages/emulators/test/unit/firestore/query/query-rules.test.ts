import { status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { compileQuery } from "../../../../src/firestore/query/query.ts";
import type { Filter, StructuredQuery } from "../../../../src/firestore/query/structured-query.ts";
import type { Value } from "../../../../src/firestore/values/value.ts";
import { after, and, before, down, inC, is, or, up, where } from "./wire-queries.ts";
import { array, int, NULL, reference, ROOT, text } from "../values/wire-values.ts";

const ints = (count: number): Value => array(...Array.from({ length: count }, (_, i) => int(i)));
const times = (count: number, make: (i: number) => Filter): Filter[] =>
  Array.from({ length: count }, (_, i) => make(i));
const filtered = (filter: Filter): StructuredQuery => inC({ where: filter });
const contains = (field: string): Filter => where(field, "ARRAY_CONTAINS", int(1));
const equals = (field: string): Filter => where(field, "EQUAL", int(1));
const foreign: Value = { referenceValue: "projects/other/databases/(default)/documents/c/a" };

describe("compileQuery refuses as an invalid argument", () => {
  it.each<[string, StructuredQuery]>([
    ["two array-contains", filtered(and(contains("a"), contains("b")))],
    ["array-contains with array-contains-any", filtered(and(contains("a"), where("b", "ARRAY_CONTAINS_ANY", ints(1))))],
    [
      "two array-contains that only meet in one disjunction",
      filtered(and(or(contains("a"), equals("b")), or(contains("c"), equals("d")))),
    ],
    ["two !=", filtered(and(where("a", "NOT_EQUAL", int(1)), where("b", "NOT_EQUAL", int(1))))],
    ["!= on both sides of OR", filtered(or(where("a", "NOT_EQUAL", int(1)), where("b", "NOT_EQUAL", int(1))))],
    ["!= with not-in", filtered(and(where("a", "NOT_EQUAL", int(1)), where("a", "NOT_IN", ints(1))))],
    ["is-not-null with is-not-nan", filtered(and(is("a", "IS_NOT_NULL"), is("a", "IS_NOT_NAN")))],
    ["not-in with in", filtered(and(where("a", "NOT_IN", ints(1)), where("b", "IN", ints(1))))],
    [
      "not-in with array-contains-any",
      filtered(and(where("a", "NOT_IN", ints(1)), where("b", "ARRAY_CONTAINS_ANY", ints(1)))),
    ],
    ["not-in with OR", filtered(and(where("a", "NOT_IN", ints(1)), or(equals("b"))))],
    ["11 values of not-in", filtered(where("a", "NOT_IN", ints(11)))],
    ["31 values of in", filtered(where("a", "IN", ints(31)))],
    ["31 values of array-contains-any", filtered(where("a", "ARRAY_CONTAINS_ANY", ints(31)))],
    ["31 disjunctions", filtered(or(...times(31, () => equals("a"))))],
    ["6 times 6 disjunctions", filtered(and(where("a", "IN", ints(6)), where("b", "IN", ints(6))))],
    ["inequalities on 11 fields", filtered(and(...times(11, (i) => where(`f${i}`, "LESS_THAN", int(1)))))],
    ["101 filters", filtered(and(...times(101, (i) => equals(`f${i}`))))],
    ["101 orders", inC({ orderBy: Array.from({ length: 101 }, (_, i) => up(`f${i}`)) })],
    ["in without values", filtered(where("a", "IN", array()))],
    ["in without an array", filtered(where("a", "IN", int(1)))],
    ["not-in without an array", filtered(where("a", "NOT_IN", int(1)))],
    ["array-contains-any without an array", filtered(where("a", "ARRAY_CONTAINS_ANY", int(1)))],
    [
      "an unknown operator of a field filter",
      filtered({ fieldFilter: { field: { fieldPath: "a" }, op: 0, value: int(1) } }),
    ],
    ["an unknown operator of a unary filter", filtered({ unaryFilter: { field: { fieldPath: "a" }, op: 1 } })],
    ["an unknown operator of a composite filter", filtered({ compositeFilter: { op: 0, filters: [equals("a")] } })],
    ["an OR of nothing", filtered(or())],
    ["a filter without anything", filtered({})],
    ["a filter without a value", filtered({ fieldFilter: { field: { fieldPath: "a" }, op: 5 } })],
    ["a filter with a value without a type", filtered(where("a", "EQUAL", {}))],
    ["a filter without a field", filtered({ fieldFilter: { op: 5, value: int(1) } })],
    ["a filter on a malformed path", filtered(equals("a-b"))],
    ["an order by a malformed path", inC({ orderBy: [up("a..b")] })],
    ["a selection of a malformed path", inC({ select: { fields: [{ fieldPath: "" }] } })],
    ["a name compared with a text", filtered(where("__name__", "EQUAL", text("a")))],
    ["a name compared with null", filtered(where("__name__", "GREATER_THAN", NULL))],
    ["a name in a list with a text", filtered(where("__name__", "IN", array(reference("c/a"), text("a"))))],
    ["a name compared with one of another database", filtered(where("__name__", "EQUAL", foreign))],
    ["a name compared with a collection", filtered(where("__name__", "EQUAL", reference("c")))],
    ["a name asked for null", filtered(is("__name__", "IS_NULL"))],
    ["a name that should contain something", filtered(where("__name__", "ARRAY_CONTAINS", reference("c/a")))],
    [
      "equality on the name with inequalities only on fields",
      filtered(and(where("__name__", "EQUAL", reference("c/a")), where("a", "LESS_THAN", int(1)))),
    ],
    [
      "a list of names with inequalities only on fields",
      filtered(and(where("__name__", "IN", array(reference("c/a"))), is("a", "IS_NOT_NULL"))),
    ],
    ["an order that goes on after the name", inC({ orderBy: [up("__name__"), up("a")] })],
    [
      "an order by name under an inequality on a field",
      inC({ where: where("a", "GREATER_THAN", int(1)), orderBy: [up("__name__")] }),
    ],
    ["an order by one field twice", inC({ orderBy: [up("a"), down("`a`")] })],
    ["an order by name twice", inC({ orderBy: [up("__name__"), up("__name__")] })],
    [
      "a cursor with more values than there are orders",
      inC({ orderBy: [up("a")], startAt: before(int(1), reference("c/a")) }),
    ],
    ["a cursor without orders", inC({ endAt: after(reference("c/a")) })],
    ["a cursor with a text for the name", inC({ orderBy: [up("__name__")], startAt: before(text("a")) })],
    ["a cursor with a name of another database", inC({ orderBy: [up("__name__")], endAt: before(foreign) })],
    ["a negative offset", inC({ offset: -1 })],
    ["a negative limit", inC({ limit: { value: -1 } })],
    ["two collections", { from: [{ collectionId: "c" }, { collectionId: "d" }] }],
    ["a collection with a slash", { from: [{ collectionId: "c/d" }] }],
    ["a reserved collection", { from: [{ collectionId: "__c__" }] }],
    ["a filter on a field without a collection", { from: [{ allDescendants: true }], where: equals("a") }],
    ["an order by a field without a collection", { orderBy: [up("a")] }],
    ["descending names without a collection", { from: [{ allDescendants: true }], orderBy: [down("__name__")] }],
  ])("%s", (_, query) => {
    expect(() => compileQuery(ROOT, query)).toThrow(expect.objectContaining({ code: status.INVALID_ARGUMENT }));
  });

  it("a parent that is a collection", () => {
    expect(() => compileQuery(`${ROOT}/c`, inC())).toThrow(expect.objectContaining({ code: status.INVALID_ARGUMENT }));
  });

  it("100 orders below a document", () => {
    const query = inC({ orderBy: Array.from({ length: 100 }, (_, i) => up(`f${i}`)) });

    expect(() => compileQuery(`${ROOT}/c/a`, query)).toThrow(
      expect.objectContaining({ code: status.INVALID_ARGUMENT }),
    );
    expect(() => compileQuery(ROOT, query)).not.toThrow();
  });
});

describe("compileQuery refuses for lack of an index", () => {
  it.each<[string, StructuredQuery]>([
    ["descending names", inC({ orderBy: [down("__name__")] })],
    [
      "descending names, filtered by names",
      inC({ where: where("__name__", "GREATER_THAN", reference("c/a")), orderBy: [down("__name__")] }),
    ],
    [
      "descending names of a group",
      { from: [{ collectionId: "c", allDescendants: true }], orderBy: [down("__name__")] },
    ],
  ])("%s", (_, query) => {
    expect(() => compileQuery(ROOT, query)).toThrow(expect.objectContaining({ code: status.FAILED_PRECONDITION }));
  });
});

describe("compileQuery accepts", () => {
  it.each<[string, StructuredQuery]>([
    ["one array-contains on each side of OR", filtered(or(contains("a"), contains("b")))],
    ["!= with in", filtered(and(where("a", "NOT_EQUAL", int(1)), where("b", "IN", ints(2))))],
    ["!= with OR", filtered(and(where("a", "NOT_EQUAL", int(1)), or(equals("b"), equals("c"))))],
    [
      "equality on the name with inequalities on it and on fields",
      filtered(
        and(
          where("__name__", "EQUAL", reference("c/a")),
          where("__name__", "LESS_THAN", reference("c/b")),
          where("a", "LESS_THAN", int(1)),
        ),
      ),
    ],
    ["10 values of not-in", filtered(where("a", "NOT_IN", ints(10)))],
    ["30 values of in", filtered(where("a", "IN", ints(30)))],
    ["5 times 6 disjunctions", filtered(and(where("a", "IN", ints(5)), where("b", "IN", ints(6))))],
    ["inequalities on 10 fields", filtered(and(...times(10, (i) => where(`f${i}`, "LESS_THAN", int(1)))))],
    ["100 filters", filtered(and(...times(100, (i) => equals(`f${i}`))))],
    ["descending names under a filter", inC({ where: equals("a"), orderBy: [down("__name__")] })],
    ["descending names after a field", inC({ orderBy: [up("a"), down("__name__")] })],
    ["a cursor with fewer values than orders", inC({ orderBy: [up("a"), up("b")], startAt: before(int(1)) })],
    ["ascending names without a collection", { from: [{ allDescendants: true }], orderBy: [up("__name__")] }],
  ])("%s", (_, query) => {
    expect(() => compileQuery(ROOT, query)).not.toThrow();
  });
});
