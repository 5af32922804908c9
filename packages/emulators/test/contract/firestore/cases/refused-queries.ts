import { status } from "@grpc/grpc-js";
import { expect } from "vitest";
import type { JsonObject } from "../differential/json.ts";
import type { Subject } from "../support/case.ts";
import { type Refused, refusalCases } from "../support/refusals.ts";
import { type Request, integer, query, setupTwo, where } from "../support/wire-requests.ts";

/** Queries that are refused in the service's words, as far as they are known: Google's emulator has most of them. */
export function refusedQueryCases(subject: Subject): void {
  refusalCases(subject, REFUSED);

  const { address, test } = subject;
  test("takes queries by name of a group below a document, and counts them", async () => {
    const wire = await setupTwo(address());
    const [above, below] = ["c/a/g/1", "c/a/g/1/g/2"].map((path) => `${wire.root}/${path}`);
    const writes = [above, below].map((name) => ({ update: { name: name ?? "", fields: { n: integer(1) } } }));
    await wire.call("Commit", { database: wire.database, writes });

    const byName = where("__name__", "GREATER_THAN", { referenceValue: above ?? "" });
    const answers = await Promise.all([
      wire.call(...groupBelow({ where: byName })(wire)),
      wire.call(...groupBelow({ limit: { value: 1 }, select: { fields: [name] }, orderBy: [{ field: name }] })(wire)),
      wire.call(...aggregateBelow({ count: {} })(wire)),
    ]);
    expect(answers.map(({ replies }) => replies)).toMatchObject([
      [{ document: { name: below } }],
      [{ document: { name: above } }],
      [{ result: { aggregateFields: { x: { integerValue: "2" } } } }],
    ]);
  });
}

const field = (fieldPath: string): JsonObject => ({ fieldPath });
const name = field("__name__");
const listOf = (count: number): JsonObject => ({
  arrayValue: { values: Array.from({ length: count }, (_, i) => integer(i)) },
});
const both = (...filters: JsonObject[]): JsonObject => ({ compositeFilter: { op: "AND", filters } });
const filtered = (filter: JsonObject): Request => query({ where: filter });
const contains = (path: string): JsonObject => where(path, "ARRAY_CONTAINS", integer(1));
const reference =
  (make: (root: string) => string, op = "EQUAL"): Request =>
  (wire) =>
    filtered(where("__name__", op, { referenceValue: make(wire.root) }))(wire);

const GROUP = [{ collectionId: "g", allDescendants: true }];

/** A query of the group g, or of all documents, below c/a. */
const groupBelow =
  (structuredQuery: JsonObject): Request =>
  ({ root }) => ["RunQuery", { parent: `${root}/c/a`, structuredQuery: { from: GROUP, ...structuredQuery } }];

const aggregateBelow =
  (operator: JsonObject, structuredQuery: JsonObject = {}): Request =>
  ({ root }) => [
    "RunAggregationQuery",
    {
      parent: `${root}/c/a`,
      structuredAggregationQuery: {
        structuredQuery: { from: GROUP, ...structuredQuery },
        aggregations: [{ alias: "x", ...operator }],
      },
    },
  ];

const BELOW = /^collection group queries are only allowed at the root parent$/;
const KINDLESS_ORDER = /^kind is required for all orders except __key__ ascending$/;
const CONTAINS = /^A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction\.$/;
const NO_KEY = /^__key__ filter value must be a Key$/;
const AFTER_KEY = /^order by clause cannot contain more fields after the key$/;
/** Google's emulator says "that has" instead of "with". */
const indexAfterNames = (fields: string): RegExp =>
  new RegExp(
    `^This query requires an index (?:with|that has) fields \\[${fields}\\] after __name__ and Firestore does not currently ` +
      "support such an index\\. Please try the query again with additional ordering on those fields\\.$",
  );
/** The service's words are the first; Google's emulator has others. */
const NO_INDEX = /^The query requires an index\.$|descending key scans$|ascending primary key scan$/;

