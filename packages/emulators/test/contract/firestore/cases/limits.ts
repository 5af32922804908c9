import { expect } from "vitest";
import { setupRaw } from "../support/harness.ts";
import type { Subject } from "../support/case.ts";

const text = (bytes: number) => ({ stringValue: "x".repeat(bytes) });

const nested = (depth: number): object =>
  depth === 0 ? text(1) : { mapValue: { fields: { inner: nested(depth - 1) } } };

export function limitCases({ address, test }: Subject): void {
  const refusesFields = (title: string, fields: Record<string, object>, details: string | RegExp): void => {
    test(`refuses ${title} with INVALID_ARGUMENT`, async () => {
      const { client, database, name } = setupRaw(address());
      await expect(
        client.commit({ database, writes: [{ update: { name: name("c/a"), fields } }] }),
      ).rejects.toMatchObject({ code: 3, details: expect.stringMatching(details) });
      await expect(client.getDocument({ name: name("c/a") })).rejects.toMatchObject({ code: 5 });
    });
  };

  const refusesName = (title: string, path: string, details: string | RegExp): void => {
    test(`refuses ${title} with INVALID_ARGUMENT`, async () => {
      const { client, database, name } = setupRaw(address());
      await expect(
        client.commit({ database, writes: [{ update: { name: name(path), fields: {} } }] }),
      ).rejects.toMatchObject({ code: 3, details: expect.stringMatching(details) });
    });
  };

  refusesFields("a document of more than 1 MiB", { a: text(600_000), b: text(600_000) }, /size/);
  refusesFields("a text of 1,048,488 bytes", { a: text(1_048_488) }, /"a" is longer than 1048487 bytes/);
  refusesFields(
    "bytes of 1,048,488 bytes",
    { a: { bytesValue: Buffer.alloc(1_048_488) } },
    /"a" is longer than 1048487/,
  );
  refusesFields("maps nested 21 deep", { a: nested(21) }, /Property a contains an invalid nested entity/);
  refusesFields(
    "an array in an array",
    { a: { arrayValue: { values: [{ arrayValue: {} }] } } },
    /Cannot convert an array value in an array value/,
  );
  refusesFields("an empty field name", { "": text(1) }, /name is the empty string/);
  refusesFields("a reserved field name", { __x__: text(1) }, /__x__ is reserved/);
  refusesFields("a field name of 1,501 bytes", { ["x".repeat(1_501)]: text(1) }, /longer than 1500 bytes/);

  refusesName("the reserved document id __x__", "c/__x__", /"__x__" is invalid because it is reserved/);
  refusesName("the reserved collection id __x__", "__x__/a", /"__x__" is invalid because it is reserved/);
  refusesName("the document id .", "c/.", /"\."/);
  refusesName("the document id ..", "c/..", /"\.\."/);
  refusesName("an id of 1,501 bytes", `c/${"x".repeat(1_501)}`, /longer than 1500 bytes/);
  refusesName("the name of a collection as a document's", "c", /lacks/);
  refusesName("an empty id", "c//d/e", /lacks/);

  test("accepts values, names and nesting up to the limits", async () => {
    const { client, database, name } = setupRaw(address());
    const writes = [
      { update: { name: name("c/a"), fields: { a: text(1_048_487) } } },
      { update: { name: name("c/b"), fields: { a: nested(20) } } },
      { update: { name: name(`c/${"x".repeat(1_500)}`), fields: {} } },
      { update: { name: name("c/____"), fields: {} } },
      { update: { name: name("c/__id7__"), fields: {} } },
    ];
    const [{ writeResults }] = await client.commit({ database, writes });
    expect(writeResults).toHaveLength(writes.length);
  });

  test("accepts a commit of 8 MB", async () => {
    const { client, database, name } = setupRaw(address());
    const [{ writeResults }] = await client.commit({ database, writes: megabytes(8, name) }, WITHOUT_RETRY);
    expect(writeResults).toHaveLength(8);
  });

  test("rejects a commit of 12 MB with INVALID_ARGUMENT and applies nothing", async () => {
    const { client, database, name } = setupRaw(address());
    await expect(client.commit({ database, writes: megabytes(12, name) }, WITHOUT_RETRY)).rejects.toMatchObject({
      code: 3,
    });
    await expect(client.getDocument({ name: name("c/d0") })).rejects.toMatchObject({ code: 5 });
  });
}

const megabytes = (count: number, name: (path: string) => string) =>
  Array.from({ length: count }, (_, i) => ({ update: { name: name(`c/d${i}`), fields: { a: text(1_000_000) } } }));

/** Google's client retries a commit that is too large for gRPC for a minute. */
const WITHOUT_RETRY = { retry: { retryCodes: [] } };
