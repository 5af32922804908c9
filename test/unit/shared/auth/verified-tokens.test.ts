import { expect, it } from "vitest";
import { createVerifiedTokens } from "../../../../shared/auth/verified-tokens.ts";

it("remembers a token until it expires", () => {
  const tokens = createVerifiedTokens();
  tokens.add("a", 1_000);
  expect(tokens.has("a", 999)).toBe(true);
  expect(tokens.has("b", 999)).toBe(false);
  expect(tokens.has("a", 1_000)).toBe(false);
});

it("remembers a token for the same time after it is used", () => {
  const tokens = createVerifiedTokens();
  tokens.add("a", 1_000);
  expect([997, 998, 999, 1_000].map((nowMs) => tokens.has("a", nowMs))).toEqual([true, true, true, false]);
});

it("forgets the least recently used token when there are too many", () => {
  const tokens = createVerifiedTokens(2);
  tokens.add("a", 1_000);
  tokens.add("b", 1_000);
  expect(tokens.has("a", 0)).toBe(true);
  tokens.add("c", 1_000);
  expect([tokens.has("a", 0), tokens.has("b", 0), tokens.has("c", 0)]).toEqual([true, false, true]);
});

it("counts a token once even if it is added twice", () => {
  const tokens = createVerifiedTokens(2);
  tokens.add("a", 1_000);
  tokens.add("b", 1_000);
  tokens.add("b", 2_000);
  expect([tokens.has("a", 0), tokens.has("b", 1_500)]).toEqual([true, true]);
});
