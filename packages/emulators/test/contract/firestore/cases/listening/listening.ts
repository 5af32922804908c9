import type { CollectionReference } from "@google-cloud/firestore";
import { expect } from "vitest";
import { setupClient } from "../../support/harness.ts";
import type { Subject } from "../../support/case.ts";
import { linkTo } from "../../support/listening/breakable-link.ts";
import { changesOf, idsOf, listenToDocument, listenToQuery } from "../../support/listening/heard.ts";

/** Writes numbered documents in one commit. */
async function putNumbers(collection: CollectionReference, numbers: Readonly<Record<string, number>>): Promise<void> {
  const batch = collection.firestore.batch();
  for (const [id, n] of Object.entries(numbers)) batch.set(collection.doc(id), { n });
  await batch.commit();
}

export function listeningCases({ address, test }: Subject): void {
  test("reports to a document's listener that it is missing, created, updated and deleted", async () => {
    const { collection } = setupClient(address());
    const document = collection.doc("a");
    const heard = listenToDocument(document);
    expect((await heard.next()).exists).toBe(false);

    const { writeTime } = await document.create({ n: 1 });
    const created = await heard.next();
    expect(created.data()).toEqual({ n: 1 });
    expect(created.createTime?.isEqual(writeTime)).toBe(true);
    await document.update({ n: 2 });
    expect((await heard.next()).data()).toEqual({ n: 2 });
    await document.delete();
    expect((await heard.next()).exists).toBe(false);
  });

  test("reports to a query's listener what is added, modified and removed, with positions", async () => {
    const { collection } = setupClient(address());
    await putNumbers(collection, { a: 1, b: 2 });
    const heard = listenToQuery(collection.where("n", ">", 0).orderBy("n"));
    expect(changesOf(await heard.next())).toEqual(["added a 0", "added b 1"]);

    await putNumbers(collection, { c: 1.5 });
    expect(changesOf(await heard.next())).toEqual(["added c 1"]);
    await putNumbers(collection, { a: 3 });
    expect(changesOf(await heard.next())).toEqual(["modified a 0>2"]);
    await putNumbers(collection, { c: -1 });
    expect(changesOf(await heard.next())).toEqual(["removed c 0"]);
    await collection.doc("b").delete();
    const last = await heard.next();
    expect(changesOf(last)).toEqual(["removed b 0"]);
    expect(idsOf(last)).toBe("a");
  });

  test("reports an empty result, and the first document in it", async () => {
    const { collection } = setupClient(address());
    const heard = listenToQuery(collection);
    expect((await heard.next()).size).toBe(0);
    await putNumbers(collection, { a: 1 });
    expect(changesOf(await heard.next())).toEqual(["added a 0"]);
  });

  test("reports a commit of several documents in one snapshot", async () => {
    const { collection, db } = setupClient(address());
    await putNumbers(collection, { a: 1, b: 2, c: 3 });
    const heard = listenToQuery(collection.orderBy("n"));
    await heard.next();

    const batch = db.batch();
    batch.delete(collection.doc("a"));
    batch.update(collection.doc("b"), { n: 9 });
    batch.create(collection.doc("d"), { n: 4 });
    await batch.commit();
    expect(changesOf(await heard.next())).toEqual(["removed a 0", "added d 2", "modified b 0>2"]);
    await db.runTransaction(async (transaction) => {
      await transaction.get(collection);
      for (const id of ["e", "f", "g"]) transaction.set(collection.doc(id), { n: 10 });
    });
    expect(idsOf(await heard.next())).toBe("cdbefg");
  });

  test("fills a query's limit with documents from beyond it", async () => {
    const { collection } = setupClient(address());
    await putNumbers(collection, { a: 1, b: 2, c: 3, d: 4 });
    const heard = listenToQuery(collection.orderBy("n", "desc").limit(2));
    expect(idsOf(await heard.next())).toBe("dc");
    await putNumbers(collection, { a: 5 });
    expect(changesOf(await heard.next())).toEqual(["removed c 1", "added a 0"]);
    await collection.doc("a").delete();
    expect(changesOf(await heard.next())).toEqual(["removed a 0", "added c 1"]);
  });

  test("listens to the last documents of an order, and between cursors", async () => {
    const { collection } = setupClient(address());
    await putNumbers(collection, { a: 1, b: 2, c: 3, d: 4 });
    const last = listenToQuery(collection.orderBy("n").limitToLast(2));
    const between = listenToQuery(collection.orderBy("n").startAfter(1).endAt(3));
    expect(idsOf(await last.next())).toBe("cd");
    expect(idsOf(await between.next())).toBe("bc");
    await putNumbers(collection, { e: 2.5, f: 5 });
    expect(idsOf(await last.next())).toBe("df");
    expect(idsOf(await between.next())).toBe("bec");
  });

  test("shows listeners only the selected fields", async () => {
    const { collection } = setupClient(address());
    await collection.doc("a").set({ n: 1, secret: 1 });
    const heard = listenToQuery(collection.select("n"));
    expect((await heard.next()).docs[0]?.data()).toEqual({ n: 1 });
    await collection.doc("a").set({ n: 2, secret: 2 });
    expect((await heard.next()).docs[0]?.data()).toEqual({ n: 2 });
  });

  test("listens to a collection group at every depth, and to nothing else", async () => {
    const { db } = setupClient(address());
    await db.doc("group/z").set({});
    const heard = listenToQuery(db.collectionGroup("group"));
    await heard.next();
    await db.doc("other/z").set({});
    await db.doc("r/a/group/x").set({});
    const paths = (await heard.next()).docs.map((document) => document.ref.path);
    expect(paths).toEqual(["group/z", "r/a/group/x"]);
  });

  test("reports to every listener, but not to one that has unsubscribed", async () => {
    const { collection, connect, projectId } = setupClient(address());
    const first = listenToQuery(collection);
    const second = listenToQuery(connect({ projectId }).collection("things"));
    await Promise.all([first.next(), second.next()]);
    await putNumbers(collection, { a: 1 });
    expect(idsOf(await first.next())).toBe("a");
    expect(idsOf(await second.next())).toBe("a");

    first.unsubscribe();
    await putNumbers(collection, { b: 1 });
    expect(idsOf(await second.next())).toBe("ab");
    expect(first.waiting).toBe(0);
  });

  test("does not report writes elsewhere, or ones that change nothing", async () => {
    const { collection, db } = setupClient(address());
    await putNumbers(collection, { a: 1 });
    const heard = listenToQuery(collection.where("n", "==", 1));
    await heard.next();
    await putNumbers(collection, { a: 1, other: 2 });
    await db.doc("elsewhere/a").set({ n: 1 });
    await db.doc("things/a/below/a").set({ n: 1 });
    await putNumbers(collection, { b: 1 });
    expect(changesOf(await heard.next())).toEqual(["added b 1"]);
  });

  test("reports a transaction only once it commits", async () => {
    const { collection, db } = setupClient(address());
    const heard = listenToQuery(collection);
    await heard.next();
    const abandoned = db.runTransaction(async (transaction) => {
      await transaction.get(collection.doc("a"));
      transaction.set(collection.doc("a"), {});
      throw new Error("abandoned");
    });
    await expect(abandoned).rejects.toThrow("abandoned");
    await putNumbers(collection, { b: 1 });
    expect(idsOf(await heard.next())).toBe("b");
  });

  test("reports to the listener of a refused query why", async () => {
    const { collection } = setupClient(address());
    const twice = collection.where("a", "array-contains", 1).where("b", "array-contains", 2);
    await expect(listenToQuery(twice).next()).rejects.toThrow(/^Error \d+: .*array[-_]contains/i);
  });

  test("goes on after a broken connection, and misses nothing", async () => {
    const direct = setupClient(address());
    await putNumbers(direct.collection, { a: 1, b: 2, c: 3 });
    const link = await linkTo(address());
    const throughLink = setupClient(link.address).connect({ projectId: direct.projectId });
    const query = listenToQuery(throughLink.collection("things").orderBy("n"));
    const document = listenToDocument(throughLink.doc("things/b"));
    await Promise.all([query.next(), document.next()]);

    link.cut();
    await direct.collection.doc("a").delete();
    await putNumbers(direct.collection, { b: 9, d: 5 });
    link.mend();
    expect(changesOf(await query.next())).toEqual(["removed a 0", "added d 2", "modified b 0>2"]);
    expect((await document.next()).data()).toEqual({ n: 9 });
    await putNumbers(direct.collection, { b: 0 });
    expect(idsOf(await query.next())).toBe("bcd");
  });
}
