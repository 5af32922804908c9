import { expect, it } from "vitest";
import { type JsonNode, JSON_LIMITS, jsonTree } from "../../../services/console/parts/json/json-tree.ts";

const LIMITS = { mostValues: 20, mostEntries: 5, longestText: 10 };

/** What a node shows, as JSON-like text. */
function show(node: JsonNode): string {
  if (!("entries" in node)) return node.kind === "string" && node.length !== undefined ? `${node.text}+` : node.text;
  const shown = node.entries.map(({ name, node: one }) => (name === undefined ? "" : `${name}:`) + show(one));
  const rest = node.size - node.entries.length;
  const all = [...shown, ...(rest === 0 ? [] : [`+${rest}`])].join(",");
  return node.kind === "list" ? `[${all}]` : `{${all}}`;
}

const showCut = (value: unknown, limits = LIMITS): string => show(jsonTree(value, limits).root);

it("shows a small value as it is", () => {
  const text = '{"a":[1,true,null,"x"],"b":{},"c":[]}';
  const { root, isCut, count } = jsonTree(JSON.parse(text));
  expect(show(root)).toBe(text);
  expect([isCut, count]).toEqual([false, 8]);
});

it.each(["0", "-0", "12.5", "9007199254740991", "1e+21", "5e-324", "1.7976931348623157e+308", "123456789"])(
  "shows the number %s as it came",
  (text) => expect(showCut(JSON.parse(text))).toBe(text),
);

it("shows strings in JSON syntax, so that invisible characters can't deceive", () => {
  expect(showCut('a"\n\t\u0000')).toBe(String.raw`"a\"\n\t\u0000"`);
  expect(showCut("\ud800")).toBe(String.raw`"\ud800"`);
});

it("cuts a long string and a long name, but never within a character", () => {
  expect(showCut("x".repeat(10))).toBe(`"${"x".repeat(10)}"`);
  expect(showCut("x".repeat(11))).toBe(`"${"x".repeat(10)}"+`);
  expect(showCut(`${"x".repeat(9)}😀`)).toBe(`"${"x".repeat(9)}"+`);
  expect(showCut({ ["n".repeat(11)]: 1 })).toBe(`{"${"n".repeat(10)}"…:1}`);
});

it("cuts a list and an object after some entries", () => {
  expect(showCut([1, 2, 3, 4, 5])).toBe("[1,2,3,4,5]");
  expect(showCut([1, 2, 3, 4, 5, 6, 7])).toBe("[1,2,3,4,5,+2]");
  expect(showCut({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 })).toBe('{"a":1,"b":2,"c":3,"d":4,"e":5,+1}');
});

it("distributes the values that it may show over the levels, from the top", () => {
  const five = [1, 2, 3, 4, 5];
  expect(showCut([five, five, five, five, "end"])).toBe('[[1,2,3,4,5],[1,2,3,4,5],[1,2,3,4,+1],[+5],"end"]');
});

it.each([
  ["a list", [1, 2, 3, 4, 5, 6]],
  ["a string", "x".repeat(11)],
  [
    "the number of values",
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
  ],
])("shows that the limit of %s has left something out", (_, value) => {
  expect(jsonTree(value, LIMITS).isCut).toBe(true);
});

it("shows a part of the largest payloads, whatever their structure", () => {
  const deep = (left: number): unknown =>
    left === 0 ? Array.from({ length: 33_000 }, (_, i) => i) : { in: deep(left - 1) };
  for (const value of [deep(0), deep(62), Object.fromEntries(Array.from({ length: 33_000 }, (_, i) => [`k${i}`, i]))]) {
    const { count, isCut } = jsonTree(value);
    expect(count).toBeLessThanOrEqual(JSON_LIMITS.mostValues);
    expect(isCut).toBe(true);
  }
});
