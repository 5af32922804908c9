import { expect, it } from "vitest";
import { errorFields } from "../../../../shared/runtime/error-fields.ts";

const fail = (): never => {
  throw new Error("hostile");
};

it.each<[string, unknown, object]>([
  ["undefined", undefined, { message: "undefined" }],
  ["a symbol", Symbol("s"), { message: "Symbol(s)" }],
  ["an object without text", Object.create(null), { message: "a value without text" }],
  ["a proxy that throws", new Proxy({}, { get: fail, getPrototypeOf: fail }), { message: "a value without text" }],
  ["a long string", "x".repeat(1_000_000), { message: `${"x".repeat(200)}…` }],
  ["half a surrogate pair", "\ud800", { message: "\ufffd" }],
  ["a cut in the middle of a pair", `${"x".repeat(199)}😀`, { message: `${"x".repeat(199)}…` }],
])("describes %s", (_name, thrown, expected) => {
  expect(errorFields(thrown)).toEqual({ error: expected });
});

it("describes an error whose getters throw", () => {
  const throwing = { get: fail };
  const properties = { name: throwing, message: throwing, code: throwing, cause: throwing, stack: throwing };
  expect(errorFields(Object.defineProperties(new Error("e"), properties))).toEqual({
    error: { name: "object", message: "undefined", frames: [] },
  });
});

it("describes an error that is its own cause, a few times", () => {
  const error = new TypeError("again");
  error.cause = error;
  const text = JSON.stringify(errorFields(error));
  expect(text.match(/"again"/g)).toHaveLength(5);
});

it("keeps codes that are words or numbers, and no others", () => {
  const codes = ["ENOENT", 14, { secret: "canary" }].map((code) =>
    errorFields(Object.assign(new Error("e"), { code })),
  );
  expect(codes.map(({ error }) => error["code"])).toEqual(["ENOENT", 14, undefined]);
});
