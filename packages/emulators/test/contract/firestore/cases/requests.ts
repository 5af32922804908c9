import { status } from "@grpc/grpc-js";
import { expect } from "vitest";
import type { JsonObject } from "../differential/json.ts";
import type { Subject } from "../support/case.ts";
import { integer, list, numbersIn, query, setupTwo, where, write } from "../support/wire-requests.ts";

/** Requests that Google's client doesn't make. */
export function requestCases({ address, test }: Subject): void {
  test("lists documents in the order of a field, page by page", async () => {
    const wire = await setupTwo(address());
    const [call, request] = list({ orderBy: "n desc", pageSize: 1 })(wire);
    const { replies } = await wire.call(call, request);
    expect(replies).toMatchObject([{ documents: [{ name: `${wire.root}/c/b` }], nextPageToken: expect.any(String) }]);
  });

  test("lists documents in a read-write transaction", async () => {
    const wire = await setupTwo(address());
    const { replies } = await wire.call("BeginTransaction", { database: wire.database });
    const transaction = replies[0]?.["transaction"] ?? "";
    const [call, request] = list({ transaction })(wire);
    expect(await wire.call(call, request)).toMatchObject({ code: status.OK, replies: [{ documents: [{}, {}] }] });
    await wire.call("Rollback", { database: wire.database, transaction });
  });

  test("returns a document once that is requested twice", async () => {
    const wire = await setupTwo(address());
    const documents = [`${wire.root}/c/a`, `${wire.root}/c/a`];
    const { replies } = await wire.call("BatchGetDocuments", { database: wire.database, documents });
    expect(replies).toMatchObject([{ found: { name: `${wire.root}/c/a` } }]);
  });

  test("begins a read-only transaction for a read that doesn't say what kind", async () => {
    const wire = await setupTwo(address());
    const { database, root } = wire;
    const read = { database, documents: [`${root}/c/a`], newTransaction: {} };
    const { replies } = await wire.call("BatchGetDocuments", read);
    const transaction = replies[0]?.["transaction"] ?? "";
    const writes = [{ delete: `${root}/c/a` }];
    expect(await wire.call("Commit", { database, transaction, writes })).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    expect(await numbersIn(wire)).toEqual(["1", "2"]);
  });

  test("doesn't look into vectors, and replaces one with a map when a field below it is written", async () => {
    const wire = await setupTwo(address());
    const { database, root } = wire;
    const name = `${root}/d/a`;
    const values = [{ doubleValue: 1 }];
    const vector = { __type__: { stringValue: "__vector__" }, value: { arrayValue: { values } } };
    const update = { name, fields: { v: { mapValue: { fields: vector } } } };
    await wire.call("Commit", { database, writes: [{ update }] });
    const request = { from: [{ collectionId: "d" }], orderBy: [order("v.value")] };
    const [call, ordered] = query(request)(wire);
    expect(JSON.stringify((await wire.call(call, ordered)).replies)).not.toContain(name);

    const below = { name, fields: { v: { mapValue: { fields: { value: integer(1) } } } } };
    await wire.call("Commit", { database, writes: [{ update: below, updateMask: { fieldPaths: ["v.value"] } }] });
    const { replies } = await wire.call("GetDocument", { name });
    expect(replies[0]?.["fields"]).toEqual({ v: { mapValue: { fields: { value: integer(1) } } } });
  });

  test("the maximum of a number and NaN is NaN", async () => {
    const wire = await setupTwo(address());
    const maximum = { fieldPath: "n", maximum: { doubleValue: "NaN" } };
    const [call, request] = write((name) => ({ transform: { document: name, fieldTransforms: [maximum] } }))(wire);
    const { replies } = await wire.call(call, request);
    expect(replies).toMatchObject([{ writeResults: [{ transformResults: [{ doubleValue: "NaN" }] }] }]);
  });

  test("orders by the fields of inequalities by name, without backticks", async () => {
    const wire = await setupTwo(address());
    const positive = (fieldPath: string): JsonObject => where(fieldPath, "GREATER_THAN", integer(0));
    const named = (id: string, a: number, é: number): JsonObject => ({
      update: { name: `${wire.root}/d/${id}`, fields: { a: integer(a), é: integer(é) } },
    });
    const writes = [named("second", 2, 1), named("first", 1, 2)];
    await wire.call("Commit", { database: wire.database, writes });

    const filters = [positive("`é`"), positive("a")];
    const both = { from: [{ collectionId: "d" }], where: { compositeFilter: { op: "AND", filters } } };
    const [call, request] = query(both)(wire);
    const { replies } = await wire.call(call, request);
    const names = ["first", "second"].map((id) => ({ document: { name: `${wire.root}/d/${id}` } }));
    expect(replies).toMatchObject(names);
  });

  test("does not order by a field that is compared with null", async () => {
    const wire = await setupTwo(address());
    const compared = { where: where("n", "GREATER_THAN", { nullValue: "NULL_VALUE" }), orderBy: [order("__name__")] };
    const [call, request] = query(compared)(wire);
    expect(await wire.call(call, request)).toMatchObject({ code: status.OK });
  });

  test("accepts ids, aliases, collections and fields of four underscores", async () => {
    const wire = await setupTwo(address());
    const name = `${wire.root}/____/____`;
    const update = { name, fields: { ____: integer(1) } };
    expect(await wire.call("Commit", { database: wire.database, writes: [{ update }] })).toMatchObject({ code: 0 });
    const [call, request] = query({ from: [{ collectionId: "____" }], orderBy: [order("____")] })(wire);
    expect((await wire.call(call, request)).replies).toMatchObject([{ document: { name } }]);
  });

  test("reports how many results the offset skipped before the first", async () => {
    const wire = await setupTwo(address());
    const update = { name: `${wire.root}/c/c`, fields: {} };
    await wire.call("Commit", { database: wire.database, writes: [{ update }] });
    const [call, request] = query({ offset: 1 })(wire);
    const { replies } = await wire.call(call, request);
    expect(replies[0]).toMatchObject({ skippedResults: 1 });
  });
}

const order = (fieldPath: string): JsonObject => ({ field: { fieldPath } });
