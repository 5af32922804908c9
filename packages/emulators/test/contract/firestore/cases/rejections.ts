import { status } from "@grpc/grpc-js";
import { expect } from "vitest";
import type { JsonObject } from "../differential/json.ts";
import type { Subject } from "../support/case.ts";
import {
  type Request,
  integer,
  list,
  numbersIn,
  query,
  setupTwo,
  sum,
  where,
  write,
} from "../support/wire-requests.ts";

/** Requests that are invalid, whatever documents there are. */
export function rejectionCases({ address, test }: Subject): void {
  for (const [what, make] of INVALID) {
    test(`refuses ${what} with INVALID_ARGUMENT, and changes nothing`, async () => {
      const wire = await setupTwo(address());
      const [call, request] = make(wire);
      expect(await wire.call(call, request)).toMatchObject({ code: status.INVALID_ARGUMENT });
      expect(await numbersIn(wire)).toEqual(["1", "2"]);
    });
  }
}

const vector = (...values: JsonObject[]): JsonObject => ({
  mapValue: { fields: { __type__: { stringValue: "__vector__" }, value: { arrayValue: { values } } } },
});
const increment = (fieldPath: string): JsonObject => ({ fieldPath, increment: integer(1) });
const value = (field: JsonObject): Request => write((name) => ({ update: { name, fields: { n: field } } }));
const get =
  (path: string): Request =>
  ({ root }) => ["GetDocument", { name: `${root}/${path}` }];
const create =
  (collectionId: string, documentId: string): Request =>
  ({ root }) => ["CreateDocument", { parent: root, collectionId, documentId, document: {} }];

const INVALID: readonly (readonly [what: string, request: Request])[] = [
  ["a vector without dimensions", value(vector())],
  ["a vector of integers", value(vector(integer(1)))],
  ["a vector of NaN", value(vector({ doubleValue: "NaN" }))],
  ["a vector of 2,049 dimensions", value(vector(...Array.from({ length: 2_049 }, () => ({ doubleValue: 1 }))))],
  ["a vector in an array", value({ arrayValue: { values: [vector({ doubleValue: 1 })] } })],
  ["a map whose __type__ is a number", value({ mapValue: { fields: { __type__: integer(1) } } })],
  ["a time after the year 9999", value({ timestampValue: { seconds: "253402300800" } })],
  ["a time of a billion nanoseconds", value({ timestampValue: { nanos: 1_000_000_000 } })],
  ["a latitude of 91 degrees", value({ geoPointValue: { latitude: 91 } })],
  ["a longitude that is NaN", value({ geoPointValue: { longitude: "NaN" } })],
  ["a reference to a collection", value({ referenceValue: "projects/p/databases/d/documents/c" })],
  ["a reference to nothing", value({ referenceValue: "" })],
  [
    "a reserved field that is not in the mask",
    write((name) => ({ update: { name, fields: { __x__: integer(1) } }, updateMask: { fieldPaths: ["n.x"] } })),
  ],
  ["a numeric id of a collection", get("__id7__/a")],
  ["a numeric id with a leading zero", get("c/__id07__")],
  ["a numeric id past 64 bits", get("c/__id9223372036854775808__")],
  ["a delete with a mask", write((name) => ({ delete: name, updateMask: { fieldPaths: ["n"] } }))],
  ["a delete with transforms", write((name) => ({ delete: name, updateTransforms: [increment("n")] }))],
  ["a transform of nothing", write((name) => ({ transform: { document: name, fieldTransforms: [] } }))],
  [
    "transforms of a field and of one below it",
    write((name) => ({ transform: { document: name, fieldTransforms: [increment("n"), increment("n.x")] } })),
  ],
  [
    "a batch in which one write is malformed",
    ({ database, root }) => ["BatchWrite", { database, writes: [{ delete: `${root}/c/a` }, { delete: `${root}/c` }] }],
  ],
  ["a document to create in a collection with a slash", create("c/a/s", "x")],
  ["a document to create with a slash in its id", create("c", "x/y/z")],
  [
    "a document to create that brings a name, even its own",
    ({ root }) => [
      "CreateDocument",
      { parent: root, collectionId: "c", documentId: "x", document: { name: `${root}/c/x` } },
    ],
  ],
  ["a database name that goes on", ({ root }) => ["Commit", { database: root, writes: [] }]],
  [
    "a precondition that is finer than microseconds",
    write((name) => ({ delete: name, currentDocument: { updateTime: { seconds: "1", nanos: 5 } } })),
  ],
  [
    "a precondition before 1970",
    write((name) => ({ delete: name, currentDocument: { updateTime: { seconds: "-1" } } })),
  ],
  [
    "a malformed mask, even without a document",
    ({ root }) => ["GetDocument", { name: `${root}/c/missing`, mask: { fieldPaths: ["a."] } }],
  ],
  ["the empty id of a transaction", list({ transaction: "" })],
  ["a time to read from that is finer than microseconds", list({ readTime: { seconds: "1", nanos: 5 } })],
  ["a filter by a text of 1,500 bytes", query({ where: where("n", "EQUAL", { stringValue: "x".repeat(1_500) }) })],
  ["a sum of selected fields", sum({ select: { fields: [{ fieldPath: "n" }] } })],
  [
    "a sum of documents that are filtered by name but not ordered by the field",
    (wire) => sum({ where: where("__name__", "GREATER_THAN", { referenceValue: `${wire.root}/c/a` }) })(wire),
  ],
  ["an alias of 1,501 bytes", sum({}, "x".repeat(1_501))],
  ["a list of less than no documents", list({ pageSize: -1 })],
  ["a page token that no list gave", list({ pageToken: Buffer.from("a").toString("base64") })],
  ["an order of missing documents", list({ showMissing: true, orderBy: "n" })],
  ["missing documents of no collection", list({ showMissing: true, collectionId: "" })],
  ["an order that is none", list({ orderBy: "n sideways" })],
];
