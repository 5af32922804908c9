import { describe, expect, it } from "vitest";
import { dueAtMsOf, dueTimeProblems } from "../../../../shared/contract/new-task/due-time.ts";

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

describe("when a task is due", () => {
  it.each<[string, { delaySeconds?: number; scheduleTime?: string }, number | undefined]>([
    ["at once without a due time", {}, undefined],
    ["at once without a delay", { delaySeconds: 0 }, undefined],
    ["a delay from now", { delaySeconds: 90 }, Date.UTC(2026, 0, 1, 12, 1, 30)],
    ["a part of a second from now", { delaySeconds: 0.25 }, NOW + 250],
    ["at a time in UTC", { scheduleTime: "2026-01-01T12:00:10Z" }, NOW + 10_000],
    ["at a time in another zone", { scheduleTime: "2026-01-01T14:30:00+02:00" }, NOW + 30 * 60_000],
    ["at once for a time that has just passed", { scheduleTime: "2026-01-01T11:59:30Z" }, undefined],
  ])("is %s", (_, requested, expected) => {
    expect(dueAtMsOf(requested, NOW)).toBe(expected);
  });
});

describe("invalid due times", () => {
  it.each<[string, { delaySeconds?: number; scheduleTime?: string }, string[]]>([
    ["none", {}, []],
    ["a time a minute ago", { scheduleTime: "2026-01-01T11:59:00Z" }, []],
    ["a time a minute and a millisecond ago", { scheduleTime: "2026-01-01T11:58:59.999Z" }, ["scheduleTime"]],
    ["a time a year ago", { scheduleTime: "2025-01-01T12:00:00Z" }, ["scheduleTime"]],
    ["a time 3,652 days ahead", { scheduleTime: "2036-01-01T12:00:00Z" }, []],
    ["a time 3,652 days and a millisecond ahead", { scheduleTime: "2036-01-01T12:00:00.001Z" }, ["scheduleTime"]],
    ["both ways at once", { delaySeconds: 1, scheduleTime: "2026-01-01T12:00:10Z" }, ["delaySeconds"]],
    [
      "both ways at once, and too far ahead",
      { delaySeconds: 1, scheduleTime: "2037-01-01T12:00:00Z" },
      ["delaySeconds", "scheduleTime"],
    ],
  ])("%s: the wrong paths", (_, requested, paths) => {
    expect(dueTimeProblems(requested, NOW).map(({ path }) => path)).toEqual(paths);
  });
});
