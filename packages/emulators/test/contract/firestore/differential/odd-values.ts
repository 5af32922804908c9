import type { JsonObject } from "./json.ts";
import { ROOT } from "./operation.ts";

/** A vector, or something like one. */
export const vectorOf = (...values: JsonObject[]): JsonObject => ({
  mapValue: { fields: { __type__: { stringValue: "__vector__" }, value: { arrayValue: { values } } } },
});

/** References to other databases, and to things that aren't documents. */
export const ODD_REFERENCES = [
  "projects/other/databases/(default)/documents/c/a",
  "projects/p/databases/d/documents/c/a",
  `${ROOT}/c`,
  ROOT,
  "projects/p/databases/d",
  "projects/p",
  "projects",
  "",
  "c/a",
  `${ROOT}/c/__x__`,
  `${ROOT}/c//a`,
  `${ROOT}/c/a/`,
  `${ROOT}/c/.`,
  `${ROOT}/${"c/a/".repeat(51)}c/a`,
  `${ROOT}/c/${"x".repeat(1_501)}`,
  "projects/p/databases/d/docs/c/a",
];

/** Values that a request may have and a document may not, or that look like something else. */
export const ODD_VALUES: JsonObject[] = [
  {},
  vectorOf(),
  vectorOf({ doubleValue: "NaN" }),
  vectorOf({ doubleValue: "Infinity" }),
  vectorOf({ integerValue: "1" }),
  vectorOf({ doubleValue: 1 }),
  vectorOf(...Array.from({ length: 2_049 }, () => ({ doubleValue: 1 }))),
  { bytesValue: Buffer.alloc(1_501).toString("base64") },
  { stringValue: "x".repeat(1_501) },
  { geoPointValue: { latitude: 91, longitude: 0 } },
  { geoPointValue: { latitude: 0, longitude: -181 } },
  { geoPointValue: { latitude: "NaN", longitude: 0 } },
  { timestampValue: { seconds: "0", nanos: -1 } },
  { timestampValue: { seconds: "0", nanos: 1_000_000_000 } },
  { timestampValue: { seconds: "253402300800", nanos: 0 } },
  { timestampValue: { seconds: "-62135596801", nanos: 0 } },
  { arrayValue: { values: [{ arrayValue: {} }] } },
  { arrayValue: { values: [{}] } },
  { arrayValue: { values: [{ mapValue: { fields: { a: { arrayValue: { values: [{ integerValue: "1" }] } } } } }] } },
  { mapValue: { fields: { "": { integerValue: "1" } } } },
  { mapValue: { fields: { __x__: { integerValue: "1" } } } },
  { mapValue: { fields: { __type__: { stringValue: "__vector__" } } } },
  { mapValue: { fields: { __type__: { stringValue: "other" } } } },
  {
    mapValue: {
      fields: { __type__: { stringValue: "__vector__" }, value: { arrayValue: {} }, a: { integerValue: "1" } },
    },
  },
  { mapValue: { fields: { __type__: { stringValue: "__vector__" }, value: { integerValue: "1" } } } },
  { mapValue: { fields: { __type__: { integerValue: "1" } } } },
  { fieldReferenceValue: "a" },
];
