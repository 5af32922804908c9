import { FieldValue, type Query, type VectorQueryOptions } from "@google-cloud/firestore";
import { expect } from "vitest";
import type { JsonObject } from "../differential/json.ts";
import { type Harness, setupClient } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";
import { type Refused, refusalCases } from "../support/refusals.ts";
import { type Request, integer, query, setupTwo, where } from "../support/wire-requests.ts";

/** Four vectors of two dimensions, and documents that have none. */
async function setupVectors(address: string): Promise<Harness> {
  const harness = setupClient(address);
  const batch = harness.db.batch();
  const put = (id: string, fields: object): void => void batch.set(harness.collection.doc(id), fields);
  put("east", { v: FieldValue.vector([10, 0]), n: 1, in: { v: FieldValue.vector([0, 1]) } });
  put("north", { v: FieldValue.vector([0, 90]), n: 2, in: { v: FieldValue.vector([10, 1]) } });
  put("zero", { v: FieldValue.vector([0, 0]), n: 3 });
  put("between", { v: FieldValue.vector([10, 10]), n: 3 });
  put("short", { v: FieldValue.vector([10]), n: 3 });
  put("array", { v: [10, 1], n: 3 });
  put("null", { v: null, n: 3 });
  put("without", { n: 3 });
  await batch.commit();
  return harness;
}

const near = (base: Query, options: Partial<VectorQueryOptions> = {}) =>
  base.findNearest({ vectorField: "v", queryVector: [10, 1], limit: 10, distanceMeasure: "EUCLIDEAN", ...options });

/** What is found, nearest first, with distances of three digits where they were asked for. */
const found = async (base: Query, options: Partial<VectorQueryOptions> = {}): Promise<string> => {
  const { docs } = await near(base, options).get();
  return docs
    .map((each) => [each.id, ...(each.get("d") === undefined ? [] : [Number(each.get("d")).toFixed(3)])].join(" "))
    .join(", ");
};

const WITH_DISTANCE = { distanceResultField: "d" };

export function nearestCases(subject: Subject): void {
  refusalCases(subject, REFUSED);

  const { address, test } = subject;
  test("finds the nearest vectors by each distance, nearest first, and nothing that can't be compared", async () => {
    const { collection } = await setupVectors(address());
    const by = (distanceMeasure: VectorQueryOptions["distanceMeasure"]) =>
      found(collection, { distanceMeasure, ...WITH_DISTANCE });
    expect(await by("EUCLIDEAN")).toBe("east 1.000, between 9.000, zero 10.050, north 89.560");
    expect(await by("COSINE")).toBe("east 0.005, between 0.226, north 0.900, zero NaN");
    expect(await by("DOT_PRODUCT")).toBe("between 110.000, east 100.000, north 90.000, zero 0.000");
    expect(await found(collection, { limit: 2 })).toBe("east, between");
    expect(await found(collection, { queryVector: [1, 2, 3] })).toBe("");
    expect(await found(collection, { vectorField: "no" })).toBe("");
  });

  test("finds vectors in a map", async () => {
    const { collection } = await setupVectors(address());
    expect(await found(collection, { vectorField: "in.v" })).toBe("north, east");
  });

  test("keeps only what is near enough, the bound included", async () => {
    const { collection } = await setupVectors(address());
    expect(await found(collection, { distanceThreshold: 9 })).toBe("east, between");
    expect(await found(collection, { distanceThreshold: 100, distanceMeasure: "DOT_PRODUCT" })).toBe("between, east");
    expect(await found(collection, { distanceThreshold: -1 })).toBe("");
    expect(await found(collection, { distanceThreshold: 2, distanceMeasure: "COSINE" })).toBe("east, between, north");
  });

  test("searches what a query finds, in a group too, and shows the fields it selects", async () => {
    const { collection, db } = await setupVectors(address());
    expect(await found(collection.where("n", "==", 3))).toBe("between, zero");
    expect(await found(collection.where("n", "in", [1, 2]))).toBe("east, north");
    expect(await found(collection.orderBy("n", "desc"))).toBe("east, between, zero, north");
    expect(await found(db.collectionGroup(collection.id), { limit: 1 })).toBe("east");
    const dataOf = async (base: Query, options: object): Promise<unknown> =>
      (await near(base, { limit: 1, ...options }).get()).docs[0]?.data();
    expect(await dataOf(collection.select("n"), WITH_DISTANCE)).toEqual({ n: 1 });
    expect(await dataOf(collection.select("n", "d"), WITH_DISTANCE)).toEqual({ n: 1, d: 1 });
    expect(await dataOf(collection.select("n"), { distanceResultField: "n" })).toEqual({ n: 1 });
    expect((await collection.doc("east").get()).get("d")).toBeUndefined();
  });

  test("counts and sums the nearest", async () => {
    const wire = await setupTwo(address());
    const update = (id: string, n: number, ...v: number[]): JsonObject => ({
      update: { name: `${wire.root}/c/${id}`, fields: { n: integer(n), v: vector(...v) } },
    });
    await wire.call("Commit", {
      database: wire.database,
      writes: [update("x", 5, 1, 1), update("y", 6, 2, 2), update("z", 7, 3, 3)],
    });
    const structuredQuery = { from: [{ collectionId: "c" }], findNearest: search({ limit: { value: 2 } }) };
    const aggregations = [
      { alias: "count", count: {} },
      { alias: "sum", sum: { field: { fieldPath: "n" } } },
    ];
    const { replies } = await wire.call("RunAggregationQuery", {
      parent: wire.root,
      structuredAggregationQuery: { structuredQuery, aggregations },
    });
    expect(replies).toMatchObject([
      { result: { aggregateFields: { count: { integerValue: "2" }, sum: { integerValue: "11" } } } },
    ]);
  });
}

