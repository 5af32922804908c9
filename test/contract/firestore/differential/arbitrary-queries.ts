import * as fc from "fast-check";
import { collectionId, parent } from "./arbitrary-names.ts";
import { anyValue, commonValue, fieldPath, flatValue, mostly, reference } from "./arbitrary-values.ts";
import { given, rarely, seldom } from "./arbitrary-writes.ts";
import { type Operation, ROOT } from "./operation.ts";
import type { JsonObject } from "./json.ts";

const field = (path: string): JsonObject => ({ fieldPath: path });

const RANGES = ["LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"];
const COMPARISONS = [...RANGES, "EQUAL", "EQUAL", "NOT_EQUAL", "ARRAY_CONTAINS"];
const LISTS = ["IN", "NOT_IN", "ARRAY_CONTAINS_ANY"];
const UNARY = ["IS_NAN", "IS_NULL", "IS_NOT_NAN", "IS_NOT_NULL"];

/** Mostly a field that documents have. */
const queriedPath = (): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constantFrom("a", "b", "a", "b", "m.a", "l"), weight: 2 }, fieldPath());

const queryValue = (): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    { arbitrary: commonValue(), weight: 6 },
    { arbitrary: flatValue(), weight: 2 },
    { arbitrary: anyValue(), weight: 1 },
  );

const nameValue = (): fc.Arbitrary<JsonObject> =>
  mostly(
    reference().map((referenceValue) => ({ referenceValue })),
    flatValue(),
    16,
  );

const list = (value: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  mostly(
    fc.array(value, { minLength: 1, maxLength: 4 }).map((values) => ({ arrayValue: { values } })),
    fc.oneof(
      value,
      fc.constant({ arrayValue: {} }),
      fc.array(value, { minLength: 9, maxLength: 12 }).map((values) => ({ arrayValue: { values } })),
    ),
  );

const condition = (): fc.Arbitrary<JsonObject> => {
  const compare = (path: fc.Arbitrary<string>, value: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject>[] => [
    fc
      .tuple(path, fc.constantFrom(...COMPARISONS), value)
      .map(([name, op, operand]) => ({ fieldFilter: { field: field(name), op, value: operand } })),
    fc
      .tuple(path, fc.constantFrom(...LISTS), list(value))
      .map(([name, op, operand]) => ({ fieldFilter: { field: field(name), op, value: operand } })),
  ];
  const unary = fc
    .tuple(queriedPath(), fc.constantFrom(...UNARY))
    .map(([name, op]) => ({ unaryFilter: { field: field(name), op } }));
  const odd = fc.constantFrom<JsonObject[]>(
    {},
    { fieldFilter: { field: field("a"), op: 0, value: { integerValue: "1" } } },
    { fieldFilter: { field: field("a"), op: "EQUAL" } },
    { fieldFilter: { op: "EQUAL", value: { integerValue: "1" } } },
    { unaryFilter: { op: "IS_NULL" } },
    { unaryFilter: { field: field("a"), op: 0 } },
    { unaryFilter: { field: field("__name__"), op: "IS_NULL" } },
    { compositeFilter: { op: "AND" } },
    { compositeFilter: { op: "OR" } },
    { compositeFilter: { op: 0, filters: [{ unaryFilter: { field: field("a"), op: "IS_NULL" } }] } },
  );
  const [plain, lists] = compare(queriedPath(), queryValue());
  const [named, namedLists] = compare(fc.constant("__name__"), nameValue());
  return fc.oneof(
    { arbitrary: plain ?? odd, weight: 24 },
    { arbitrary: lists ?? odd, weight: 8 },
    { arbitrary: unary, weight: 6 },
    { arbitrary: named ?? odd, weight: 4 },
    { arbitrary: namedLists ?? odd, weight: 2 },
    { arbitrary: odd, weight: 1 },
  );
};

const filter = (): fc.Arbitrary<JsonObject> =>
  fc.letrec<{ filter: JsonObject }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true, depthIdentifier: "filter" },
      { arbitrary: condition(), weight: 4 },
      {
        arbitrary: fc
          .tuple(fc.constantFrom("AND", "OR", "OR"), fc.array(tie("filter"), { minLength: 1, maxLength: 3 }))
          .map(([op, filters]) => ({ compositeFilter: { op, filters } })),
        weight: 2,
      },
    ),
  })).filter;

/** Inequalities on several fields, which decide the order. */
const ranges = (): fc.Arbitrary<JsonObject> =>
  fc
    .uniqueArray(fc.constantFrom("a", "b", "A", "`é`", "`x.y`", "`0`", "m.a", "__name__"), {
      minLength: 2,
      maxLength: 3,
    })
    .map((paths) =>
      paths.map((path) => ({
        fieldFilter: { field: field(path), op: "GREATER_THAN", value: LEAST[path === "__name__" ? 1 : 0] ?? {} },
      })),
    )
    .map((filters) => ({ compositeFilter: { op: "AND", filters } }));

/** Numbers and names from here on. */
const LEAST: readonly JsonObject[] = [{ doubleValue: "-Infinity" }, { referenceValue: `${ROOT}/a/a` }];

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

/** A cursor fits its orders: a name where the order is by name, and no more values than there are orders. */
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

/** A query, mostly one that is run. */
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

/** A query, run. */
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

/** A query, aggregated. */
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
