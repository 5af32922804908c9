import canonicalize from "canonicalize";
import { assert, constant, dictionary, jsonValue, nat, oneof, property, string } from "fast-check";
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import { CanonicalHasher } from "../../../../shared/json/canonical-hash.ts";

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

it("counts the fields, and notices __proto__", () => {
  const hasher = new CanonicalHasher();
  hasher.hashOf([{ a: 1, b: { c: [] } }, {}]);
  expect([hasher.members, hasher.hasProto]).toEqual([3, false]);
  hasher.hashOf(JSON.parse('{"a":{"__proto__":1}}'));
  expect([hasher.members, hasher.hasProto]).toEqual([5, true]);
});
