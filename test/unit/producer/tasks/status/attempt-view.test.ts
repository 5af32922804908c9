import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { describeAttempts } from "../../../../../services/producer/tasks/status/attempt-view.ts";
import { withAttempt } from "../../../../../shared/records/attempt-log.ts";

const START = { hop: 0, instance: "rev-7/0a1b2c3d", startedAtMs: Date.UTC(2026, 0, 2) };

it("shows an attempt's entry without its missing fields", () => {
  const error = { code: "handler_threw", message: "RangeError: -1" };
  const threw = { attempt: 1, outcome: "threw", endedAtMs: START.startedAtMs + 1_500, error, stack: "at a" } as const;
  const done = { attempt: 2, outcome: "succeeded", endedAtMs: START.startedAtMs + 9_000, error: null } as const;
  const seen = { hop: 0, startedAt: "2026-01-02T00:00:00.000Z", instance: "rev-7/0a1b2c3d" };

  expect(describeAttempts(withAttempt(withAttempt([], START, threw), START, done))).toEqual([
    { attempt: 1, ...seen, endedAt: "2026-01-02T00:00:01.500Z", outcome: "threw", ...error, stack: "at a" },
    { attempt: 2, ...seen, endedAt: "2026-01-02T00:00:09.000Z", outcome: "succeeded" },
  ]);
});

it("shows the known parts of entries of other revisions, and leaves out anything that isn't an entry", () => {
  const later = { attempt: 3, outcome: "snoozed", startedAt: Timestamp.fromMillis(0), nextRule: "snooze" };

  expect(describeAttempts([later, {}, { attempt: "4", outcome: "threw" }])).toEqual([
    { attempt: 3, outcome: "snoozed", nextRule: "snooze", startedAt: "1970-01-01T00:00:00.000Z" },
  ]);
});
