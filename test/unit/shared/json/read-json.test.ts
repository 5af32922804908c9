import { describe, expect, it } from "vitest";
import { hashCanonical } from "../../../../shared/contract/payload-hash.ts";
import { JsonTextError, readJson } from "../../../../shared/json/read-json.ts";

const LIMITS = { maxDepth: 64, maxValues: 1_000 };

const read = (text: string) => readJson(text, LIMITS);

function refusalOf(text: string): JsonTextError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof JsonTextError) return error;
    throw error;
  }
  throw new Error("The text was not refused.");
}

const problemsOf = (text: string) =>
  refusalOf(text).problems.map(({ path, message }) => `${path.join(".")}: ${message}`);

const CHANGED = "is a number that a double can't hold unchanged: send it as text";
const TOO_LARGE = "is a number beyond the range of a double";
const REPEATED = "is a duplicate: leave one out";

it("hashes each field of an object in its canonical form", () => {
  // printf '%s' '{"a":[1,null,true,"é"],"b":{"c":1e-7}}' | sha256sum
  const hash = "fd539185927ec7579d2ad35dbab06c3db8bfe071a6eadf696b559c9f45472749";
  const { value, fields } = read('{"payload": {"b":{"c":0.00000010}, "a":[1.0,null,true,"\\u00e9"]}, "n": 7}');
  expect(value).toEqual({ payload: { b: { c: 1e-7 }, a: [1, null, true, "é"] }, n: 7 });
  expect([...fields.keys()]).toEqual(["payload", "n"]);
  expect(hashCanonical(fields.get("payload")?.canonical ?? "")).toBe(hash);
});

it.each(["1", '"x"', "null", "[1,2]"])("reads %s, which has no fields", (text) => {
  expect(read(text)).toEqual({ value: JSON.parse(text), fields: new Map() });
});

