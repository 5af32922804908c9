import { expect, it } from "vitest";
import { isTimeZone } from "../../../../shared/schedules/time-zone.ts";
import { timingOf } from "../../../../shared/schedules/timing.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const YEAR_2026 = Date.UTC(2026, 0, 1);

const inUtc = (cron: string) => timingOf({ cron, timeZone: "Etc/UTC" });
const dayOf = (at: number | undefined) => at && new Date(at).toISOString().slice(0, 10);

it("a time isn't after itself, and a part of a minute counts as its end", () => {
  const timing = inUtc("*/5 * * * *");
  expect(timing.next(YEAR_2026)).toBe(YEAR_2026 + 5 * MINUTE_MS);
  expect(timing.next(YEAR_2026 - 1)).toBe(YEAR_2026);
  expect(timing.next(YEAR_2026 + 1)).toBe(YEAR_2026 + 5 * MINUTE_MS);
  expect(timing.latest({ afterMs: YEAR_2026, untilMs: YEAR_2026 + 10 * MINUTE_MS, most: 9 })).toHaveLength(2);
});

it("leap days are found across a century without one, and either the weekday or the day of the month matches", () => {
  expect(dayOf(inUtc("0 0 29 2 *").next(Date.UTC(2096, 2, 1)))).toBe("2104-02-29");
  // Either fits, as in every cron: 1 January 2026 is a Thursday.
  const timing = inUtc("0 0 2 * MON");
  const first = timing.next(YEAR_2026) ?? 0;
  expect([dayOf(first), dayOf(timing.next(first))]).toEqual(["2026-01-02", "2026-01-05"]);
});

it("the latest times of years are the last ones, in ascending order", () => {
  const span = { afterMs: 0, untilMs: YEAR_2026 + 30_000, most: 3 };
  expect(inUtc("* * * * *").latest(span)).toEqual([-2, -1, 0].map((n) => YEAR_2026 + n * MINUTE_MS));
  expect(inUtc("0 0 1 1 *").latest({ ...span, most: 1 })).toEqual([YEAR_2026]);
  expect(inUtc("0 0 1 1 *").latest({ ...span, afterMs: YEAR_2026 })).toEqual([]);
});

it.each(["Europe/Berlin", "America/Santiago", "Africa/Cairo", "Asia/Jerusalem", "Africa/Casablanca", "Pacific/Apia"])(
  "in %s, each real minute is due once, and no day lacks its fixed hour",
  (timeZone) => {
    const minutes = timingOf({ cron: "*/7 * * * *", timeZone });
    const daily = timingOf({ cron: "30 0 * * *", timeZone });
    const days: number[] = [];
    for (let at = daily.next(YEAR_2026); at !== undefined && days.length < 800; at = daily.next(at)) days.push(at);
    const gaps = days.slice(1).map((at, index) => at - (days[index] ?? 0));

    expect(Math.max(...gaps)).toBeLessThanOrEqual(DAY_MS + 60 * MINUTE_MS);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(DAY_MS - 60 * MINUTE_MS);
    const changed = days.filter((at, index) => at - (days[index - 1] ?? at - DAY_MS) !== DAY_MS);
    for (const at of changed) {
      const span = { afterMs: at - DAY_MS, untilMs: at + DAY_MS, most: 10_000 };
      const found = minutes.latest(span);
      // All of these zones' clocks are changed by whole hours: 60 minutes have nine times a seventh.
      expect(found.length).toBe(48 * 9);
    }
  },
);

it.each([
  ["", "must have five fields"],
  ["* * * *", "must have five fields"],
  ["0 * * * * *", "must have five fields"],
  ["@daily", "must have five fields"],
  ["61 * * * *", "can't be read: Invalid value for minute: 61"],
  ["* 24 * * *", "can't be read"],
  ["*/0 * * * *", "can't be read"],
  ["a b c d e", "can't be read"],
  ["0 0 31 2 *", "matches no day"],
])("the expression %j is refused with a sentence", (cron, sentence) => {
  expect(() => inUtc(cron)).toThrow(TypeError);
  expect(() => inUtc(cron)).toThrow(sentence);
});

it("time zones have names", () => {
  expect(["Europe/Berlin", "Etc/UTC", "UTC", "Asia/Kathmandu"].every(isTimeZone)).toBe(true);
  expect(["", "Mars", "+02:00", "Europe/Nowhere", "Berlin"].filter(isTimeZone)).toEqual([]);
});
