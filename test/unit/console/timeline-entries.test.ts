import { expect, it } from "vitest";
import type { Attempt } from "../../../packages/client/src/views/task.ts";
import { describeOutcome } from "../../../services/console/parts/attempts/outcomes.ts";
import { nameRule } from "../../../services/console/parts/attempts/rules.ts";
import { timelineEntries } from "../../../services/console/parts/attempts/timeline-entries.ts";
import type { AttemptOutcome } from "../../../shared/records/attempt-log.ts";

const at = (seconds: number): string => new Date(Date.UTC(2030, 0, 31, 8, 0, seconds)).toISOString();

const attempt = (number: number, from: number, to: number, over: Partial<Attempt> = {}): Attempt => ({
  attempt: number,
  startedAt: at(from),
  endedAt: at(to),
  outcome: "retry",
  ...over,
});

it("shows the acceptance, the attempts with the waits between them, and the next attempt", () => {
  const attemptLog = [
    attempt(1, 5, 7, { nextAt: at(17), nextRule: "backoff" }),
    attempt(2, 17, 18, { outcome: "threw" }),
    attempt(3, 20, 21),
  ];
  const told = { createdAt: at(0), state: "waiting", attempts: 3, attemptLog } as const;
  expect(timelineEntries({ ...told, nextAttempt: at(60), nextRule: "queue" })).toEqual([
    { kind: "accepted", at: at(0) },
    { kind: "wait", ms: 5_000, rule: "queue", isFirst: true },
    { kind: "attempt", attempt: attemptLog[0], tookMs: 2_000, isNew: true },
    { kind: "wait", ms: 10_000, rule: "backoff", isFirst: false },
    { kind: "attempt", attempt: attemptLog[1], tookMs: 1_000, isNew: true },
    { kind: "wait", ms: 2_000, rule: "queue", isFirst: false },
    { kind: "attempt", attempt: attemptLog[2], tookMs: 1_000, isNew: false },
    { kind: "next", at: at(60), rule: "queue" },
  ]);
});

it("shows that an early attempt was rescheduled", () => {
  const attemptLog = [attempt(1, 0, 1, { nextAt: at(3_000), nextRule: "snooze" }), attempt(1, 10, 11)];
  const waits = timelineEntries({ state: "running", attemptLog }).filter(({ kind }) => kind === "wait");
  expect(waits).toEqual([{ kind: "wait", ms: 9_000, rule: "run", isFirst: false }]);
});

it("shows which attempts are no longer in the log, and no wait before the first one that is", () => {
  const entries = timelineEntries({
    createdAt: at(0),
    state: "running",
    attempts: 5,
    attemptLog: [attempt(4, 50, 51)],
  });
  expect(entries.map(({ kind }) => kind)).toEqual(["accepted", "unkept", "attempt", "running"]);
  expect(entries).toContainEqual({ kind: "unkept", to: 3 });
});

it("shows no duration and no wait if a time is missing", () => {
  const lost: Attempt = { attempt: 1, outcome: "lost" };
  const entries = timelineEntries({
    createdAt: at(0),
    state: "running",
    attempts: 2,
    attemptLog: [lost, attempt(2, 9, 10)],
  });
  expect(entries).toContainEqual({ kind: "attempt", attempt: lost, tookMs: undefined, isNew: true });
  expect(entries.some(({ kind }) => kind === "wait")).toBe(false);
});

it("gives no number to an attempt that has only just begun", () => {
  expect(timelineEntries({ state: "running", attempts: 0 })).toEqual([{ kind: "running", number: undefined }]);
});

it.each(["succeeded", "dead", "cancelled", "finished", "removed"] as const)("ends with %s", (state) => {
  expect(timelineEntries({ state, finishedAt: at(9) })).toEqual([{ kind: "ended", state, at: at(9) }]);
});

/** All of them: the compiler misses none. */
const OUTCOMES: Readonly<Record<AttemptOutcome, true>> = {
  succeeded: true,
  retry: true,
  permanent: true,
  saturated: true,
  threw: true,
  "timed-out": true,
  "unknown-type": true,
  released: true,
  snoozed: true,
  cancelled: true,
  lost: true,
};

it.each(Object.keys(OUTCOMES))("has a sentence for the outcome %s", (outcome) => {
  const { meaning } = describeOutcome(outcome);
  expect(meaning).toMatch(/^[A-Z].*\.$/);
  expect(meaning).not.toContain("newer worker");
});

it("shows an unknown outcome as it is", () => {
  expect(describeOutcome("constructor")).toMatchObject({
    label: "ended as constructor",
    meaning: expect.stringContaining("newer worker"),
  });
});

it.each([
  [undefined, "set by its queue"],
  ["queue", "set by its queue"],
  ["schedule", "set when it was enqueued"],
  ["run", "set by somebody"],
  ["backoff", "set by its type's backoff"],
  ["retry-after", "asked for by its handler"],
  ["snooze", "postponed by its handler"],
  ["later", 'set by the rule "later"'],
])("names the rule %s in a few words", (rule, words) => {
  expect(nameRule(rule)).toBe(words);
});
