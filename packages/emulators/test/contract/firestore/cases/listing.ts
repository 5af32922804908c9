import { expect } from "vitest";
import { setupClient, setupRaw } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

export function listingCases({ address, test }: Subject): void {
  test("lists documents, including missing ones that have something below them", async () => {
    const { collection } = setupClient(address());
    await collection.doc("missing/sub/b").set({ x: 1 });
    await collection.doc("deep/sub/missing/sub/b").set({ x: 1 });
    await collection.doc("there").set({});
    await collection.doc("gone").set({});
    await collection.doc("gone").delete();
    expect((await collection.listDocuments()).map((document) => document.id)).toEqual(["deep", "missing", "there"]);
  });

  test("lists the collections of the root and of a document", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a/second/x").set({});
    await collection.doc("a/first/x").set({});
    await collection.doc("a/emptied/x").set({});
    await collection.doc("a/emptied/x").delete();
    expect((await db.listCollections()).map((each) => each.id)).toEqual(["things"]);
    expect((await collection.doc("a").listCollections()).map((each) => each.id)).toEqual(["first", "second"]);
  });

  test("lists documents page by page", async () => {
    const { client, database, name } = setupRaw(address());
    const ids = ["a", "b", "c", "d", "e"];
    await client.commit({ database, writes: ids.map((id) => ({ update: { name: name(`c/${id}`), fields: {} } })) });
    const request = { parent: `${database}/documents`, collectionId: "c", pageSize: 2 };
    const listed: string[] = [];
    for await (const document of client.listDocumentsAsync(request, { autoPaginate: false }))
      listed.push(document.name ?? "");
    expect(listed).toEqual(ids.map((id) => name(`c/${id}`)));
  });

  test("deletes everything below a collection", async () => {
    const { collection, db } = setupClient(address());
    await collection.doc("a").set({});
    await collection.doc("a/s/b").set({});
    await db.recursiveDelete(collection);
    expect((await collection.get()).size).toBe(0);
    expect((await collection.doc("a/s/b").get()).exists).toBe(false);
  });

  test("splits a collection group into partitions that cover it once", async () => {
    const { collection, db } = setupClient(address());
    for (let i = 0; i < 7; i++) await collection.doc(`d${i}`).set({});
    const seen: string[] = [];
    let partitions = 0;
    for await (const partition of db.collectionGroup(collection.id).getPartitions(3)) {
      partitions += 1;
      for (const document of (await partition.toQuery().get()).docs) seen.push(document.id);
    }
    expect(partitions).toBe(3);
    expect(seen.toSorted()).toEqual(["d0", "d1", "d2", "d3", "d4", "d5", "d6"]);
  });
}
