import { expect, it } from "vitest";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";

it("is the SHA-256 of the canonical JSON", () => {
  // printf '%s' '{"a":[1,null,true,"é"],"b":{"c":1e-7}}' | sha256sum
  expect(hashPayload({ b: { c: 0.000_000_1 }, a: [1, null, true, "é"] })).toBe(
    "fd539185927ec7579d2ad35dbab06c3db8bfe071a6eadf696b559c9f45472749",
  );
});

it.each<[string, unknown, string]>([
  ["null", null, "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"],
  ["an empty object", {}, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
  ["a string", "x", "ba2df4903a2c14e86dc3bcca58911b44ac1d2514b7227bf6eb08cfb978f55a1b"],
])("hashes %s", (_name, payload, hash) => {
  expect(hashPayload(payload)).toBe(hash);
});

it("doesn't depend on the order of keys, at any depth", () => {
  const one = { a: 1, b: { c: [{ d: 1, e: 2 }], f: 3 } };
  const other = { b: { f: 3, c: [{ e: 2, d: 1 }] }, a: 1 };
  expect(hashPayload(one)).toBe(hashPayload(other));
});

it("differs for different values", () => {
  const payloads = [null, false, true, 0, 1, "", "1", "a", [], [1], [1, 2], [2, 1], {}, { a: 1 }, { a: "1" }, { b: 1 }];
  expect(new Set(payloads.map(hashPayload)).size).toBe(payloads.length);
});

it("distinguishes an own field __proto__ from a missing one", () => {
  expect(hashPayload(JSON.parse('{"__proto__":1}'))).not.toBe(hashPayload({}));
});

it.each<[string, unknown]>([
  ["undefined", undefined],
  ["a function", () => 1],
  ["a symbol", Symbol("x")],
  ["a bigint", 1n],
  ["not a number", { a: Number.NaN }],
  ["an infinite number", [Number.POSITIVE_INFINITY]],
  ["half a surrogate pair", { a: "\ud800" }],
  ["half a surrogate pair in a key", { "\udc00": 1 }],
])("throws a TypeError for a payload that is or holds %s", (_name, payload) => {
  expect(() => hashPayload(payload)).toThrow(TypeError);
});
