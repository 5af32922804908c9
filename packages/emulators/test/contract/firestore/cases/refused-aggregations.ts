import type { JsonObject } from "../differential/json.ts";
import type { Subject } from "../support/case.ts";
import { type Refused, refusalCases } from "../support/refusals.ts";
import { type Request, sum } from "../support/wire-requests.ts";

/** Aggregations that are refused in the service's words, as Google's emulator has them. */
export function refusedAggregationCases(subject: Subject): void {
  refusalCases(subject, REFUSED);
}

const field = (fieldPath: string): JsonObject => ({ fieldPath });

/** Aggregates all documents of c. */
const aggregate =
  (...aggregations: JsonObject[]): Request =>
  ({ root }) => [
    "RunAggregationQuery",
    {
      parent: root,
      structuredAggregationQuery: { structuredQuery: { from: [{ collectionId: "c" }] }, aggregations },
    },
  ];

const REFUSED: readonly Refused[] = [
  ["aggregations of nothing", /^Aggregations can not be empty\.$/, aggregate()],
  [
    "a request without aggregations",
    /^Only structured aggregation queries are supported\.$/,
    ({ root }) => ["RunAggregationQuery", { parent: root }],
  ],
  [
    "two aggregations with one alias",
    /^Aggregation aliases contain duplicate alias: t\.$/,
    aggregate({ alias: "t", count: {} }, { alias: "s", count: {} }, { alias: "t", sum: { field: field("n") } }),
  ],
  [
    "an alias that another aggregation gets by default",
    /^Aggregation aliases contain duplicate alias: field_1\.$/,
    aggregate({ alias: "field_1", count: {} }, { count: {} }),
  ],
  ["an aggregation without an operator", /^Operator field in Aggregation is not set\.$/, aggregate({ alias: "t" })],
  ["a reserved alias", /^The property\.name "__t__" is reserved\.$/, aggregate({ alias: "__t__", count: {} })],
  [
    "a sum of names",
    /^Aggregations are not supported for the property: __key__$/,
    aggregate({ alias: "t", sum: { field: field("__name__") } }),
  ],
  [
    "a count of less than nothing",
    /^The `up_to` value in a COUNT aggregation must be greater than or equal to zero\.$/,
    aggregate({ alias: "t", count: { upTo: { value: -1 } } }),
  ],
  [
    "a sum of a field that is selected",
    /^Cannot apply property masks when aggregation fields are present\.$/,
    sum({ select: { fields: [field("n")] } }),
  ],
  [
    "a sum of a field that isn't selected, whatever else is wrong",
    /^The aggregation property n is not present in the base query's property mask\.$/,
    sum({
      select: { fields: [field("m")] },
      orderBy: [{ field: field("__name__"), direction: "DESCENDING" }],
    }),
  ],
];
