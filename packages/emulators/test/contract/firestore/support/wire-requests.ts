import { status } from "@grpc/grpc-js";
import { randomUUID } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import type { JsonObject } from "../differential/json.ts";
import { type WireClient, connect } from "../differential/wire-client.ts";

/** Calls without Google's client, in a project of their own. */
export interface Wire extends WireClient {
  readonly database: string;
  readonly root: string;
}

/** A call and its request. */
export type Request = (wire: Wire) => readonly [call: string, request: JsonObject];

/** Writes two documents, c/a and c/b, whose field n is 1 and 2. */
export async function setupTwo(address: string): Promise<Wire> {
  const client = connect(address);
  onTestFinished(() => client.close());
  const database = `projects/demo-${randomUUID().slice(0, 8)}/databases/(default)`;
  const root = `${database}/documents`;
  const writes = [
    { update: { name: `${root}/c/a`, fields: { n: integer(1) } } },
    { update: { name: `${root}/c/b`, fields: { n: integer(2) } } },
  ];
  expect(await client.call("Commit", { database, writes })).toMatchObject({ code: status.OK });
  return { ...client, database, root };
}

/** The numbers of the documents in c, in the order of their names. */
export async function numbersIn(wire: Wire): Promise<string[]> {
  const [call, request] = query({})(wire);
  const { replies } = await wire.call(call, request);
  return [...JSON.stringify(replies).matchAll(/"integerValue":"(\d+)"/g)].map(([, number]) => number ?? "");
}

export const integer = (value: number): JsonObject => ({ integerValue: String(value) });

/** A condition on a field. */
export const where = (fieldPath: string, op: string, value: JsonObject): JsonObject => ({
  fieldFilter: { field: { fieldPath }, op, value },
});

/** A commit of one write, given the name of c/a. */
export const write =
  (make: (name: string) => JsonObject): Request =>
  ({ database, root }) => ["Commit", { database, writes: [make(`${root}/c/a`)] }];

/** A query of c. */
export const query =
  (structuredQuery: JsonObject): Request =>
  ({ root }) => ["RunQuery", { parent: root, structuredQuery: { from: [{ collectionId: "c" }], ...structuredQuery } }];

/** The sum of n in a query of c. */
export const sum =
  (structuredQuery: JsonObject, alias = "sum"): Request =>
  ({ root }) => [
    "RunAggregationQuery",
    {
      parent: root,
      structuredAggregationQuery: {
        structuredQuery: { from: [{ collectionId: "c" }], ...structuredQuery },
        aggregations: [{ alias, sum: { field: { fieldPath: "n" } } }],
      },
    },
  ];

/** A list of c. */
export const list =
  (request: JsonObject): Request =>
  ({ root }) => ["ListDocuments", { parent: root, collectionId: "c", ...request }];
