import * as fc from "fast-check";
import { expect, it } from "vitest";
import { splitList } from "../../../../shared/json/split-list.ts";

const TASKS = { field: "tasks", most: 100 };
const spaces = fc.constantFrom("", " ", "\n\t", "\r\n  ");

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it("takes apart what JSON.parse would put together", () => {
  const others = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3, noNullPrototype: true });
  fc.assert(
    fc.property(
      others,
      fc.array(fc.jsonValue(), { maxLength: 10 }),
      fc.boolean(),
      spaces,
      (given, tasks, isFirst, gap) => {
        const { tasks: _none, ["__proto__"]: _proto, ...rest } = given;
        const whole = isFirst ? { tasks, ...rest } : { ...rest, tasks };
        const text = JSON.stringify(whole).replaceAll(
          /([,:[\]{}])(?=(?:[^"\\]|\\.|"(?:[^"\\]|\\.)*")*$)/g,
          `${gap}$1${gap}`,
        );
        const { frame, items } = splitList(text, TASKS);
        expect(JSON.stringify(JSON.parse(frame))).toBe(JSON.stringify({ ...whole, tasks: [] }));
        expect(JSON.stringify(items.map((item): unknown => JSON.parse(item)))).toBe(JSON.stringify(tasks));
      },
    ),
    { numRuns: 200 },
  );
});

it("leaves only JSON parts if, and only if, the whole is JSON", () => {
  const pieces = fc.constantFrom(
    '{"tasks":[',
    '"tasks"',
    ":",
    "[",
    "]",
    "{",
    "}",
    ",",
    '"',
    "\\",
    "1",
    '{"a":[1]}',
    " ",
    "null",
    "]}",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = `{"tasks":[${parts.join("")}`;
      const { frame, items } = splitList(text, TASKS);
      expect([text, [frame, ...items].every(isJson)]).toEqual([text, isJson(text)]);
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ["is no object", '[{"tasks":[1]}]'],
  ["has no such field", '{"task":[1],"a":{"tasks":[2]}}'],
  ["has another value in it", '{"tasks":{"tasks":[1]}}'],
  ["has a longer list", `{"tasks":[${"1,".repeat(100)}1]}`],
  ["is empty", ""],
])("doesn't split a text that %s", (_, text) => {
  expect(splitList(text, TASKS)).toEqual({ frame: text, items: [] });
});

it("recognises a field however its name is written, and uses the first", () => {
  expect(splitList('{"\\u0074asks":[1, 2 ],"tasks":[3]}', TASKS)).toEqual({
    frame: '{"\\u0074asks":[],"tasks":[3]}',
    items: ["1", " 2 "],
  });
});
