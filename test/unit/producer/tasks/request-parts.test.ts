import { describe, expect, it } from "vitest";
import { isIdempotencyKey } from "../../../../services/producer/tasks/idempotency-key.ts";

describe("idempotency keys", () => {
  it.each([["k"], ["order-7/paid"], ["~!@#$%^&*()"], ["x".repeat(255)]])("may be %s", (key) => {
    expect(isIdempotencyKey(key)).toBe(true);
  });

  it.each([
    ["empty", ""],
    ["too long", "x".repeat(256)],
    ["with a space", "a b"],
    ["sent twice", "a, a"],
    ["with a line break", "a\r\nb"],
    ["ending in a line break", "a\n"],
    ["with a control character", "a\u0001"],
    ["with DEL", "a\u007f"],
    ["outside ASCII", "ä"],
  ])("may not be %s", (_, key) => {
    expect(isIdempotencyKey(key)).toBe(false);
  });
});
