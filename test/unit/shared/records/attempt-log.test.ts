import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { type AttemptLog, carriedFrom, withAttempt } from "../../../../shared/records/attempt-log.ts";
import { cutToBytes } from "../../../../shared/process/cut.ts";

const START = { hop: 0, instance: "rev-7/0a1b2c3d", startedAtMs: 1_000 };
const ENDED = { attempt: 3, outcome: "threw", endedAtMs: 2_000 } as const;

it("keeps the last ten attempts unchanged, whatever other revisions wrote into them", () => {
  const log: AttemptLog = Array.from({ length: 10 }, (_, n) => ({ attempt: n, outcome: "later", nextRule: "later" }));

  const longer = withAttempt(log, START, { ...ENDED, error: null });

  expect(longer).toHaveLength(10);
  expect(longer.slice(0, 9)).toEqual(log.slice(1));
  expect(longer[9]).toMatchObject({ attempt: 3, outcome: "threw" });
  expect(log).toHaveLength(10);
});

it("cuts a code to 100 characters, a message to 500 and a stack to 1 KiB, and keeps all of it well-formed", () => {
  const error = { code: "c".repeat(101), message: `${"m".repeat(499)}\u{1f600}` };
  const [entry] = withAttempt([], START, { ...ENDED, error, stack: `\ud800${"\u20ac".repeat(400)}` });

  expect(entry).toMatchObject({ code: "c".repeat(100), message: "m".repeat(499) });
  expect(entry?.["stack"]).toBe(`\ufffd${"\u20ac".repeat(340)}`);
});

it.each([
  ["", 3, ""],
  ["abc", 3, "abc"],
  ["abcd", 3, "abc"],
  ["a\u20ac", 3, "a"],
  ["\u{1f600}", 3, ""],
  ["\u{1f600}x", 4, "\u{1f600}"],
])("cuts %j to %i bytes", (text, most, kept) => {
  expect(cutToBytes(text, most)).toBe(kept);
});

it("logs a lost attempt when its task is taken over", () => {
  const claimedAt = Timestamp.fromMillis(5_000);
  const claimedBy = { instance: "rev-7/0a1b2c3d", fence: 4 };
  const record = { state: "running", attempts: 2, fence: 4, claimedAt, claimedBy, attemptLog: [{ attempt: 1 }] };
  const lost = { attempt: 2, hop: 0, startedAt: claimedAt, endedAt: null, outcome: "lost" };
  const unknown = { code: null, message: null, stack: null };

  expect(carriedFrom(record)).toEqual([{ attempt: 1 }, { ...lost, ...unknown, instance: "rev-7/0a1b2c3d" }]);
  // The revision before claims without saying who, and leaves alone what it doesn't know.
  for (const earlier of [{ fence: 5 }, { claimedBy: undefined }, { claimedBy: null }]) {
    expect(carriedFrom({ ...record, ...earlier, attemptLog: undefined })).toEqual([
      { ...lost, ...unknown, instance: null },
    ]);
  }
  expect(carriedFrom({ ...record, state: "waiting" })).toEqual([{ attempt: 1 }]);
  expect(carriedFrom(null)).toEqual([]);
});
