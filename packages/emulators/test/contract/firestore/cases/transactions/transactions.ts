import { expect } from "vitest";
import { setupClient, setupRaw } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";

export function transactionCases({ address, test }: Subject): void {
  test("reads, changes and returns what the callback returns", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({ n: 1 });
    const returned = await db.runTransaction(async (transaction) => {
      const before = await transaction.get(collection.doc("a"));
      transaction.update(collection.doc("a"), { n: Number(before.get("n")) + 1 });
      return "returned";
    });
    expect(returned).toBe("returned");
    expect((await collection.doc("a").get()).get("n")).toBe(2);
  });

  test("reads missing documents and creates them", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({});
    await db.runTransaction(async (transaction) => {
      const [a, b] = await transaction.getAll(collection.doc("a"), collection.doc("b"));
      expect([a?.exists, b?.exists]).toEqual([true, false]);
      transaction.create(collection.doc("b"), {});
    });
    expect((await collection.doc("b").get()).exists).toBe(true);
  });

  test("queries and counts before it writes", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({ x: 1 });
    const sizes = await db.runTransaction(async (transaction) => {
      const query = await transaction.get(collection.where("x", "==", 1));
      const count = await transaction.get(collection.count());
      transaction.set(collection.doc("b"), { x: 2 });
      return [query.size, count.data().count];
    });
    expect(sizes).toEqual([1, 1]);
    expect((await collection.doc("b").get()).exists).toBe(true);
  });

  test("leaves nothing of a callback that throws, and frees its locks", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({ n: 1 });
    const failing = db.runTransaction(async (transaction) => {
      await transaction.get(collection.doc("a"));
      transaction.update(collection.doc("a"), { n: 9 });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect((await collection.doc("a").get()).get("n")).toBe(1);

    const startedAtMs = performance.now();
    await collection.doc("a").update({ n: 2 });
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
  });

  test("ends with ALREADY_EXISTS when it creates what exists, without running again", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({ mine: true });
    let attempts = 0;
    const creating = db.runTransaction(async (transaction) => {
      attempts += 1;
      await transaction.get(collection.doc("a"));
      transaction.create(collection.doc("a"), {});
    });
    await expect(creating).rejects.toMatchObject({ code: 6 });
    expect(attempts).toBe(1);
    expect((await collection.doc("a").get()).data()).toEqual({ mine: true });
  });

  test("reads one snapshot throughout when it is read-only, while others write", async () => {
    const { collection, db } = setupClient(address());
    const [a, b] = [collection.doc("a"), collection.doc("b")];
    await db.batch().set(a, { v: 0 }).set(b, { v: 0 }).commit();
    const seen = await db.runTransaction(
      async (transaction) => {
        const first = await transaction.get(a);
        await db.batch().set(a, { v: 1 }).set(b, { v: 1 }).create(collection.doc("c"), {}).commit();
        const second = await transaction.get(b);
        const all = await transaction.get(collection);
        return [first.get("v"), second.get("v"), all.size];
      },
      { readOnly: true },
    );
    expect(seen).toEqual([0, 0, 2]);
  });

  test("refuses writes in a read-only transaction with INVALID_ARGUMENT", async () => {
    const { client, database, name } = setupRaw(address());
    const [{ transaction }] = await client.beginTransaction({ database, options: { readOnly: {} } });
    const writes = [{ update: { name: name("c/a"), fields: {} } }];
    await expect(client.commit({ database, transaction: transaction ?? "", writes })).rejects.toMatchObject({
      code: 3,
    });
    await expect(client.getDocument({ name: name("c/a") })).rejects.toMatchObject({ code: 5 });
  });

  test("refuses a second commit of one transaction with INVALID_ARGUMENT, applying nothing", async () => {
    const { client, database, name } = setupRaw(address());
    const [begun] = await client.beginTransaction({ database });
    const transaction = begun.transaction ?? "";
    await client.commit({ database, transaction, writes: [] });
    const writes = [{ update: { name: name("c/a"), fields: {} } }];
    await expect(client.commit({ database, transaction, writes })).rejects.toMatchObject({ code: 3 });
    await expect(client.getDocument({ name: name("c/a") })).rejects.toMatchObject({ code: 5 });
  });

  test("tells the client to retry when its transaction has ended", async () => {
    const { client, database } = setupRaw(address());
    const [begun] = await client.beginTransaction({ database });
    const transaction = begun.transaction ?? "";
    await client.rollback({ database, transaction });
    await expect(client.commit({ database, transaction, writes: [] })).rejects.toMatchObject({
      code: 3,
      details: "The referenced transaction has expired or is no longer valid.",
    });
  });

  test("refuses what can't be the id of a transaction with INVALID_ARGUMENT", async () => {
    const { client, database } = setupRaw(address());
    const transaction = Buffer.from("nonsense");
    const refused = { code: 3, details: "Invalid transaction." };
    await expect(client.commit({ database, transaction, writes: [] })).rejects.toMatchObject(refused);
    await expect(client.rollback({ database, transaction })).rejects.toMatchObject(refused);
    const options = { readWrite: { retryTransaction: transaction } };
    await expect(client.beginTransaction({ database, options })).rejects.toMatchObject(refused);
  });

  test("takes a rollback of a transaction that has ended", async () => {
    const { client, database } = setupRaw(address());
    const [begun] = await client.beginTransaction({ database });
    const transaction = begun.transaction ?? "";
    await client.commit({ database, transaction, writes: [] });
    await expect(client.rollback({ database, transaction })).resolves.toBeDefined();
  });
}
