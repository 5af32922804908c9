import { expect, it } from "vitest";
import { keepableError, keepableResult } from "../../../../services/worker/runner/keepable.ts";
import { captureLog } from "../../../harness/runtime/captured-log.ts";

function keep(result: unknown) {
  const { log, lines } = captureLog();
  return { result: keepableResult(result, { log }), messages: lines.map((line) => JSON.parse(line).message) };
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;

it.each<[string, unknown, unknown]>([
  ["JSON", { a: [1, "b", null, true] }, { a: [1, "b", null, true] }],
  ["nested arrays, empty and reserved names", { "": [[1]], __x__: 1 }, { "": [[1]], __x__: 1 }],
  ["a field that is undefined", { a: undefined, b: 1 }, { b: 1 }],
  ["nothing", undefined, null],
  ["half a surrogate pair in a value", "a\ud800b\udc00", "a\ufffdb\ufffd"],
  ["half a surrogate pair in a name", { "\udfff": 1 }, { "\ufffd": 1 }],
  ["a backslash before what looks like half a pair", "\\ud800", "\\ud800"],
  ["brackets within strings", '[[{"'.repeat(100), '[[{"'.repeat(100)],
  ["64 levels", nested(64), nested(64)],
])("keeps %s as JSON", (_name, result, kept) => {
  expect(keep(result)).toEqual({ result: kept, messages: [] });
});

it.each<[string, unknown, string]>([
  ["a BigInt", 1n, "is not JSON"],
  ["a function", () => 1, "is not JSON"],
  ["a symbol", Symbol("s"), "is not JSON"],
  ["a cycle", cycle, "is not JSON"],
  ["NaN within it, of which JSON makes null", [{ ratio: Number.NaN }], "is not JSON"],
  ["an infinite number", Number.POSITIVE_INFINITY, "is not JSON"],
  [
    "a toJSON that throws",
    {
      toJSON() {
        throw new Error("canary");
      },
    },
    "is not JSON",
  ],
  ["65 levels", nested(65), "is nested too deeply"],
  ["more levels than the stack has", nested(100_000), "is not JSON"],
  ["more than 64 KiB", "x".repeat(64 * 1024), "is too large"],
])("drops %s, since the work is done", (_name, result, why) => {
  expect(keep(result)).toEqual({
    result: null,
    messages: [`the handler's result ${why} and is not kept`],
  });
});

it("makes an error's text well-formed, and cuts no pair in two", () => {
  expect(keepableError({ code: `${"c".repeat(99)}😀`, message: `\ud800${"m".repeat(1_998)}😀` })).toEqual({
    code: `${"c".repeat(99)}…`,
    message: `\ufffd${"m".repeat(1_998)}…`,
  });
});

it("keeps an error whose parts aren't text", () => {
  // oxlint-disable-next-line no-unsafe-type-assertion -- a handler in JavaScript may return anything
  const error = { code: 7, message: Object.create(null) } as never;
  expect(keepableError(error)).toEqual({ code: "7", message: "a value without text" });
});
