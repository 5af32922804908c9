import { expect, it } from "vitest";
import { JsonBodyError, parseJsonBody } from "../../../src/kernel/json-body.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

it("parses 100 levels", () => {
  expect(JSON.stringify(parseJsonBody(bytesOf(nested(100))))).toBe(nested(100));
});

it("refuses 101 levels", () => {
  expect(() => parseJsonBody(bytesOf(nested(101)))).toThrow(JsonBodyError);
});

it("does not count a scalar as a level", () => {
  expect(parseJsonBody(bytesOf("1"))).toBe(1);
});
