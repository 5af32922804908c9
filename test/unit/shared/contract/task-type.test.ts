import { expect, it } from "vitest";
import { z } from "zod";
import { defineTask } from "../../../../shared/contract/task-type.ts";

const definition = { payload: z.strictObject({}), queue: "default", timeoutMs: 1_000, attempts: 3 } as const;

it.each(["a", "webhook.deliver", "a-1.b-2.c", "a--", "a".repeat(100)])("accepts the type %s", (type) => {
  expect(defineTask({ ...definition, type }).type).toBe(type);
});

it.each([
  ["empty", ""],
  ["upper case", "Webhook.deliver"],
  ["a digit first", "1a"],
  ["a digit first in a later part", "a.1b"],
  ["a dot at the end", "a."],
  ["two dots", "a..b"],
  ["a slash", "a/b"],
  ["an underscore", "__proto__"],
  ["a newline at its end", "a\n"],
  ["a NUL", "a\0b"],
  ["a letter outside ASCII", "é"],
  ["101 characters", "a".repeat(101)],
])("refuses a type with %s", (_name, type) => {
  expect(() => defineTask({ ...definition, type })).toThrow(TypeError);
});

it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a timeout of %s ms", (timeoutMs) => {
  expect(() => defineTask({ ...definition, type: "a", timeoutMs })).toThrow("whole number of milliseconds above 0");
});

it.each([0, -1, 2.5, 101, Number.NaN])("refuses %s attempts", (attempts) => {
  expect(() => defineTask({ ...definition, type: "a", attempts })).toThrow("whole number from 1 to 100");
});

it.each([1, 100])("accepts %s attempts", (attempts) => {
  expect(defineTask({ ...definition, type: "a", attempts }).attempts).toBe(attempts);
});

it("claims a task's name unless told otherwise", () => {
  expect(defineTask({ ...definition, type: "a" }).idempotency).toBe("claim");
  expect(defineTask({ ...definition, type: "a", idempotency: "natural" }).idempotency).toBe("natural");
});

it("returns an immutable definition", () => {
  expect(Object.isFrozen(defineTask({ ...definition, type: "a" }))).toBe(true);
});
