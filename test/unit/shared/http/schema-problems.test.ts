import { expect, it } from "vitest";
import * as z from "zod";
import { schemaProblems } from "../../../../shared/http/schema-problems.ts";

const schema = z
  .strictObject({
    name: z.string().max(3, "must have at most 3 characters"),
    kind: z.enum(["a", "b"]),
    size: z.union([z.number(), z.literal("any")]),
    tags: z.array(z.string()).default([]),
    first: z.number().optional(),
    last: z.number().optional(),
  })
  .refine(({ first, last }) => (first === undefined) === (last === undefined), {
    path: ["last"],
    message: "must be sent together with first",
  });

const VALID = { name: "abc", kind: "a", size: 1 };
const problemsOf = (value: unknown) => schemaProblems(schema.safeParse(value).error, { value });

it("finds no problems without an error", () => {
  expect(problemsOf(VALID)).toEqual([]);
});

it("says that a missing field is missing, whatever its type", () => {
  expect(problemsOf({})).toEqual(["name", "kind", "size"].map((path) => ({ path, message: "is missing" })));
});

it("keeps a custom check's own message about a missing field", () => {
  expect(problemsOf({ ...VALID, first: 1 })).toEqual([{ path: "last", message: "must be sent together with first" }]);
});

it("lists each unknown field separately", () => {
  const message = "is not a known field: leave it out";
  expect(problemsOf({ ...VALID, x: 1, constructor: 2 })).toEqual([
    { path: "x", message },
    { path: "constructor", message },
  ]);
});

it("writes messages as the end of a sentence, and paths with dots", () => {
  expect(problemsOf({ ...VALID, name: "abcd", tags: ["x", 7] })).toEqual([
    { path: "name", message: "must have at most 3 characters" },
    { path: "tags.1", message: "must be a string" },
  ]);
});

it.each(["URL must be one of ours", "A and B must differ", "é is not allowed"])("leaves %j as it is", (message) => {
  const { error } = z
    .unknown()
    .refine(() => false, message)
    .safeParse(1);
  expect(schemaProblems(error, { value: 1 })).toEqual([{ path: "body", message }]);
});

it("uses the given path, value and words for missing values", () => {
  expect(schemaProblems(schema.safeParse(null).error, { value: null, root: "settings" })).toMatchObject([
    { path: "settings" },
  ]);
  expect(schemaProblems(schema.safeParse([]).error, { value: [], path: ["payload"] })).toMatchObject([
    { path: "payload" },
  ]);
  const value = { ...VALID, kind: undefined };
  expect(schemaProblems(schema.safeParse(value).error, { value, path: ["a", 0], missing: "is not set" })).toEqual([
    { path: "a.0.kind", message: "is not set" },
  ]);
});

it("lists at most 100 problems, with paths of at most 200 characters", () => {
  const fields = Array.from({ length: 101 }, (_, index) => [`${"x".repeat(300)}${index}`, 1] as const);
  const problems = problemsOf({ ...VALID, ...Object.fromEntries(fields) });
  expect(problems).toHaveLength(100);
  expect(problems[0]?.path).toBe("x".repeat(200));
});

it("doesn't mistake an inherited property for a field", () => {
  const value = {};
  const { error } = z.object({ toString: z.enum(["a"]) }).safeParse(value);
  expect(schemaProblems(error, { value })).toEqual([{ path: "toString", message: "is missing" }]);
});
