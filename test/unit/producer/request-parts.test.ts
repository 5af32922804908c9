import { describe, expect, it } from "vitest";
import { isIdempotencyKey } from "../../../services/producer/idempotency-key.ts";
import { readTraceParent } from "../../../services/producer/trace-parent.ts";

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

describe("trace contexts", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";

  it("are carried when they have the W3C form", () => {
    expect(readTraceParent(`00-${trace}-b7ad6b7169203331-01`)).toBe(`00-${trace}-b7ad6b7169203331-01`);
  });

  it.each([
    ["missing", undefined],
    ["in upper case", `00-${trace.toUpperCase()}-b7ad6b7169203331-01`],
    ["of the invalid version", `ff-${trace}-b7ad6b7169203331-01`],
    ["without a trace", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
    ["without a parent", `00-${trace}-${"0".repeat(16)}-01`],
    ["cut short", `00-${trace}-b7ad6b7169203331`],
    ["sent twice", `00-${trace}-b7ad6b7169203331-01, 00-${trace}-b7ad6b7169203331-01`],
  ])("are left out when they are %s", (_, header) => {
    expect(readTraceParent(header)).toBeUndefined();
  });
});
