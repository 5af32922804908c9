import { Timestamp } from "@google-cloud/firestore";
import { expect } from "vitest";
import { setupClient, setupRaw } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

export function pastCases({ address, test }: Subject): void {
  test("reads a document and a query as of an earlier time", async () => {
    const { collection, db } = setupClient(address());
    const { writeTime } = await collection.doc("a").set({ v: 0 });
    await collection.doc("a").set({ v: 1 });
    await collection.doc("b").set({ v: 2 });
    await collection.doc("a").delete();

    const [values, count] = await db.runTransaction(
      async (transaction) => {
        const document = await transaction.get(collection.doc("a"));
        const query = await transaction.get(collection);
        return [document.get("v"), query.size];
      },
      { readOnly: true, readTime: writeTime },
    );
    expect(values).toBe(0);
    expect(count).toBe(1);
  });

  test("does not find a document at a time before it was created", async () => {
    const { collection, db } = setupClient(address());
    const { writeTime } = await collection.doc("a").set({});
    await collection.doc("b").set({});
    const early = await db.runTransaction((transaction) => transaction.get(collection.doc("b")), {
      readOnly: true,
      readTime: writeTime,
    });
    expect(early.exists).toBe(false);
  });

  test("refuses to read in the future with INVALID_ARGUMENT", async () => {
    const { client, database, name } = setupRaw(address());
    await client.commit({ database, writes: [{ update: { name: name("c/a"), fields: {} } }] });
    const inTwoMinutes = { seconds: Timestamp.now().seconds + 120 };
    await expect(client.getDocument({ name: name("c/a"), readTime: inTwoMinutes })).rejects.toMatchObject({ code: 3 });
  });
}
