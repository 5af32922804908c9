import canonicalize from "canonicalize";
import { assert, constant, dictionary, infiniteStream, jsonValue, nat, oneof, property, string } from "fast-check";
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import { readCanonical } from "../../../../shared/json/canonical-text.ts";

/** The hashes of queued tasks were made with this library, so ours must agree with it. */
const byLibrary = (value: unknown) =>
  createHash("sha256")
    .update(String(canonicalize(value)))
    .digest("hex");

it("agrees with another implementation of RFC 8785 on any JSON", () => {
  const anyText = string({ unit: "binary" });
  const json = jsonValue({ stringUnit: "binary", maxDepth: 6 });
  const objects = dictionary(oneof(anyText, nat().map(String), constant("__proto__")), json);
  assert(
    property(oneof(json, objects), (value) => {
      expect(hashPayload(value)).toBe(byLibrary(value));
    }),
    { numRuns: 300 },
  );
});

it.each<[string, unknown]>([
  [
    "names in the order of code units, not of code points",
    { "\u{1f600}": 1, "\ufb33": 2, é: 3, e: 4, "1": 5, "10": 6, "9": 7 },
  ],
  ["names like numbers", { 10: 1, 9: 2, "-1": 3, "01": 4, a: 5 }],
  ["numbers", [0, -0, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, 333_333_333.333_333_3, 4.5, 2e-3, 1e30, -1.5]],
  ["control characters and quotes", ['\u0000\u001f\u007f\u0080\u2028"\\/\b\f\n\r\t']],
  ["a text longer than a piece", ["x".repeat(50_000), "€".repeat(50_000), "y"]],
  ["more values than fit in a piece", Array.from({ length: 30_000 }, (_, index) => [index, { [`k${index}`]: null }])],
  ["deep nesting", JSON.parse(`${'{"a":['.repeat(500)}1${"]}".repeat(500)}`)],
])("agrees on %s", (_, value) => {
  expect(hashPayload(value)).toBe(byLibrary(value));
});

/** Writes JSON in any of the ways in which it can be written; `pick` chooses. */
function writeFreely(value: unknown, pick: (ways: number) => number): string {
  const space = () => ["", "", "", " ", "\n\t", "\r  "][pick(6)] ?? "";
  if (typeof value === "string") return writeTextFreely(value, pick);
  if (typeof value === "number") return writeNumberFreely(value, pick);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map((item) => writeFreely(item, pick))
    : Object.entries(value).map(
        ([name, field]) => `${writeTextFreely(name, pick)}${space()}:${space()}${writeFreely(field, pick)}`,
      );
  if (!Array.isArray(value) && pick(2) === 0) parts.reverse();
  const inside = parts.map((part) => `${space()}${part}${space()}`).join(",") || space();
  return Array.isArray(value) ? `[${inside}]` : `{${inside}}`;
}

function writeTextFreely(text: string, pick: (ways: number) => number): string {
  if (pick(2) === 0) return JSON.stringify(text);
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  return `"${units.map((unit) => String.raw`\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
}

function writeNumberFreely(value: number, pick: (ways: number) => number): string {
  const text = JSON.stringify(value);
  return text.includes("e")
    ? text
    : ([text, `${text}e0`, text.includes(".") ? `${text}00` : `${text}.0`][pick(3)] ?? text);
}

const letters = (text: string) => text.split("").toSorted().join("");

it("finds the canonical form however the text is written, and whether JSON.stringify would write it so", () => {
  const json = jsonValue({ stringUnit: "binary", maxDepth: 5 }).filter(
    (value) => !JSON.stringify(value).includes("__proto__"),
  );
  assert(
    property(dictionary(string({ unit: "binary" }), json, { maxKeys: 5 }), infiniteStream(nat()), (object, stream) => {
      const text = writeFreely(object, (ways) => Number(stream.next().value) % ways);
      const { canonical, fields, isSound } = readCanonical(text);
      expect(isSound).toBe(true);
      expect(canonical).toBe(canonicalize(object));
      expect(new Set(fields.keys())).toEqual(new Set(Object.keys(object)));
      for (const [name, field] of fields) {
        const value = Reflect.get(object, name);
        expect(field.canonical).toBe(canonicalize(value));
        if (field.plain === undefined) continue;
        // JSON has no -0, which an object may contain.
        expect(JSON.parse(field.plain)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(letters(field.plain)).toBe(letters(JSON.stringify(value)));
      }
    }),
    { numRuns: 500 },
  );
});

it.each<[string, string | undefined]>([
  ['{"b":[1,-1.5,"é\\n"],"a":{"d":null,"c":true}}', '{"b":[1,-1.5,"é\\n"],"a":{"d":null,"c":true}}'],
  ["[1, 2]", undefined],
  ["[1.0]", undefined],
  ["[-0]", undefined],
  ["[1e2]", undefined],
  [String.raw`["\/"]`, undefined],
  [String.raw`{"\u0061":1}`, undefined],
])("says whether %s is in the form of JSON.stringify, apart from the order of fields", (payload, plain) => {
  expect(readCanonical(`{ "other":1.0 ,"payload":${payload}}`).fields.get("payload")?.plain).toBe(plain);
});

it.each([
  ['{"a":1,"b":2,"a":3}'],
  ['{"b":1,"a":2,"b":3}'],
  [String.raw`{"a":1,"\u0061":2}`],
  [String.raw`[{"x":{"\n":1,"\u000a":2}}]`],
  [`{${Array.from({ length: 40 }, (_, index) => `"f${index}":0`).join(",")},"f7":1}`],
  ["[9007199254740993]"],
  ["[1e400]"],
  [String.raw`["\ud800"]`],
  ['["\ud800"]'],
])("detects that %s can't be passed on unchanged", (text) => {
  expect(readCanonical(text).isSound).toBe(false);
});

it.each([['[{"__proto__":1}]'], [String.raw`{"a":{"_\u005fproto__":1}}`]])("notices the name in %s", (text) => {
  expect(readCanonical(text)).toMatchObject({ isSound: true, hasProto: true });
});
