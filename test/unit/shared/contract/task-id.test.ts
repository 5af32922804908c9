import { expect, it } from "vitest";
import { isTaskId, parseTaskId, queueOf, randomTaskId, taskIdForKey } from "../../../../shared/contract/task-id.ts";

const DIGITS = "0123456789abcdef0123456789abcdef";

it("derives an id from the SHA-256 of type, NUL and idempotency key", () => {
  // printf 'webhook.deliver\0k' | sha256sum
  const id = taskIdForKey({ type: "webhook.deliver", idempotencyKey: "k", queue: "default" });
  expect(id).toBe("332f293d32dcf986404a0d7575167291-default");
});

it("derives different ids from one key of two types", () => {
  const id = taskIdForKey({ type: "ledger.transfer", idempotencyKey: "k", queue: "critical" });
  expect(id).toBe("5834962e73c528f43d11a6342cd16b1e-critical");
});

it("separates a type from its key", () => {
  const one = taskIdForKey({ type: "a", idempotencyKey: "bc", queue: "bulk" });
  const other = taskIdForKey({ type: "ab", idempotencyKey: "c", queue: "bulk" });
  expect(one).not.toBe(other);
});

it("makes an id of 32 random hex digits and the queue", () => {
  expect(randomTaskId("bulk")).toMatch(/^[0-9a-f]{32}-bulk$/);
});

it("makes a thousand random ids that all differ", () => {
  expect(new Set(Array.from({ length: 1_000 }, () => randomTaskId("default"))).size).toBe(1_000);
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

it("makes no id for a queue key that isn't one", () => {
  expect(() => randomTaskId("reports-h2")).toThrow('The queue key "reports-h2" must be 1 to 50 lower-case letters');
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
