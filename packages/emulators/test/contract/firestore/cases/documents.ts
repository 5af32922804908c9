import { FieldPath, FieldValue, GeoPoint, Timestamp } from "@google-cloud/firestore";
import { expect } from "vitest";
import { setupClient, setupRaw } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

export function documentCases({ address, test }: Subject): void {
  test("sets, reads, updates and deletes a document", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ x: 1 });
    await document.update({ x: 2, "n.m": 3 });

    const stored = await document.get();
    expect(stored.data()).toEqual({ x: 2, n: { m: 3 } });
    expect(stored.updateTime?.toMillis()).toBeGreaterThanOrEqual(stored.createTime?.toMillis() ?? Infinity);

    await document.delete();
    expect((await document.get()).exists).toBe(false);
  });

  test("stores every type of value", async () => {
    const { collection, db } = setupClient(address());
    const value = {
      integer: 42,
      double: 1.5,
      nan: NaN,
      infinity: Infinity,
      yes: true,
      nothing: null,
      text: "héé 😀",
      bytes: Buffer.from([0, 1, 255]),
      time: new Timestamp(1_700_000_000, 123_456_000),
      before1970: new Timestamp(-5, 1_000),
      place: new GeoPoint(1.5, -2),
      reference: db.doc("x/y"),
      array: [1, "a", { k: [] }],
      map: { a: { b: {} } },
      vector: FieldValue.vector([1, 2, 3]),
      emptyMap: {},
      emptyArray: [],
    };
    await collection.doc("a").set(value);

    const stored = (await collection.doc("a").get()).data() ?? {};
    const { reference, vector, ...plain } = value;
    expect(stored).toMatchObject(plain);
    expect(stored["reference"].path).toBe(reference.path);
    expect(stored["vector"].toArray()).toEqual(vector.toArray());
  });

  test("stores 64-bit integers, minus zero and odd field names exactly", async () => {
    const { client, database, name } = setupRaw(address());
    const fields = {
      smallest: { integerValue: "-9223372036854775808" },
      largest: { integerValue: "9223372036854775807" },
      minusZero: { doubleValue: -0 },
      "a.b`c": { stringValue: "" },
      constructor: { booleanValue: false },
    };
    await client.commit({ database, writes: [{ update: { name: name("c/a"), fields } }] });

    const [stored] = await client.getDocument({ name: name("c/a") });
    expect(String(stored.fields?.["smallest"]?.integerValue)).toBe("-9223372036854775808");
    expect(String(stored.fields?.["largest"]?.integerValue)).toBe("9223372036854775807");
    expect(Object.is(stored.fields?.["minusZero"]?.doubleValue, -0)).toBe(true);
    expect(stored.fields?.["a.b`c"]?.stringValue).toBe("");
    expect(stored.fields?.["constructor"]?.booleanValue).toBe(false);
  });

  test("truncates timestamps to microseconds", async () => {
    const { collection } = setupClient(address());
    await collection.doc("a").set({ at: new Timestamp(1_700_000_000, 123_456_789) });
    expect((await collection.doc("a").get()).get("at").nanoseconds).toBe(123_456_000);
  });

  test("merges into maps, or replaces only the named fields", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ a: 1, m: { x: 1, y: 2 } });
    await document.set({ m: { x: 9 }, z: 1 }, { merge: true });
    expect((await document.get()).data()).toEqual({ a: 1, m: { x: 9, y: 2 }, z: 1 });

    await document.set({ a: 5, z: 7 }, { mergeFields: ["z"] });
    expect((await document.get()).data()).toEqual({ a: 1, m: { x: 9, y: 2 }, z: 7 });
  });

  test("deletes fields, even inside maps, and updates fields with odd names", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ a: 1, m: { x: 1, y: 2 } });
    await document.update({ a: FieldValue.delete(), "m.y": FieldValue.delete() });
    await document.update(new FieldPath("we.ird", "k`y"), 1);
    expect((await document.get()).data()).toEqual({ m: { x: 1 }, "we.ird": { "k`y": 1 } });
  });

  test("reads several documents at once, including missing ones, with a mask", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({ x: 1, y: 2 });
    const [found, missing] = await db.getAll(collection.doc("a"), collection.doc("b"), { fieldMask: ["x"] });
    expect(found?.data()).toEqual({ x: 1 });
    expect(missing?.exists).toBe(false);
  });

  test("gives a recreated document a later create time", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.create({ x: 1 });
    const first = (await document.get()).createTime?.valueOf() ?? "";
    await document.delete();
    await document.create({ x: 2 });
    expect((await document.get()).createTime?.valueOf() ?? "").toSatisfy((second: string) => second > first);
  });

  test("keeps the update time when a write changes nothing", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ x: 1 });
    const before = await document.get();
    await document.set({ x: 1 });
    const after = await document.get();
    expect(after.updateTime).toEqual(before.updateTime);
  });

  test("creates, updates, reads and deletes a document with the single-document calls", async () => {
    const { client, name } = setupRaw(address());
    const at = name("c/a");
    const parent = at.slice(0, at.lastIndexOf("/c/"));
    const document = { fields: { x: { integerValue: 1 } } };
    const [created] = await client.createDocument({ parent, collectionId: "c", documentId: "a", document });
    expect(created.name).toBe(at);
    await expect(client.createDocument({ parent, collectionId: "c", documentId: "a", document })).rejects.toMatchObject(
      { code: 6 },
    );

    const y = { name: at, fields: { y: { integerValue: 2 } } };
    const [updated] = await client.updateDocument({ document: y, updateMask: { fieldPaths: ["y"] } });
    expect(Object.keys(updated.fields ?? {}).toSorted()).toEqual(["x", "y"]);

    await client.deleteDocument({ name: at });
    await expect(client.getDocument({ name: at })).rejects.toMatchObject({ code: 5 });
  });

  test("chooses an id for a document that is created without one", async () => {
    const { client, name } = setupRaw(address());
    const parent = name("c/a").slice(0, -"/c/a".length);
    const [created] = await client.createDocument({ parent, collectionId: "c", document: { fields: {} } });
    expect(created.name).toMatch(/\/documents\/c\/\w{20}$/);
  });
}
