import { expect, it } from "vitest";
import { pooledRandomBytes } from "../../../src/kernel/random-bytes.ts";

it("returns the requested number of bytes, and never the same ones twice", () => {
  const taken = Array.from({ length: 2_000 }, () => pooledRandomBytes(13).toString("hex"));
  expect(new Set(taken.map((text) => text.length))).toEqual(new Set([26]));
  expect(new Set(taken).size).toBe(2_000);
});