describe("what would change on the way", () => {
  it.each([
    ["9007199254740993", `: ${CHANGED}`],
    ["-1e400", `: ${TOO_LARGE}`],
    ['{"a":1e-400}', `a: ${CHANGED}`],
    ['{"a":{"b":[0,{"c d":1234567890123456789}]}}', `a.b.1.c d: ${CHANGED}`],
    ['[[],[0.10000000000000000555,"1e400"]]', `1.0: ${CHANGED}`],
    ['{"a":1,"a":1}', `a: ${REPEATED}`],
    [String.raw`{"a":1,"b":2,"\u0061":3}`, `a: ${REPEATED}`],
    ['{"":1,"":2}', `: ${REPEATED}`],
    ['{"a":{"x":1,"y":{"x":1,"z":[{"k":1,"k":2}]}}}', `a.y.z.0.k: ${REPEATED}`],
    [String.raw`{"\u0000":1,"\u0000":2}`, `\0: ${REPEATED}`],
    [String.raw`{"\\\"":1,"\"":2,"\u005c\u0022":3}`, `\\": ${REPEATED}`],
    ['{"__proto__":1}', "__proto__: is a name that no field may have"],
    ['{"a":[{"__proto__":{}}]}', "a.0.__proto__: is a name that no field may have"],
    [String.raw`{"a":{"_\u005fproto__":{}}}`, "a.__proto__: is a name that no field may have"],
    [String.raw`{"a":["\ud800"]}`, "a.0: has unpaired surrogates"],
    [String.raw`{"\udc00":1}`, "\udc00: has unpaired surrogates"],
  ])("refuses %j, and says where", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it("lists everything at once, at every level", () => {
    const text = '{"a":1e400, "b" : {"c":1,\n"c" :2} ,"a":[9007199254740993]}';
    expect(problemsOf(text)).toEqual([`a: ${TOO_LARGE}`, `b.c: ${REPEATED}`, `a: ${REPEATED}`, `a.0: ${CHANGED}`]);
  });

  it("lists a hundred problems at most", () => {
    expect(problemsOf(`[${Array.from({ length: 500 }, () => "1e400").join(",")}]`)).toHaveLength(100);
    expect(problemsOf(`{${Array.from({ length: 500 }, () => '"a":1').join(",")}}`)).toHaveLength(100);
  });
});

it.each([
  '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}',
  String.raw`{"a":1,"\\u0061":2,"A":3,"a ":4}`,
  String.raw`["\"a\":1","{\"a\":1,\"a\":1}","9007199254740993",":",",","\\","\\\""]`,
  String.raw`["\ud83d\ude00","\\ud800"]`,
  '{"__proto":1,"proto__":2,"constructor":3,"toString":4,"hasOwnProperty":5}',
  '[0,-0,1.0,1e2,0.1,0.30000000000000004,-1.5E-7,true,false,null,"",{},[]]',
  ' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n',
])("accepts %s, which only looks as if it would change", (text) => {
  expect(read(text).value).toEqual(JSON.parse(text));
});

describe("limits", () => {
  const lists = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

  it.each([lists, objects])("accepts 64 levels and refuses 65", (nested) => {
    expect(read(nested(64)).value).toBeInstanceOf(Object);
    expect(refusalOf(nested(65)).message).toBe("is nested more than 64 levels deep");
  });

  it("counts how deep a value is, not how many are open before it", () => {
    expect(read(`[${Array.from({ length: 400 }, () => "[]").join(",")}]`).value).toHaveLength(400);
  });

  it.each([
    ["numbers", "0"],
    ["texts that look like more", String.raw`"[{:\",\"1true"`],
    ["literals", "true"],
    ["literals", "false"],
    ["literals", "null"],
    ["lists", "[]"],
    ["objects", "{}"],
  ])("accepts 1,000 values and refuses 1,001, when they are %s", (_, item) => {
    const list = (items: number) => `[${Array.from({ length: items }, () => item).join(",")}]`;
    expect(read(list(999)).value).toHaveLength(999);
    expect(refusalOf(list(1_000)).message).toBe("has more than 1000 JSON values");
  });

  it("doesn't count the names of fields", () => {
    const fields = Array.from({ length: 999 }, (_, index) => `"f${index}":0`);
    expect(Object.keys(Object(read(`{${fields.join(",")}}`).value))).toHaveLength(999);
  });
});

/** What an attacker would send: 256 KiB each. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["open lists", "[".repeat(262_144)],
  ["100,000 levels", "[".repeat(100_000) + "]".repeat(100_000)],
  ["open objects", '{"a":'.repeat(50_000)],
  ["quotation marks", '"'.repeat(262_143)],
  ["backslashes", `"${"\\".repeat(262_143)}`],
  ["minus signs", "-".repeat(262_144)],
  ["colons", ":".repeat(262_144)],
  ["closing brackets", "]".repeat(262_144)],
  ["a number of 262,144 digits", "9".repeat(262_144)],
  ["a number with many zeros", `0.${"0".repeat(131_000)}1${"0".repeat(131_000)}1`],
  ["a number with a huge exponent", `1e${"9".repeat(262_000)}`],
  ["many numbers beyond doubles", `[${"1e400,".repeat(40_000)}0]`],
  ["many repeated fields", `{${'"a":1,'.repeat(40_000)}"a":1}`],
  ["many escapes", String.raw`{"a":1,"a":"${String.raw`\u0061`.repeat(43_000)}"}`],
  ["white space", `{"a":1,${" ".repeat(262_000)}"a":1}`],
  ["white space after names", `{"a"${" ".repeat(131_000)}:1,"a"${" ".repeat(131_000)}:1}`],
];

it.each(HOSTILE)("refuses %s without delay", (_, text) => {
  const startMs = performance.now();
  expect(() => readJson(text, { maxDepth: 64, maxValues: 200_000 })).toThrow(JsonTextError);
  // A millisecond or ten; quadratic time would be minutes.
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

it("quotes no value", () => {
  const { message, problems } = refusalOf('{"secret":12345678901234567890123,"other":"canary"}');
  expect(JSON.stringify([message, problems])).not.toMatch(/1234567|canary/);
});
