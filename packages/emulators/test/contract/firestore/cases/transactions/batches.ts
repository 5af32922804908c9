import { FieldValue } from "@google-cloud/firestore";
import { expect } from "vitest";
import { setupClient, setupRaw } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";

export function batchCases({ address, test }: Subject): void {
  test("applies nothing of a batch when one of its writes is refused", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("existing").set({});
    const batch = db.batch();
    batch.set(collection.doc("new"), { x: 1 });
    batch.create(collection.doc("existing"), {});
    await expect(batch.commit()).rejects.toMatchObject({ code: 6 });
    expect((await collection.doc("new").get()).exists).toBe(false);
  });

  test("applies 600 writes in one commit, all at one time", async () => {
    const { collection, db } = setupClient(address());
    const batch = db.batch();
    for (let i = 0; i < 600; i++) batch.set(collection.doc(`d${i}`), { i });
    const results = await batch.commit();
    expect(new Set(results.map((result) => result.writeTime.valueOf())).size).toBe(1);
    expect((await collection.get()).size).toBe(600);
  });

  test("applies several writes to one document in order", async () => {
    const { collection, db } = setupClient(address());
    const document = collection.doc("a");
    const batch = db.batch();
    batch.create(document, { x: 1 });
    batch.update(document, { x: 2 });
    batch.update(document, { n: FieldValue.increment(1) });
    batch.update(document, { n: FieldValue.increment(1) });
    await batch.commit();
    expect((await document.get()).data()).toEqual({ x: 2, n: 2 });
  });

  test("applies a bulk writer's writes independently: one conflict fails, the others apply", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("d5").set({ mine: true });
    const writer = db.bulkWriter();
    const failed: number[] = [];
    writer.onWriteError((error) => {
      failed.push(error.code);
      return false;
    });
    const written = Array.from({ length: 200 }, (_, i) => writer.create(collection.doc(`d${i}`), { i }));
    const settled = Promise.allSettled(written);
    await writer.close();

    expect((await settled).filter((outcome) => outcome.status === "fulfilled")).toHaveLength(199);
    expect(failed).toEqual([6]);
    expect((await collection.doc("d5").get()).data()).toEqual({ mine: true });
    expect((await collection.get()).size).toBe(200);
  });

  test("refuses to write one document twice in a BatchWrite with INVALID_ARGUMENT", async () => {
    const { client, database, name } = setupRaw(address());
    const write = { update: { name: name("c/a"), fields: {} } };
    await expect(client.batchWrite({ database, writes: [write, write] })).rejects.toMatchObject({ code: 3 });
    await expect(client.getDocument({ name: name("c/a") })).rejects.toMatchObject({ code: 5 });
  });
}
