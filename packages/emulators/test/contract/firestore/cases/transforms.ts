import { FieldValue, Timestamp } from "@google-cloud/firestore";
import { expect } from "vitest";
import { setupClient, setupRaw } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

export function transformCases({ address, test }: Subject): void {
  test("increments integers, doubles, missing fields and what isn't a number", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ integer: 1, double: 1.5, text: "x" });
    await document.update({
      integer: FieldValue.increment(2),
      double: FieldValue.increment(1),
      missing: FieldValue.increment(7),
      text: FieldValue.increment(5),
      "deep.er": FieldValue.increment(-1),
    });
    expect((await document.get()).data()).toEqual({ integer: 3, double: 2.5, missing: 7, text: 5, deep: { er: -1 } });
  });

  test("adds missing elements to arrays, and removes all equal ones", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    await document.set({ list: [1, 2, 2], notAList: "x" });
    await document.update({ list: FieldValue.arrayUnion(2, 3), notAList: FieldValue.arrayUnion("y") });
    expect((await document.get()).data()).toEqual({ list: [1, 2, 2, 3], notAList: ["y"] });
    await document.update({ list: FieldValue.arrayRemove(2, 9) });
    expect((await document.get()).get("list")).toEqual([1, 3]);
  });

  test("sets one server time in whole milliseconds throughout a commit", async () => {
    const { collection, db } = setupClient(address());
    const batch = db.batch();
    batch.set(collection.doc("a"), { at: FieldValue.serverTimestamp(), deep: { at: FieldValue.serverTimestamp() } });
    batch.set(collection.doc("b"), { at: FieldValue.serverTimestamp() });
    const [result] = await batch.commit();

    const [a, b] = await db.getAll(collection.doc("a"), collection.doc("b"));
    const at: unknown = a?.get("at");
    if (!(at instanceof Timestamp)) throw new Error("The server time is not a timestamp.");
    expect(at.nanoseconds % 1_000_000).toBe(0);
    expect(a?.get("deep.at")).toEqual(at);
    expect(b?.get("at")).toEqual(at);
    expect(Math.abs(at.toMillis() - (result?.writeTime.toMillis() ?? 0))).toBeLessThan(1_000);
  });

  test("stops integers at the limits of 64 bits, and returns each transform's result", async () => {
    const { client, database, name } = setupRaw(address());
    const fields = { big: { integerValue: "9223372036854775800" }, list: { arrayValue: { values: [] } } };
    const [{ writeResults }] = await client.commit({
      database,
      writes: [
        {
          update: { name: name("c/a"), fields },
          updateTransforms: [
            { fieldPath: "big", increment: { integerValue: 100 } },
            { fieldPath: "list", appendMissingElements: { values: [{ stringValue: "x" }] } },
          ],
        },
      ],
    });
    const [big, list] = writeResults?.[0]?.transformResults ?? [];
    expect(String(big?.integerValue)).toBe("9223372036854775807");
    expect(list).toMatchObject({ nullValue: "NULL_VALUE" });
  });

  test("applies the maximum and the minimum, and keeps the stored one of two equal numbers", async () => {
    const { client, database, name } = setupRaw(address());
    const one = { integerValue: 1 };
    const [{ writeResults }] = await client.commit({
      database,
      writes: [
        {
          update: { name: name("c/a"), fields: { a: one, b: one, c: one } },
          updateTransforms: [
            { fieldPath: "a", maximum: { doubleValue: 1 } },
            { fieldPath: "b", maximum: { doubleValue: 2.5 } },
            { fieldPath: "c", minimum: { integerValue: -3 } },
          ],
        },
      ],
    });
    const results = writeResults?.[0]?.transformResults ?? [];
    expect(results.map((value) => value.doubleValue ?? String(value.integerValue))).toEqual(["1", 2.5, "-3"]);
  });

  test("refuses to increment by what isn't a number with INVALID_ARGUMENT", async () => {
    const { client, database, name } = setupRaw(address());
    const updateTransforms = [{ fieldPath: "a", increment: { stringValue: "x" } }];
    await expect(
      client.commit({ database, writes: [{ update: { name: name("c/a"), fields: {} }, updateTransforms }] }),
    ).rejects.toMatchObject({ code: 3 });
    await expect(client.getDocument({ name: name("c/a") })).rejects.toMatchObject({ code: 5 });
  });
}
