import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { StoredDocument } from "../../../src/firestore/store/document.ts";
import { documentText } from "../../../src/firestore/store/document-text.ts";
import { identicalFields } from "../../../src/firestore/values/equality.ts";
import { normalizeFields } from "../../../src/firestore/values/value.ts";
import { loadProtos } from "../../../src/rpc/proto.ts";
import { anyValue } from "./values/arbitrary-values.ts";

const PACKAGES = ["google.firestore.v1", "google.protobuf", "google.rpc", "google.type"];
const NAME = "projects/p/databases/d/documents/c/é";

function setup() {
  const type = loadProtos({ npmPackage: "@google-cloud/firestore-api" }, PACKAGES).lookupType(
    "google.firestore.v1.Document",
  );
  // Otherwise its first use would replace the function below.
  type.setup();
  const decoded: string[] = [];
  const decode = type.decode.bind(type);
  type.decode = (reader, length) => {
    decoded.push("a document");
    return decode(reader, length);
  };
  return { ...documentText(type), decoded };
}

/** Times from before 1970 to after 2255, where microseconds are no longer exact in a double. */
const anyTime = () => fc.bigInt({ min: -2_000_000_000_000_000n, max: 250_000_000_000_000_000n });

it("reads any document as it was written, and writes it the same again, whether its fields were read or not", () => {
  const text = setup();
  const fields = fc.dictionary(fc.constantFrom("a", "b", "é", "__proto__"), anyValue()).map(normalizeFields);
  const documents = fc.record<StoredDocument>({
    name: fc.constantFrom(NAME, `${NAME}/d/${"x".repeat(200)}`),
    fields,
    createTime: anyTime(),
    updateTime: anyTime(),
  });
  fc.assert(
    fc.property(documents, (document) => {
      const written = text.of(document);
      const read = text.read(written);
      expect(text.of(read)).toBe(written);
      const { name, createTime, updateTime } = read;
      expect([name, createTime, updateTime]).toEqual([document.name, document.createTime, document.updateTime]);
      expect(identicalFields(read.fields, document.fields)).toBe(true);
      expect(text.of(read)).toBe(written);
    }),
  );
});

it("decodes a document's fields when they are first read, and not before", () => {
  const { of, read, decoded } = setup();
  const document = read(of({ name: NAME, fields: { n: { integerValue: 1 } }, createTime: 1n, updateTime: 2n }));
  expect([document.name, document.createTime, document.updateTime, of(document)]).toHaveLength(4);
  expect(decoded).toEqual([]);

  expect([document.fields, document.fields]).toEqual([{ n: { integerValue: 1 } }, { n: { integerValue: 1 } }]);
  expect(decoded).toHaveLength(1);
});
