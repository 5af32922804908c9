import { expect, it } from "vitest";
import { describeThrown } from "../../../../shared/process/describe-thrown.ts";

it("keeps the class, the message, the causes and the first frames", () => {
  class OutOfStockError extends Error {
    override readonly name = "OutOfStockError";
  }
  const cause = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });

  const { message, stack } = describeThrown(new OutOfStockError("none left", { cause }), null);

  expect(message).toBe(
    "OutOfStockError: none left (cause: TypeError: fetch failed (cause: Error: connect ECONNREFUSED 127.0.0.1:1))",
  );
  const [first = "", ...frames] = stack.split("\n");
  expect(first).toMatch(/^at .*describe-thrown\.test\.ts:\d+:\d+/);
  expect(frames.length).toBeLessThanOrEqual(7);
});

it("removes quotes of the payload from the message and the frames", () => {
  const secret = "the secret of a payload";
  const { message, stack } = describeThrown(new Error(`not here:\n    at ${secret} (it)`), { secret });
  expect(message).toBe("Error: not here:\n    at [payload] (it)");
  expect(stack).toMatch(/^at \[payload\] \(it\)\nat /);
});

it("removes the end of a cut text, which may be part of a value", () => {
  const payload = { pin: "93817465" };
  const text = `${"x".repeat(2_000 - "Error: ".length - 5)} ${payload.pin}`;
  expect(describeThrown(new Error(text), payload).message).not.toContain("9381");
});

it.each([
  ["nothing", undefined, "undefined: undefined"],
  ["a text", "gone", "string: gone"],
  ["an object that can't be text", Object.create(null), "object: a value without text"],
])("survives that %s is thrown", (_, thrown, message) => {
  expect(describeThrown(thrown, null)).toEqual({ message, stack: "" });
});

it("survives an error whose properties throw, and one that is its own cause", () => {
  const hostile = Object.defineProperties(new Error("x"), {
    message: { get: () => unreachable() },
    stack: { get: () => unreachable() },
    cause: { get: () => unreachable() },
  });
  expect(describeThrown(hostile, null).stack).toBe("");
  const circular = new Error("round");
  circular.cause = circular;
  expect(describeThrown(circular, null).message.match(/round/g)).toHaveLength(4);
});

function unreachable(): never {
  throw new Error("A getter ran.");
}
