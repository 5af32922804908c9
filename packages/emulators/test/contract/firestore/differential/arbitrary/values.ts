import * as fc from "fast-check";
import { FIELD_NAMES } from "./paths.ts";
import { mostly } from "../mostly.ts";
import { ODD_REFERENCES, ODD_VALUES, vectorOf } from "../odd-values.ts";
import { ROOT } from "../operation.ts";
import type { Json, JsonObject } from "../json.ts";

const bytes = (...octets: number[]): string => Buffer.from(octets).toString("base64");

const INTEGERS = [
  "0",
  "1",
  "2",
  "-1",
  "3",
  "9007199254740992",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
];
const DOUBLES = [
  0,
  "-0",
  1,
  1.5,
  -1,
  "NaN",
  "Infinity",
  "-Infinity",
  9007199254740992,
  9223372036854775808,
  5e-324,
  1.7976931348623157e308,
  0.1,
];
const TEXTS = ["", "a", "b", "aa", "A", "é", "\uFFFD", "\u{1F600}", "\u0000", "e\u0301"];

const NAMES_BELOW_ROOT = ["c/a", "c/b", "d/a", "c/a/s/x", "c/__id7__", "c/é"];

/** The name of a document that may not exist. */
const anyReference = (): fc.Arbitrary<string> => fc.constantFrom(...NAMES_BELOW_ROOT).map((path) => `${ROOT}/${path}`);

/** A reference, also to other databases and to things that aren't documents. */
export function reference(): fc.Arbitrary<string> {
  return mostly(anyReference(), fc.constantFrom(...ODD_REFERENCES), 12);
}

/** Numbers. */
export function numberValue(): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    fc.constantFrom(...INTEGERS).map((integerValue) => ({ integerValue })),
    fc.constantFrom(...DOUBLES).map((doubleValue) => ({ doubleValue })),
  );
}

const point = (): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(fc.constantFrom<Json[]>(0, "-0", 1, -90, 90), fc.constantFrom<Json[]>(0, "-0", 1, -180, 180))
    .map(([latitude, longitude]) => ({ geoPointValue: { latitude, longitude } }));

const time = (): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      fc.constantFrom("0", "1", "-1", "1600000000", "-62135596800", "253402300799"),
      fc.constantFrom(0, 1000, 1500, 999, 999_999_000, 999_999_999),
    )
    .map(([seconds, nanos]) => ({ timestampValue: { seconds, nanos } }));

/** A few values that occur often, so that filters find something. */
const COMMON_VALUES: JsonObject[] = [
  { integerValue: "1" },
  { integerValue: "2" },
  { doubleValue: 1 },
  { doubleValue: 1.5 },
  { doubleValue: "NaN" },
  { stringValue: "a" },
  { nullValue: "NULL_VALUE" },
];

/** One of those. */
export const commonValue = (): fc.Arbitrary<JsonObject> => fc.constantFrom(...COMMON_VALUES);

/** Values without others in them. */
export function flatValue(): fc.Arbitrary<JsonObject> {
  return fc.oneof(
    { arbitrary: commonValue(), weight: 10 },
    { arbitrary: numberValue(), weight: 5 },
    { arbitrary: fc.constantFrom(...TEXTS).map((stringValue) => ({ stringValue })), weight: 3 },
    fc.constant({ nullValue: "NULL_VALUE" }),
    fc.boolean().map((booleanValue) => ({ booleanValue })),
    time(),
    fc.constantFrom(bytes(), bytes(0), bytes(127), bytes(128), bytes(128, 0)).map((bytesValue) => ({ bytesValue })),
    anyReference().map((referenceValue) => ({ referenceValue })),
    point(),
  );
}

const vector = (): fc.Arbitrary<JsonObject> =>
  fc
    .array(fc.constantFrom<Json[]>(0, "-0", 1, 2), { minLength: 1, maxLength: 3 })
    .map((dimensions) => vectorOf(...dimensions.map((doubleValue) => ({ doubleValue }))));

/** An odd value, or one that contains one. */
const oddValue = (): fc.Arbitrary<JsonObject> =>
  fc.oneof(
    fc.constantFrom(...ODD_REFERENCES).map((referenceValue): JsonObject => ({ referenceValue })),
    fc.constantFrom(...ODD_VALUES),
    fc.constantFrom(...ODD_VALUES).map((inner): JsonObject => ({ mapValue: { fields: { a: inner } } })),
    fc.constantFrom(...ODD_VALUES).map((inner): JsonObject => ({ arrayValue: { values: [inner] } })),
  );

/** Values of every type that documents can have, nested a little. */
function storedValue(): fc.Arbitrary<JsonObject> {
  return fc.letrec<{ value: JsonObject }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 2, withCrossShrink: true, depthIdentifier: "value" },
      { arbitrary: flatValue(), weight: 8 },
      { arbitrary: fc.array(tie("value"), { maxLength: 3 }).map(arrayOf), weight: 2 },
      { arbitrary: fields(tie("value")).map((inner) => ({ mapValue: { fields: inner } })), weight: 2 },
      { arbitrary: vector(), weight: 1 },
    ),
  })).value;
}

/** Arrays contain neither arrays nor vectors. */
const arrayOf = (values: readonly JsonObject[]): JsonObject => ({
  arrayValue: { values: values.filter((value) => !Object.hasOwn(value, "arrayValue") && !isVector(value)) },
});

const isVector = (value: JsonObject): boolean =>
  JSON.stringify(value["mapValue"] ?? {}).startsWith('{"fields":{"__type__"');

/** Values of every type, sometimes an invalid one. */
export function anyValue(): fc.Arbitrary<JsonObject> {
  return mostly(storedValue(), oddValue(), 30);
}

/** The fields of a document or a map. */
function fields(value: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return fc.dictionary(fc.constantFrom(...FIELD_NAMES), value, { maxKeys: 4 });
}

/** The fields of a document for queries. */
export function documentFields(): fc.Arbitrary<JsonObject> {
  const flat = fc.oneof({ arbitrary: flatValue(), weight: 3 }, { arbitrary: storedValue(), weight: 1 });
  const named = fc.record(
    {
      a: mostly(commonValue(), flat, 3),
      b: mostly(commonValue(), flat, 3),
      m: fc.oneof(
        fields(flat).map((inner): JsonObject => ({ mapValue: { fields: inner } })),
        storedValue(),
      ),
      l: fc.oneof(fc.array(flatValue(), { maxLength: 3 }).map(arrayOf), storedValue()),
      é: flat,
      "x.y": flat,
      A: flat,
      "0": flat,
    },
    { requiredKeys: [] },
  );
  return named.map((members) => ({ ...members }));
}

/** Fields, sometimes invalid ones. */
export function anyFields(): fc.Arbitrary<JsonObject> {
  const names = fc.constantFrom("", "__x__", "__name__", "__", "`", "a b", "x".repeat(1_500), "x".repeat(1_501));
  return mostly(fields(anyValue()), fc.dictionary(names, flatValue(), { maxKeys: 2 }), 20);
}
