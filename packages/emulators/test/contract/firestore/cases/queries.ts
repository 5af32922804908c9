import { AggregateField, FieldPath, Filter, type Query, Timestamp } from "@google-cloud/firestore";
import { expect } from "vitest";
import { type Harness, setupClient } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

/** Ten documents, d0 to d9, each with its number and values derived from it. */
async function setupTen(address: string): Promise<Harness> {
  const harness = setupClient(address);
  const batch = harness.db.batch();
  for (let i = 0; i < 10; i++) {
    batch.set(harness.collection.doc(`d${i}`), {
      i,
      odd: i % 2 === 1,
      third: i % 3,
      tags: [`t${i % 3}`, "all"],
      nothing: i === 3 ? null : i,
      deep: { i },
    });
  }
  await batch.commit();
  return harness;
}

/** The numbers of the documents that a query finds, in order, as one text. */
const found = async (query: Query): Promise<string> =>
  (await query.get()).docs.map((document) => document.id.slice(1)).join("");

export function queryCases({ address, test }: Subject): void {
  test("filters by comparisons, membership and array contents", async () => {
    const { collection } = await setupTen(address());
    expect(await found(collection.where("i", "==", 4))).toBe("4");
    expect(await found(collection.where("i", ">=", 8))).toBe("89");
    expect(await found(collection.where("i", "<", 2))).toBe("01");
    expect(await found(collection.where("i", "!=", 2))).toBe("013456789");
    expect(await found(collection.where("i", "in", [1, 7]))).toBe("17");
    expect(await found(collection.where("i", "not-in", [0, 1, 2, 3, 4, 5, 6]))).toBe("789");
    expect(await found(collection.where("tags", "array-contains", "t1"))).toBe("147");
    expect(await found(collection.where("tags", "array-contains-any", ["t0", "t2"]))).toBe("0235689");
    expect(await found(collection.where("nothing", "==", null))).toBe("3");
    expect(await found(collection.where("deep.i", ">", 7))).toBe("89");
  });

  test("combines filters with and and or", async () => {
    const { collection } = await setupTen(address());
    expect(await found(collection.where("odd", "==", false).where("i", ">", 2).where("i", "<", 8))).toBe("46");
    const either = Filter.or(
      Filter.where("i", "==", 1),
      Filter.and(Filter.where("odd", "==", false), Filter.where("i", ">", 6)),
    );
    expect(await found(collection.where(either))).toBe("18");
  });

  test("filters by document id", async () => {
    const { collection } = await setupTen(address());
    expect(await found(collection.where(FieldPath.documentId(), ">=", "d8"))).toBe("89");
    const some = [collection.doc("d1"), collection.doc("d3")];
    expect(await found(collection.where(FieldPath.documentId(), "in", some))).toBe("13");
  });

  test("orders, limits, skips, and starts and ends at cursors", async () => {
    const { collection } = await setupTen(address());
    expect(await found(collection.orderBy("i", "desc").limit(3))).toBe("987");
    expect(await found(collection.orderBy("third").orderBy("i", "desc"))).toBe("9630741852");
    expect(await found(collection.orderBy("i").startAfter(3).limit(2))).toBe("45");
    expect(await found(collection.orderBy("i").startAt(3).endBefore(5))).toBe("34");
    expect(await found(collection.orderBy("i").endAt(1))).toBe("01");
    expect(await found(collection.orderBy("i").limitToLast(2))).toBe("89");
    expect(await found(collection.orderBy("i").offset(7))).toBe("789");
    const fourth = await collection.doc("d4").get();
    expect(await found(collection.orderBy("third").startAfter(fourth))).toBe("7258");
    expect(await found(collection.orderBy("third", "desc").startAfter(fourth))).toBe("19630");
  });

  test("returns only the selected fields", async () => {
    const { collection } = await setupTen(address());
    const [first] = (await collection.select("i", "deep.i").limit(1).get()).docs;
    expect(first?.data()).toEqual({ i: 0, deep: { i: 0 } });
  });

  test("leaves out documents without the field of the order; the default order is by id", async () => {
    const { collection } = setupClient(address());
    await collection.doc("b").set({ x: 1 });
    await collection.doc("a").set({ y: 1 });
    expect((await collection.orderBy("x").get()).docs.map((document) => document.id)).toEqual(["b"]);
    expect((await collection.get()).docs.map((document) => document.id)).toEqual(["a", "b"]);
  });

  test("orders values of different types", async () => {
    const { collection, db } = setupClient(address());
    const ascending = [null, false, true, NaN, -1, 1, 1.5, new Timestamp(1, 0), "a", Buffer.from("a"), [1], { a: 1 }];
    const batch = db.batch();
    for (const [place, value] of ascending.entries()) {
      batch.set(collection.doc(String.fromCodePoint(122 - place)), { value, place });
    }
    await batch.commit();
    const places = (await collection.orderBy("value").get()).docs.map((document): unknown => document.get("place"));
    expect(places).toEqual(ascending.map((_, place) => place));
  });

  test("queries a collection group at every depth", async () => {
    const { db } = setupClient(address());
    await db.doc("r1/a/group/x").set({ v: 1 });
    await db.doc("r2/b/group/y").set({ v: 2 });
    await db.doc("group/z").set({ v: 3 });
    await db.doc("other/z").set({ v: 4 });
    expect((await db.collectionGroup("group").get()).docs.map((document) => document.ref.path)).toEqual([
      "group/z",
      "r1/a/group/x",
      "r2/b/group/y",
    ]);
    expect((await db.collectionGroup("group").where("v", ">", 1).get()).size).toBe(2);
  });

  test("counts, sums and averages", async () => {
    const { collection } = await setupTen(address());
    const aggregate = await collection
      .where("odd", "==", false)
      .aggregate({ n: AggregateField.count(), sum: AggregateField.sum("i"), mean: AggregateField.average("i") })
      .get();
    expect(aggregate.data()).toEqual({ n: 5, sum: 20, mean: 4 });
    expect((await collection.limit(2).count().get()).data().count).toBe(2);
    expect((await collection.where("i", "==", 99).count().get()).data().count).toBe(0);
  });

  test("finds nothing in an empty collection, and streams documents", async () => {
    const { collection, db } = await setupTen(address());
    expect((await db.collection("empty").where("a", "==", 1).get()).size).toBe(0);
    const streamed: unknown[] = [];
    for await (const document of collection.limit(4).stream()) streamed.push(document);
    expect(streamed).toHaveLength(4);
  });

  test("doesn't find a document that no longer matches or is gone", async () => {
    const { collection } = await setupTen(address());
    await collection.doc("d8").update({ i: -1 });
    await collection.doc("d9").delete();
    expect(await found(collection.where("i", ">=", 7))).toBe("7");
  });
}
