import { expect, it } from "vitest";
import { cut, shorten } from "../../../../shared/process/cut.ts";

it.each([
  ["text that fits", "abc", 3, "abc"],
  ["text that is too long", "abcd", 3, "abc"],
  ["a pair that fits", "ab😀", 4, "ab😀"],
  ["a cut in the middle of a pair", "ab😀", 3, "ab"],
  ["the first half of a pair", "a\ud83d", 9, "a\ufffd"],
  ["the second half of a pair", "\ude00a", 9, "\ufffda"],
  ["halves before and at the cut", "\ude00a😀", 3, "\ufffda"],
])("cuts %s to whole characters", (_name, text, longest, expected) => {
  expect(cut(text, longest)).toBe(expected);
});

it("shows a cut with an ellipsis", () => {
  expect([shorten("ab😀", 3), shorten("ab\ud83d", 3)]).toEqual(["ab…", "ab\ufffd"]);
});
