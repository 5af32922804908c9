import { expect, it } from "vitest";
import {
  deriveTaskId,
  isMarkedNatural,
  isTaskId,
  parseTaskId,
  queueOf,
  randomTaskId,
  sharedTaskId,
} from "../../../../shared/contract/task-id.ts";

const DIGITS = "0123456789abcdef0123456789abcdef";
const CLAIM = { queue: "default", idempotency: "claim" } as const;
const NATURAL = { queue: "bulk", idempotency: "natural" } as const;

it("derives an id from the SHA-256 of `key`, caller, type and idempotency key, joined by NUL", () => {
  // printf 'key\0local\0webhook.deliver\0k' | sha256sum
  expect(deriveTaskId(["key", "local", "webhook.deliver", "k"], CLAIM)).toBe(
    "472b589aee6d99a89b21e6a0d0a96312-default",
  );
});

it("derives an id from the SHA-256 of `schedule`, name and minute, joined by NUL", () => {
  // printf 'schedule\0daily\0002026-11-23T06:00Z' | sha256sum
  expect(deriveTaskId(["schedule", "daily", "2026-11-23T06:00Z"], CLAIM)).toBe(
    "bceac06fefcfa585ebc007d6759aa933-default",
  );
});

it("derives the id of the time when callers shared their keys from type, NUL and idempotency key", () => {
  // printf 'webhook.deliver\0k' | sha256sum
  const id = sharedTaskId({ type: "webhook.deliver", idempotencyKey: "k", queue: "default" });
  expect(id).toBe("332f293d32dcf986404a0d7575167291-default");
});

it("derives different ids from one key of two callers, or of two types, or if two parts touch", () => {
  const origins = [
    ["key", "a@example.com", "a", "k"],
    ["key", "b@example.com", "a", "k"],
    ["key", "a@example.com", "b", "k"],
    ["key", "a@example.com", "ak", ""],
    ["schedule", "a@example.com", "a"],
  ] as const;
  expect(new Set(origins.map((origin) => deriveTaskId(origin, CLAIM))).size).toBe(origins.length);
});

it("derives nothing from a part with a NUL, which would be ambiguous", () => {
  expect(() => deriveTaskId(["key", "a", "b", "c\0d"], CLAIM)).toThrow("can't contain NUL");
});

it("marks the id of a natural type, and no other", () => {
  const origin = ["key", "local", "document.publish", "k"] as const;
  const marked = deriveTaskId(origin, NATURAL);
  const { queue } = NATURAL;
  expect(marked).toBe(deriveTaskId(origin, { queue, idempotency: "transaction" }).replace("-", "n-"));
  expect([marked, randomTaskId(NATURAL)].map(isMarkedNatural)).toEqual([true, true]);
  expect([deriveTaskId(origin, CLAIM), randomTaskId(CLAIM)].map(isMarkedNatural)).toEqual([false, false]);
  expect(queueOf(marked)).toBe(queue);
});

it("creates an id of 32 random hex digits and the queue", () => {
  expect(randomTaskId(CLAIM)).toMatch(/^[0-9a-f]{32}-default$/);
  expect(randomTaskId(NATURAL)).toMatch(/^[0-9a-f]{32}n-bulk$/);
});

it("creates a thousand random ids that all differ", () => {
  expect(new Set(Array.from({ length: 1_000 }, () => randomTaskId(CLAIM))).size).toBe(1_000);
});

it.each(["critical", "reports-2", "a--b", "constructor", "a".repeat(50)])("finds the queue %s in an id", (queue) => {
  const id = parseTaskId(`${DIGITS}-${queue}`);
  expect(id).toBe(`${DIGITS}-${queue}`);
  expect(id && queueOf(id)).toBe(queue);
});

it("reads an id that marks a natural type", () => {
  const id = parseTaskId(`${DIGITS}n-bulk`);
  expect(id && queueOf(id)).toBe("bulk");
});

it("creates no id for an invalid queue key", () => {
  expect(() => randomTaskId({ ...CLAIM, queue: "reports-h2" })).toThrow(
    'The queue key "reports-h2" must be 1 to 50 lower-case letters',
  );
});

it.each([
  ["empty", ""],
  ["a name that objects inherit", "constructor"],
  ["a name that Firestore reserves", "__proto__"],
  ["in upper case", `${DIGITS.toUpperCase()}-default`],
  ["of a queue in capitals", `${DIGITS}-Default`],
  ["of a queue with an underscore", `${DIGITS}-a_b`],
  ["of a queue that ends in a hyphen", `${DIGITS}-default-`],
  ["of a queue that ends as a hop does", `${DIGITS}-default-h2`],
  ["of a hop and no queue", `${DIGITS}-h2`],
  ["of a queue whose key is too long", `${DIGITS}-${"a".repeat(51)}`],
  ["with another mark", `${DIGITS}m-default`],
  ["with two marks", `${DIGITS}nn-default`],
  ["without a queue", DIGITS],
  ["with an empty queue", `${DIGITS}-`],
  ["of 31 digits", `${DIGITS.slice(1)}-default`],
  ["of 33 digits", `0${DIGITS}-default`],
  ["with a letter beyond f", `g${DIGITS.slice(1)}-default`],
  ["with a newline at its end", `${DIGITS}-default\n`],
  ["with a space before it", ` ${DIGITS}-default`],
  ["with a NUL", `${DIGITS}-default\0`],
  ["given twice", `${DIGITS}-default, ${DIGITS}-default`],
  ["in a path", `../${DIGITS}-default`],
  ["501 long", "a".repeat(501)],
])("refuses an id %s", (_name, text) => {
  expect(isTaskId(text)).toBe(false);
  expect(parseTaskId(text)).toBeUndefined();
});
