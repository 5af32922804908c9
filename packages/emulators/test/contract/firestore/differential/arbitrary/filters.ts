import * as fc from "fast-check";
import { fieldPath } from "./paths.ts";
import { anyValue, commonValue, flatValue, reference } from "./values.ts";
import type { JsonObject } from "../json.ts";
import { mostly } from "../mostly.ts";
import { ROOT } from "../operation.ts";

/** A reference to a field. */
export const field = (path: string): JsonObject => ({ fieldPath: path });

const RANGES = ["LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"];
const COMPARISONS = [...RANGES, "EQUAL", "EQUAL", "NOT_EQUAL", "ARRAY_CONTAINS"];
const LISTS = ["IN", "NOT_IN", "ARRAY_CONTAINS_ANY"];
const UNARY = ["IS_NAN", "IS_NULL", "IS_NOT_NAN", "IS_NOT_NULL"];

/** Mostly a field that documents have. */
export const queriedPath = (): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constantFrom("a", "b", "a", "b", "m.a", "l"), weight: 2 }, fieldPath());

/** A value that documents are likely to have. */
export const queryValue = (): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    { arbitrary: commonValue(), weight: 6 },
    { arbitrary: flatValue(), weight: 2 },
    { arbitrary: anyValue(), weight: 1 },
  );

/** Mostly a reference. */
export const nameValue = (): fc.Arbitrary<JsonObject> =>
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

/** A filter with a few conditions. */
export const filter = (): fc.Arbitrary<JsonObject> =>
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

/** Inequalities on several fields, which affect the order. */
export const ranges = (): fc.Arbitrary<JsonObject> =>
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

/** Numbers and names from this one on. */
const LEAST: readonly JsonObject[] = [{ doubleValue: "-Infinity" }, { referenceValue: `${ROOT}/a/a` }];
