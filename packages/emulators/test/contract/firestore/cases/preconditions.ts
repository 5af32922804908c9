import { FieldValue, Timestamp } from "@google-cloud/firestore";
import { expect } from "vitest";
import { setupClient } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

const TOO_HIGH = "Invalid base version, it is greater than the stored version";

export function preconditionCases({ address, test }: Subject): void {
  test("refuses to update a missing document with NOT_FOUND", async () => {
    const { collection } = setupClient(address());
    await expect(collection.doc("a").update({ x: 1 })).rejects.toMatchObject({ code: 5 });
    expect((await collection.doc("a").get()).exists).toBe(false);
  });

  test("refuses to create an existing document with ALREADY_EXISTS", async () => {
    const { collection } = setupClient(address());
    await collection.doc("a").create({ x: 1 });
    await expect(collection.doc("a").create({ x: 2 })).rejects.toMatchObject({ code: 6 });
    expect((await collection.doc("a").get()).data()).toEqual({ x: 1 });
  });

  test("checks the last update time of updates and deletes with FAILED_PRECONDITION", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    const { writeTime: first } = await document.set({ x: 1 });
    const { writeTime: second } = await document.update({ x: 2 }, { lastUpdateTime: first });

    await expect(document.update({ x: 3 }, { lastUpdateTime: first })).rejects.toMatchObject({
      code: 9,
      message: expect.stringMatching(/the stored version \(\d+\) does not match the required base version \(\d+\)/),
    });
    await expect(document.delete({ lastUpdateTime: first })).rejects.toMatchObject({ code: 9 });
    expect((await document.get()).data()).toEqual({ x: 2 });

    await document.delete({ lastUpdateTime: second });
    expect((await document.get()).exists).toBe(false);
  });

  test("refuses a time after the last update with INVALID_ARGUMENT, but only of a document that exists", async () => {
    const { collection } = setupClient(address());
    const [document, missing] = [collection.doc("a"), collection.doc("b")];
    const { writeTime } = await document.set({ x: 1 });
    const lastUpdateTime = new Timestamp(writeTime.seconds + 1, 0);
    const tooHigh = { code: 3, message: expect.stringContaining(TOO_HIGH) };
    await expect(document.update({ x: 2 }, { lastUpdateTime })).rejects.toMatchObject(tooHigh);
    await expect(document.delete({ lastUpdateTime })).rejects.toMatchObject(tooHigh);
    await expect(missing.update({ x: 2 }, { lastUpdateTime })).rejects.toMatchObject({ code: 9 });
    expect((await document.get()).data()).toEqual({ x: 1 });
  });

  test("refuses the last update time of a deleted document with FAILED_PRECONDITION", async () => {
    const { collection } = setupClient(address());
    const { writeTime } = await collection.doc("a").set({ x: 1 });
    await collection.doc("a").delete();
    await expect(collection.doc("a").update({ x: 2 }, { lastUpdateTime: writeTime })).rejects.toMatchObject({
      code: 9,
    });
    expect((await collection.doc("a").get()).exists).toBe(false);
  });

  test("writes only if a document is as it was read, and all writes or none", async () => {
    const { db, collection } = setupClient(address());
    const [document, beside] = [collection.doc("a"), collection.doc("b")];
    await document.set({ state: "running", count: 1, gone: true });
    const read = await document.get();
    const change = () => {
      const batch = db.batch();
      const fields = { state: "dead", at: FieldValue.serverTimestamp(), gone: FieldValue.delete() };
      batch.update(document, fields, { lastUpdateTime: read.updateTime! });
      batch.set(beside, { of: "a" });
      return batch.commit();
    };

    const [written] = await change();
    const changed = await document.get();
    expect(changed.data()).toEqual({ state: "dead", count: 1, at: expect.any(Timestamp) });
    expect(changed.updateTime).toEqual(written?.writeTime);
    expect((await beside.get()).exists).toBe(true);

    await beside.delete();
    await expect(change()).rejects.toMatchObject({ code: 9 });
    expect((await document.get()).updateTime).toEqual(written?.writeTime);
    expect((await beside.get()).exists).toBe(false);
  });

  test("refuses to delete a missing document that must exist with NOT_FOUND, and otherwise succeeds", async () => {
    const { collection } = setupClient(address());
    await expect(collection.doc("a").delete({ exists: true })).rejects.toMatchObject({ code: 5 });
    await collection.doc("a").delete();
    expect((await collection.doc("a").get()).exists).toBe(false);
  });
}
