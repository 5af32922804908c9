import * as fc from "fast-check";
import { field, filter, nameValue, queriedPath, queryValue, ranges } from "./filters.ts";
import { collectionId, parent } from "./names.ts";
import type { JsonObject } from "../json.ts";
import { given, mostly, rarely, seldom } from "../mostly.ts";
import type { Operation } from "../operation.ts";

const order = (): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      fc.oneof({ arbitrary: queriedPath(), weight: 4 }, { arbitrary: fc.constant("__name__"), weight: 1 }),
      fc.constantFrom<(string | number)[]>("ASCENDING", "DESCENDING", 0),
    )
    .map(([path, direction]) => ({ field: field(path), direction }));

const cursor = (): fc.Arbitrary<JsonObject> =>
  fc.record({
    values: fc.array(fc.oneof({ arbitrary: queryValue(), weight: 3 }, nameValue()), { minLength: 1, maxLength: 2 }),
    before: fc.boolean(),
  });

/** Makes a cursor fit the orders: a reference where the order is by name, and no more values than there are orders. */
function fitted(cursorOf: JsonObject, orders: readonly JsonObject[], names: readonly JsonObject[]): JsonObject {
  const { values, before } = cursorOf;
  if (!Array.isArray(values)) return cursorOf;
  const fitting = values.slice(0, orders.length).map((value: JsonObject, i) => {
    const path = orders[i]?.["field"];
    const isName = JSON.stringify(path) === JSON.stringify(field("__name__"));
    return isName ? (names[i] ?? value) : value;
  });
  return given({ values: fitting, before });
}

const selector = (): fc.Arbitrary<JsonObject> =>
  fc
    .record({
      collectionId: mostly<string | undefined>(collectionId(), fc.constant(undefined), 30),
      allDescendants: seldom(fc.constant(true)),
    })
    .map(given);

/** A query, usually a valid one. */
function structuredQuery(): fc.Arbitrary<JsonObject> {
  const parts = fc.record({
    from: mostly(fc.tuple(selector()), fc.array(selector(), { maxLength: 2 }), 30),
    where: fc.option(fc.oneof({ arbitrary: filter(), weight: 6 }, ranges()), { freq: 2, nil: undefined }),
    orderBy: fc.array(order(), { maxLength: 2 }),
    startAt: rarely(cursor(), 8),
    endAt: rarely(cursor(), 8),
    fits: mostly(fc.constant(true), fc.constant(false), 12),
    names: fc.array(nameValue(), { minLength: 2, maxLength: 2 }),
    offset: rarely(mostly(fc.nat(3), fc.constant(-1), 12), 5),
    limit: rarely(
      mostly(fc.nat(4), fc.constant(-1), 12).map((value) => ({ value })),
      5,
    ),
    select: seldom(
      mostly(fc.array(queriedPath(), { minLength: 1, maxLength: 2 }), fc.constant<string[]>([]), 12).map((paths) => ({
        fields: paths.map(field),
      })),
    ),
  });
  return parts.map(({ fits, names, startAt, endAt, ...rest }) => {
    const fit = (at: JsonObject | undefined): JsonObject | undefined =>
      at && fits ? fitted(at, rest.orderBy, names) : at;
    return given({ ...rest, startAt: fit(startAt), endAt: fit(endAt) });
  });
}

/** Runs a query. */
export function runQuery(): fc.Arbitrary<Operation> {
  return fc
    .record({ parent: parent(), structuredQuery: structuredQuery() })
    .map((request) => ({ call: "RunQuery", request }));
}

const aggregation = (): fc.Arbitrary<JsonObject> => {
  const operator = fc.oneof(
    rarely(fc.constantFrom({ upTo: { value: "2" } }, { upTo: { value: "0" } }, { upTo: { value: "-1" } })).map(
      (count): JsonObject => ({ count: count ?? {} }),
    ),
    queriedPath().map((path): JsonObject => ({ sum: { field: field(path) } })),
    queriedPath().map((path): JsonObject => ({ avg: { field: field(path) } })),
  );
  const alias = fc.oneof(
    { arbitrary: fc.constantFrom("x", "y", "z", ""), weight: 20 },
    { arbitrary: fc.constantFrom("__x__", "a b", "é", "a.b", "`a`", "x".repeat(1_501), "field_1"), weight: 1 },
  );
  return fc.oneof(
    { arbitrary: fc.tuple(alias, operator).map(([name, by]) => ({ alias: name, ...by })), weight: 20 },
    { arbitrary: fc.constantFrom<JsonObject[]>({}, { sum: {} }, { avg: { field: field("") } }), weight: 1 },
  );
};

/** Runs an aggregation query. */
export function runAggregationQuery(): fc.Arbitrary<Operation> {
  const aggregations = mostly(
    fc.uniqueArray(aggregation(), { minLength: 1, maxLength: 4, selector: ({ alias }) => alias }),
    fc.array(aggregation(), { maxLength: 6 }),
    12,
  );
  return fc
    .record({
      parent: parent(),
      query: structuredQuery(),
      aggregations,
      selects: mostly(fc.constant(false), fc.constant(true), 12),
    })
    .map(({ parent, query, aggregations, selects }) => {
      const { select, ...rest } = query;
      const structuredQuery = given({ ...rest, select: selects ? select : undefined });
      return {
        call: "RunAggregationQuery",
        request: { parent, structuredAggregationQuery: { structuredQuery, aggregations } },
      };
    });
}
