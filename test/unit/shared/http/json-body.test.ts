import { expect, it } from "vitest";
import { JsonBodyError, parseJsonBody } from "../../../../shared/http/json-body.ts";

const LIMITS = { maxDepth: 100, maxValues: 200_000 };

const parse = (bytes: ArrayBuffer | Uint8Array, maxDepth = LIMITS.maxDepth) =>
  parseJsonBody(bytes, { ...LIMITS, maxDepth }).value;

const bytesOf = (text: string) => new TextEncoder().encode(text);
const nested = (levels: number, innermost = "") => "[".repeat(levels) + innermost + "]".repeat(levels);

it("parses JSON in UTF-8", () => {
  expect(parse(bytesOf('{"a":["é",1,null]}'))).toEqual({ a: ["é", 1, null] });
});

it("parses the bytes of an ArrayBuffer", () => {
  expect(parse(new Uint8Array([0x31]).buffer)).toBe(1);
});

it("skips a byte order mark", () => {
  expect(parse(new Uint8Array([0xef, 0xbb, 0xbf, 0x31]))).toBe(1);
});

it.each([
  ["a byte that UTF-8 never has", [0x22, 0xff, 0x22]],
  ["a sequence that is cut off", [0x22, 0xc3, 0x22]],
  ["a sequence that is too long", [0x22, 0xc0, 0xaf, 0x22]],
  ["half a surrogate pair", [0x22, 0xed, 0xa0, 0x80, 0x22]],
])("refuses %s instead of replacing it", (_name, bytes) => {
  expect(() => parse(new Uint8Array(bytes))).toThrow(new JsonBodyError("The body is not valid UTF-8."));
});

it.each([
  ["nothing", ""],
  ["truncated JSON", '{"a":'],
  ["two values", "1 2"],
  ["a comment", "1 // one"],
  ["NaN", "NaN"],
  ["UTF-16", "\x00[\x00]"],
])("refuses %s", (_name, text) => {
  expect(() => parse(bytesOf(text))).toThrow(new JsonBodyError("The body is not valid JSON."));
});

it.each([
  ["empty", ""],
  ["with a value in it", "1"],
])("accepts 100 levels and refuses 101, the innermost %s", (_name, innermost) => {
  expect(parse(bytesOf(nested(100, innermost)))).toBeInstanceOf(Array);
  expect(() => parse(bytesOf(nested(101, innermost)))).toThrow("more than 100 levels deep");
});

it("counts levels of objects as those of arrays", () => {
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  expect(parse(bytesOf(objects(100)))).toHaveProperty("a.a.a");
  expect(() => parse(bytesOf(objects(101)))).toThrow("more than 100 levels deep");
});

it("refuses 100,000 levels without running out of stack", () => {
  expect(() => parse(bytesOf(nested(100_000)))).toThrow(JsonBodyError);
  expect(() => parse(bytesOf("[".repeat(100_000)))).toThrow(JsonBodyError);
});

it("accepts a wide body", () => {
  expect(parse(bytesOf(`[${"[],".repeat(100_000)}0]`))).toHaveLength(100_001);
});

it("counts up to the given depth", () => {
  expect(parse(bytesOf(nested(64)), 64)).toBeInstanceOf(Array);
  expect(() => parse(bytesOf(nested(65)), 64)).toThrow("more than 64 levels deep");
});

it.each([
  ["a number beyond doubles", '{"a":[1e400]}', "beyond the range of a double"],
  ["a field named __proto__", '{"a":{"__proto__":1}}', "__proto__"],
  ["half a surrogate pair", String.raw`["\ud83d"]`, "surrogates"],
  ["half a surrogate pair in a name", String.raw`{"\ud83d":1}`, "surrogates"],
])("refuses %s, which not every part could pass on unchanged", (_name, text, words) => {
  expect(() => parse(bytesOf(text))).toThrow(words);
});

it("accepts names that only look special", () => {
  const text = '{"constructor":1,"prototype":2,"__proto":3}';
  expect(JSON.stringify(parse(bytesOf(text)))).toBe(text);
});

it("quotes no part of the body in its message", () => {
  const refused = () => parse(bytesOf('{"secret":"canary-1'));
  expect(refused).toThrow(JsonBodyError);
  expect(refused).not.toThrow(/canary/);
});
