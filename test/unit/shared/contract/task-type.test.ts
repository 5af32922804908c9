import { expect, it } from "vitest";
import * as z from "zod";
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

it.each([0, 99, 150.5, 1_001, Number.NaN])("refuses to check for a cancel every %s ms", (cancelCheckMs) => {
  expect(() => defineTask({ ...definition, type: "a", cancelCheckMs })).toThrow("from 100 to timeoutMs");
});

it("checks for a cancel only if it can happen while the handler runs, and only if configured", () => {
  expect(defineTask({ ...definition, type: "a", cancelCheckMs: 1_000 }).cancelCheckMs).toBe(1_000);
  expect(defineTask({ ...definition, type: "a" }).cancelCheckMs).toBeUndefined();
  expect(() => defineTask({ ...definition, type: "a", idempotency: "transaction", cancelCheckMs: 1_000 })).toThrow(
    "its lock makes a cancel wait",
  );
});

it("claims a task's name by default", () => {
  expect(defineTask({ ...definition, type: "a" }).idempotency).toBe("claim");
  expect(defineTask({ ...definition, type: "a", idempotency: "natural" }).idempotency).toBe("natural");
});

it("returns an immutable definition", () => {
  expect(Object.isFrozen(defineTask({ ...definition, type: "a" }))).toBe(true);
});

const BACKOFF = { firstMs: 1_000, factor: 5, maxMs: 60_000 };

it("keeps a backoff", () => {
  expect(defineTask({ ...definition, type: "a", backoff: BACKOFF }).backoff).toEqual(BACKOFF);
  expect(defineTask({ ...definition, type: "a" }).backoff).toBeUndefined();
});

it.each([
  ["firstMs", { firstMs: 999 }],
  ["firstMs", { firstMs: 1_000.5 }],
  ["maxMs", { maxMs: 999 }],
  ["maxMs", { maxMs: 3_653 * 86_400_000 }],
  ["factor", { factor: 0.9 }],
  ["factor", { factor: Number.NaN }],
  ["jitter", { jitter: 1.1 }],
])("refuses a backoff whose %s isn't allowed: %j", (name, over) => {
  const backoff = { ...BACKOFF, ...over };
  expect(() => defineTask({ ...definition, type: "a", backoff })).toThrow(`"a": backoff.${name} must be`);
});