const REFUSED: readonly Refused[] = [
  ["a filter of a group below a document", BELOW, groupBelow({ where: where("n", "EQUAL", integer(1)) })],
  [
    "a filter by names or a field of a group below a document",
    BELOW,
    ({ root, ...wire }) => {
      const byName = where("__name__", "EQUAL", { referenceValue: `${root}/c/a/g/1` });
      const either = { compositeFilter: { op: "OR", filters: [byName, where("n", "EQUAL", integer(1))] } };
      return groupBelow({ where: either })({ root, ...wire });
    },
  ],
  ["an order of a group below a document", BELOW, groupBelow({ orderBy: [{ field: field("n") }] })],
  [
    "an order of all documents below a document",
    BELOW,
    groupBelow({ from: [{ allDescendants: true }], orderBy: [{ field: field("n") }] }),
  ],
  [
    "an ordered average of a group below a document",
    BELOW,
    aggregateBelow({ avg: { field: field("n") } }, { orderBy: [{ field: field("n") }] }),
  ],
  ["a sum of a group below a document", indexAfterNames("n"), aggregateBelow({ sum: { field: field("n") } })],
  [
    "an average of all documents below a document",
    indexAfterNames("n"),
    aggregateBelow({ avg: { field: field("n") } }, { from: [{ allDescendants: true }] }),
  ],
  [
    "descending names of a group below a document",
    NO_INDEX,
    groupBelow({ orderBy: [{ field: name, direction: "DESCENDING" }] }),
    status.FAILED_PRECONDITION,
  ],
  [
    "descending names of all documents below a document",
    KINDLESS_ORDER,
    groupBelow({ from: [{ allDescendants: true }], orderBy: [{ field: name, direction: "DESCENDING" }] }),
  ],
  [
    "a sum of descending names of a group below a document",
    NO_INDEX,
    aggregateBelow({ sum: { field: field("n") } }, { orderBy: [{ field: name, direction: "DESCENDING" }] }),
    status.FAILED_PRECONDITION,
  ],
  [
    "a filter without a collection",
    /^kind is required for filter: n$/,
    query({ from: [], where: where("n", "EQUAL", integer(1)) }),
  ],
  ["an order without a collection", KINDLESS_ORDER, query({ from: [], orderBy: [{ field: field("n") }] })],
  [
    "two collections",
    /^StructuredQuery\.from cannot have more than one collection selector\.$/,
    query({ from: [{ collectionId: "a" }, { collectionId: "b" }] }),
  ],
  ["a negative offset", /^offset is negative$/, query({ offset: -1 })],
  ["a negative limit", /^limit is negative$/, query({ limit: { value: -1 } })],
  [
    "a field twice in the order",
    /^order by clause cannot contain duplicate fields n$/,
    query({ orderBy: [{ field: field("n") }, { field: field("n") }] }),
  ],
  ["an order that goes on after the name", AFTER_KEY, query({ orderBy: [{ field: name }, { field: field("n") }] })],
  [
    "descending names",
    NO_INDEX,
    query({ orderBy: [{ field: name, direction: "DESCENDING" }] }),
    status.FAILED_PRECONDITION,
  ],
  ["a cursor with too many values", /^Cursor has too many values\.$/, query({ startAt: { values: [integer(1)] } })],
  [
    "a cursor that is not the name that it should be",
    /^Cursor __key__ value is not a document reference\.$/,
    query({ orderBy: [{ field: name }], startAt: { values: [integer(1)] } }),
  ],
  [
    "a cursor of another database",
    /^The cursor key is in a different database than the query$/,
    query({
      orderBy: [{ field: name }],
      startAt: { values: [{ referenceValue: "projects/p/databases/d/documents/c/a" }] },
    }),
  ],
  [
    "more than 100 filters, orders and parents",
    /^The query may not have more than 100 filters \+ sort orders \+ ancestor total\. Currently there are 101 filters, 0 sort orders, and no ancestor filter\.$/,
    filtered(both(...Array.from({ length: 101 }, (_, i) => where(`f${i}`, "EQUAL", integer(1))))),
  ],
  [
    "100 orders below a document",
    /Currently there are 0 filters, 100 sort orders, and one ancestor filter\.$/,
    ({ root }) => [
      "RunQuery",
      {
        parent: `${root}/c/a`,
        structuredQuery: {
          from: [{ collectionId: "c" }],
          orderBy: Array.from({ length: 100 }, (_, i) => ({ field: field(`f${i}`) })),
        },
      },
    ],
  ],
  ["two array-contains", CONTAINS, filtered(both(contains("a"), contains("b")))],
  [
    "array-contains with array-contains-any",
    CONTAINS,
    filtered(both(contains("a"), where("b", "ARRAY_CONTAINS_ANY", listOf(2)))),
  ],
  [
    "two exclusions",
    /^Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query\.$/,
    filtered(both(where("a", "NOT_EQUAL", integer(1)), where("b", "NOT_IN", listOf(2)))),
  ],
  [
    "not-in with in",
    /^'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'\.$/,
    filtered(both(where("a", "NOT_IN", listOf(2)), where("b", "IN", listOf(2)))),
  ],
  ["31 values", /^'IN' supports up to 30 comparison values\.$/, filtered(where("a", "IN", listOf(31)))],
  [
    "11 values to exclude",
    /^'NOT_IN' supports up to 10 comparison values\.$/,
    filtered(where("a", "NOT_IN", listOf(11))),
  ],
  [
    "no values",
    /^'ARRAY_CONTAINS_ANY' requires an non-empty ArrayValue\.$/,
    filtered(where("a", "ARRAY_CONTAINS_ANY", listOf(0))),
  ],
  ["a list that is none", /^'IN' requires an ArrayValue\.$/, filtered(where("a", "IN", integer(1)))],
  [
    "32 disjunctions",
    /^Too many disjunctions after normalization\. Result had 32 disjunctions which is more than the maximum of 30$/,
    filtered(both(where("a", "IN", listOf(16)), where("b", "IN", listOf(2)))),
  ],
  [
    "inequalities on 11 fields",
    /^The query contains 11 distinct inequality fields: \[.*f10.*\]\. A query may not have more than 10 distinct inequality fields\.$/,
    filtered(both(...Array.from({ length: 11 }, (_, i) => where(`f${i}`, "GREATER_THAN", integer(1))))),
  ],
  [
    "a name with inequalities on fields only",
    /^Equality on key is not allowed if there are other inequality fields and key does not appear in inequalities\.$/,
    (wire) => {
      const isA = where("__name__", "EQUAL", { referenceValue: `${wire.root}/c/a` });
      return filtered(both(isA, where("n", "GREATER_THAN", integer(1))))(wire);
    },
  ],
  ["a name that is a number", NO_KEY, filtered(where("__name__", "EQUAL", integer(1)))],
  ["a name that is null", NO_KEY, filtered({ unaryFilter: { field: name, op: "IS_NULL" } })],
  [
    "a name of another database",
    /^The request was for database 'projects\/demo-\w+\/databases\/\(default\)' but was attempting to access database 'projects\/p\/databases\/d'$/,
    reference(() => "projects/p/databases/d/documents/c/a"),
  ],
  [
    "a name that contains something",
    /^the name __key__ is reserved$/,
    reference((root) => `${root}/c/a`, "ARRAY_CONTAINS"),
  ],
  [
    "a text that is too long for an index",
    /^value for n is too large to be used in a query$/,
    filtered(where("n", "EQUAL", { stringValue: "x".repeat(1_600) })),
  ],
  [
    "a filter without an operator",
    /^Unknown FieldFilter operator\.$/,
    filtered(where("n", "OPERATOR_UNSPECIFIED", integer(1))),
  ],
  ["a filter of nothing", /^Unknown Filter type\.$/, filtered({})],
  [
    "OR of nothing",
    /^Composite filter must have at least one sub-filter\.$/,
    filtered({ compositeFilter: { op: "OR", filters: [] } }),
  ],
  [
    "a request without a query",
    /^only structured queries are supported$/,
    ({ root }) => ["RunQuery", { parent: root }],
  ],
];
