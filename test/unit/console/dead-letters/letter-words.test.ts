import { expect, test } from "vitest";
import { cutMessage } from "../../../../services/console/pages/dead-letters/cut-message.ts";
import { inShell } from "../../../../services/console/pages/dead-letters/in-shell.ts";
import { whyDead } from "../../../../services/console/pages/dead-letters/letter/why-dead.ts";
import { fieldOf, letterInField } from "../../../../services/console/pages/dead-letters/selected/selected-letters.ts";

test.for([
  [0, undefined, "It became a dead letter before an attempt began."],
  [3, undefined, "It became a dead letter after 3 attempts."],
  [1, "permanent", "Its handler said in the first attempt that another one would not help."],
  [4, "permanent", "Its handler said in attempt 4 that another one would not help."],
  [10, "unknown-type", "No worker knew its type, in 10 attempts."],
  [15, "timed-out", "It used up its 15 attempts: the last one timed out."],
  [15, "retry", "It used up its 15 attempts: the last one asked for a retry."],
  [1, "threw", "It became a dead letter after 1 attempt: the last one threw an error."],
  [2, "new-outcome", "It became a dead letter after 2 attempts: the last one ended as new-outcome."],
] as const)("after %i attempts, the last of which ended as %s: %s", ([attempts, outcome, words]) => {
  const attemptLog = outcome === undefined ? [] : [{ attempt: attempts, outcome }];
  expect(whyDead({ attempts, attemptLog }, { attempts: 15 })).toBe(words);
});

test("a long message is cut, never within a character", () => {
  expect(cutMessage("x".repeat(160))).toBe("x".repeat(160));
  expect(cutMessage("x".repeat(161))).toBe(`${"x".repeat(160)}…`);
  expect(cutMessage(`${"x".repeat(159)}😀`)).toBe(`${"x".repeat(159)}…`);
});

test.for([
  ["0a6d-default", "0a6d-default"],
  ["-x", "-- '-x'"],
  ["$(rm)", "'$(rm)'"],
  ["it's", String.raw`'it'\''s'`],
  ["a b", "'a b'"],
  ["", "''"],
  ["~", "'~'"],
] as const)("the id %s stands in a command line as %s", ([id, word]) => {
  expect(inShell(id)).toBe(word);
});

test.for([
  { id: "letter 1", version: '"17.5"' },
  { id: " starts with a space", version: undefined },
  { id: "plain", version: undefined },
])("a selected letter is the same after a form: %j", (letter) => {
  expect(letterInField(fieldOf(letter))).toEqual(letter);
});
