import { AggregateField, Filter } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { setupClient } from "./support/harness.ts";
import { startOurs } from "./support/our-emulator.ts";
import { integer, query, setupTwo } from "./support/wire-requests.ts";

/** Five documents with the numbers 0 to 4. */
async function setup() {
  const { address, emulator } = await startOurs();
  const harness = setupClient(address);
  const batch = harness.db.batch();
  for (let n = 0; n < 5; n++) {
    batch.set(harness.collection.doc(`d${n}`), { n, odd: n % 2 === 1, tags: ["t"] });
  }
  await batch.commit();
  return { ...harness, address, emulator };
}

it("plans a query without running it", async () => {
  const { collection } = await setup();
  const { metrics, snapshot } = await collection.where("n", ">", 2).explain();
  expect(snapshot).toBeNull();
  expect(metrics.executionStats).toBeNull();
  expect(metrics.planSummary.indexesUsed).toEqual([{ query_scope: "Collection", properties: "(n ASC, __name__ ASC)" }]);
});

it("names the fields with equalities and of the order, for each alternative of a filter", async () => {
  const { collection, db } = await setup();
  const either = Filter.or(Filter.where("odd", "==", true), Filter.where("tags", "array-contains", "t"));
  const queries = [
    collection,
    collection.where("odd", "in", [true]).orderBy("n", "desc"),
    collection.where("n", "==", 1).orderBy("n"),
    collection.where(either).where("n", ">", 1),
    db.collectionGroup(collection.id).where("odd", "==", true),
  ];
  const plans = [];
  for (const each of queries) plans.push((await each.explain()).metrics.planSummary.indexesUsed);
  const inCollection = (properties: string) => ({ query_scope: "Collection", properties });
  expect(plans).toEqual([
    [inCollection("(__name__ ASC)")],
    [inCollection("(odd ASC, n DESC, __name__ DESC)")],
    [inCollection("(n ASC, __name__ ASC)")],
    [inCollection("(odd ASC, n ASC, __name__ ASC)"), inCollection("(tags CONTAINS, n ASC, __name__ ASC)")],
    [{ query_scope: "Collection group", properties: "(odd ASC, __name__ ASC)" }],
  ]);
});

it("runs a query that it analyzes, and counts what it read", async () => {
  const { collection } = await setup();
  const { metrics, snapshot } = await collection.orderBy("n").offset(1).limit(2).explain({ analyze: true });
  expect(snapshot?.docs.map(({ id }) => id)).toEqual(["d1", "d2"]);
  const { executionDuration, ...stats } = metrics.executionStats ?? {};
  expect(executionDuration?.seconds).toBe(0);
  expect(executionDuration?.nanoseconds).toBeGreaterThan(0);
  expect(stats).toEqual({
    resultsReturned: 2,
    readOperations: 3,
    debugStats: {
      index_entries_scanned: "3",
      documents_scanned: "3",
      billing_details: { documents_billable: "3", index_entries_billable: "0", min_query_cost: "0", small_ops: "0" },
    },
  });
});

it("bills one read for a query that finds nothing, and has a snapshot of it", async () => {
  const { collection } = await setup();
  const { metrics, snapshot } = await collection.where("n", "==", 99).explain({ analyze: true });
  expect(snapshot?.size).toBe(0);
  expect(metrics.executionStats).toMatchObject({
    resultsReturned: 0,
    readOperations: 1,
    debugStats: { billing_details: { min_query_cost: "1" } },
  });
});

it("plans and analyzes aggregations, which read index entries", async () => {
  const { collection } = await setup();
  const sums = collection.where("odd", "==", false).aggregate({ sum: AggregateField.sum("n") });
  const planned = await sums.explain();
  expect(planned.snapshot).toBeNull();
  expect(planned.metrics.planSummary.indexesUsed).toEqual([
    { query_scope: "Collection", properties: "(odd ASC, n ASC, __name__ ASC)" },
  ]);
  const { metrics, snapshot } = await sums.explain({ analyze: true });
  expect(snapshot?.data()).toEqual({ sum: 6 });
  expect(metrics.executionStats).toMatchObject({
    resultsReturned: 1,
    readOperations: 1,
    debugStats: { index_entries_scanned: "3", documents_scanned: "0" },
  });
});

it("plans a search for the nearest, and counts what it looks through beside what it finds", async () => {
  const { address } = await startOurs();
  const wire = await setupTwo(address);
  const values = [1, 1].map((doubleValue) => ({ doubleValue }));
  const v = { mapValue: { fields: { __type__: { stringValue: "__vector__" }, value: { arrayValue: { values } } } } };
  const update = { name: `${wire.root}/c/v`, fields: { v } };
  await wire.call("Commit", { database: wire.database, writes: [{ update }] });
  const vectorField = { fieldPath: "v" };
  const findNearest = { vectorField, queryVector: v, distanceMeasure: "EUCLIDEAN", limit: { value: 2 } };
  const [call, request] = query({ findNearest })(wire);
  const { replies } = await wire.call(call, { ...request, explainOptions: { analyze: true } });
  expect(replies[0]).toMatchObject({ document: { name: update.name } });
  const text = (stringValue: string): object => ({ stringValue });
  const fields = { query_scope: text("Collection"), properties: text("(__name__ ASC, v VECTOR<2>)") };
  expect(replies[1]).toMatchObject({
    explainMetrics: {
      planSummary: { indexesUsed: [{ fields }] },
      executionStats: {
        resultsReturned: "1",
        readOperations: "2",
        debugStats: { fields: { index_entries_scanned: text("3"), documents_scanned: text("1") } },
      },
    },
  });
});

it("begins a transaction for a query that is only planned, without a lock", async () => {
  const { address } = await startOurs();
  const wire = await setupTwo(address);
  const [call, request] = query({})(wire);
  const { replies } = await wire.call(call, { ...request, newTransaction: { readWrite: {} }, explainOptions: {} });
  expect(replies).toMatchObject([{ transaction: expect.stringMatching(/./) }, { explainMetrics: {} }]);
  const update = { name: `${wire.root}/c/a`, fields: { n: integer(3) } };
  const outside = wire.call("Commit", { database: wire.database, writes: [{ update }] });
  expect(await outside).toMatchObject({ code: 0 });
  const transaction = replies[0]?.["transaction"] ?? "";
  const writes = [{ update: { ...update, fields: { n: integer(4) } } }];
  expect(await wire.call("Commit", { database: wire.database, transaction, writes })).toMatchObject({ code: 0 });
});