const vector = (...numbers: (number | string)[]): JsonObject => ({
  mapValue: {
    fields: {
      __type__: { stringValue: "__vector__" },
      value: { arrayValue: { values: numbers.map((doubleValue) => ({ doubleValue })) } },
    },
  },
});

const search = (changes: JsonObject = {}): JsonObject => ({
  vectorField: { fieldPath: "v" },
  queryVector: vector(1, 1),
  distanceMeasure: "EUCLIDEAN",
  limit: { value: 1_000 },
  ...changes,
});

const searching = (changes: JsonObject, structuredQuery: JsonObject = {}): Request =>
  query({ ...structuredQuery, findNearest: search(changes) });

const LIMIT = /^FindNearest\.limit must be a positive integer of no more than 1000$/;
const NO_VECTOR = /^Query Value must be of type vector\.$/;
const CURSOR = /^A cursor cannot be used with FindNearest$/;
const byN = { orderBy: [{ field: { fieldPath: "n" } }] };

const REFUSED: readonly Refused[] = [
  [
    "a search by no distance",
    /^Unknown Distance Measure\.$/,
    searching({ distanceMeasure: "DISTANCE_MEASURE_UNSPECIFIED" }),
  ],
  ["a search without a limit", LIMIT, searching({ limit: {} })],
  ["a search for less than one", LIMIT, searching({ limit: { value: -1 } })],
  ["a search for more than 1,000", LIMIT, searching({ limit: { value: 1_001 } })],
  ["a search for a number", NO_VECTOR, searching({ queryVector: integer(1) })],
  ["a search for an array", NO_VECTOR, searching({ queryVector: { arrayValue: { values: [{ doubleValue: 1 }] } } })],
  ["a search for nothing", /^Cannot convert firestore\.v1\.Value with type unset\.$/, searching({ queryVector: {} })],
  [
    "a search for a vector without dimensions",
    /^Cannot have a zero length vector\.$/,
    searching({ queryVector: vector() }),
  ],
  [
    "a search for a vector of 2,049 dimensions",
    /^Vectors must be at most 2048 dimensions\.$/,
    searching({ queryVector: vector(...Array.from({ length: 2_049 }, () => 1)) }),
  ],
  ["a search in no field", /^Invalid empty property path string\.$/, searching({ vectorField: {} })],
  [
    "a search in a malformed field",
    /^Invalid property path "a\.\.b"\./,
    searching({ vectorField: { fieldPath: "a..b" } }),
  ],
  [
    "a search within a bound that is none",
    /^distanceThreshold must be a finite number\.$/,
    searching({ distanceThreshold: { value: "NaN" } }),
  ],
  [
    "a search with a distance in a reserved field",
    /^The distanceResultField\.property\.name "__d__" is reserved\.$/,
    searching({ distanceResultField: "__d__" }),
  ],
  [
    "a search with a limit of the query",
    /^A query limit cannot be used with FindNearest$/,
    searching({}, { limit: { value: 5 } }),
  ],
  ["a search with an offset", /^A query offset cannot be used with FindNearest$/, searching({}, { offset: 1 })],
  ["a search from a cursor", CURSOR, searching({}, { ...byN, startAt: { values: [integer(1)] } })],
  ["a search up to a cursor", CURSOR, searching({}, { ...byN, endAt: { values: [integer(1)] } })],
  [
    "a search in a query that is refused",
    /^'IN' requires an ArrayValue\.$/,
    searching({}, { where: where("n", "IN", integer(1)) }),
  ],
];
