import { describe, expect, it } from "vitest";
import { timingOf } from "../../../../shared/schedules/timing.ts";

/**
 * When schedules are due around the days on which clocks are changed, in UTC. Written by hand, from the dates on which each
 * zone changes its clocks in 2026; nothing here was computed.
 *
 *     Europe/Berlin         29 March    01:00Z  2:00 becomes 3:00      25 October   01:00Z  3:00 becomes 2:00
 *     America/New_York       8 March    07:00Z  2:00 becomes 3:00       1 November  06:00Z  2:00 becomes 1:00
 *     Australia/Lord_Howe    4 October  15:30Z  2:00 becomes 2:30       5 April     15:00Z  2:00 becomes 1:30  (the day before, in UTC)
 *     Asia/Kathmandu        never; its clocks are 5 hours and 45 minutes ahead
 */
const DUE: Readonly<Record<string, readonly (readonly [cron: string, what: string, after: string, due: string])[]>> = {
  "Europe/Berlin": [
    ["* * * * *", "each minute, forward", "03-29T00:57", "03-29T00:58 03-29T00:59 03-29T01:00 03-29T01:01 03-29T01:02"],
    ["* * * * *", "each minute, back", "10-25T00:57", "10-25T00:58 10-25T00:59 10-25T01:00 10-25T01:01 10-25T01:02"],
    ["* * * * *", "each minute, back again", "10-25T01:58", "10-25T01:59 10-25T02:00 10-25T02:01"],
    ["0 * * * *", "each hour, forward", "03-28T23:30", "03-29T00:00 03-29T01:00 03-29T02:00"],
    ["0 * * * *", "each hour, back", "10-24T23:30", "10-25T00:00 10-25T01:00 10-25T02:00 10-25T03:00"],
    ["30 2 * * *", "daily, skipped", "03-27T12:00", "03-28T01:30 03-29T01:00 03-30T00:30"],
    ["30 2 * * *", "daily, shown twice", "10-23T12:00", "10-24T00:30 10-25T00:30 10-26T01:30"],
    ["0 3 * * *", "daily, where the clocks go on", "03-28T12:00", "03-29T01:00 03-30T01:00"],
    ["0,30 2 * * *", "two minutes, skipped: once", "03-28T12:00", "03-29T01:00 03-30T00:00 03-30T00:30"],
    ["30 2,3 * * *", "two hours, one skipped", "03-28T12:00", "03-29T01:00 03-29T01:30 03-30T00:30"],
    ["0 2,14 * * *", "two hours, one shown twice", "10-24T13:00", "10-25T00:00 10-25T13:00 10-26T01:00"],
    ["*/20 2 * * *", "three minutes, shown twice", "10-24T12:00", "10-25T00:00 10-25T00:20 10-25T00:40 10-26T01:00"],
    ["0 1-3 * * *", "a range of hours, forward: one less", "03-28T12:00", "03-29T00:00 03-29T01:00 03-29T23:00"],
    [
      "30 1-3 * * *",
      "a range of hours, back: one more",
      "10-24T12:00",
      "10-24T23:30 10-25T00:30 10-25T01:30 10-25T02:30",
    ],
    ["30 2-2 * * *", "a range of one hour, shown twice", "10-24T12:00", "10-25T00:30 10-25T01:30 10-26T01:30"],
    ["0 */2 * * *", "every other hour, forward", "03-28T22:00", "03-28T23:00 03-29T02:00 03-29T04:00"],
    ["0 */2 * * *", "every other hour, back", "10-24T21:00", "10-24T22:00 10-25T00:00 10-25T01:00 10-25T03:00"],
    ["30 2 29 3 *", "one day a year, skipped", "03-01T00:00", "03-29T01:00 2027-03-29T00:30"],
    ["30 2 * * SUN", "on Sundays, skipped", "03-23T00:00", "03-29T01:00 04-05T00:30"],
  ],
  "America/New_York": [
    ["* * * * *", "each minute, forward", "03-08T06:58", "03-08T06:59 03-08T07:00 03-08T07:01"],
    ["* * * * *", "each minute, back", "11-01T05:58", "11-01T05:59 11-01T06:00 11-01T06:01"],
    ["0 * * * *", "each hour, forward", "03-08T05:30", "03-08T06:00 03-08T07:00 03-08T08:00"],
    ["0 * * * *", "each hour, back", "11-01T04:30", "11-01T05:00 11-01T06:00 11-01T07:00"],
    ["30 2 * * *", "daily, skipped", "03-06T12:00", "03-07T07:30 03-08T07:00 03-09T06:30"],
    ["30 1 * * *", "daily, shown twice", "10-30T12:00", "10-31T05:30 11-01T05:30 11-02T06:30"],
  ],
  "Australia/Lord_Howe": [
    ["* * * * *", "each minute, forward", "10-03T15:28", "10-03T15:29 10-03T15:30 10-03T15:31"],
    ["* * * * *", "each minute, back", "04-04T14:58", "04-04T14:59 04-04T15:00 04-04T15:01"],
    [
      "0 * * * *",
      "each hour, forward: 2:00 is skipped",
      "10-03T13:00",
      "10-03T13:30 10-03T14:30 10-03T16:00 10-03T17:00",
    ],
    ["0 * * * *", "each hour, back", "04-04T12:30", "04-04T13:00 04-04T14:00 04-04T15:30 04-04T16:30"],
    ["30 * * * *", "each half hour, shown twice", "04-04T13:45", "04-04T14:30 04-04T15:00 04-04T16:00"],
    ["15 2 * * *", "daily, skipped", "10-02T12:00", "10-02T15:45 10-03T15:30 10-04T15:15"],
    ["45 1 * * *", "daily, shown twice", "04-03T12:00", "04-03T14:45 04-04T14:45 04-05T15:15"],
  ],
  "Asia/Kathmandu": [
    ["* * * * *", "each minute, as Berlin changes", "03-29T00:58", "03-29T00:59 03-29T01:00 03-29T01:01"],
    ["* * * * *", "each minute, as Berlin changes back", "10-25T00:58", "10-25T00:59 10-25T01:00 10-25T01:01"],
    ["0 * * * *", "each hour, as Berlin changes", "03-29T00:00", "03-29T00:15 03-29T01:15 03-29T02:15"],
    ["0 * * * *", "each hour, as Berlin changes back", "10-25T00:00", "10-25T00:15 10-25T01:15 10-25T02:15"],
    ["30 2 * * *", "daily, as Berlin changes", "03-27T22:00", "03-28T20:45 03-29T20:45"],
    ["30 2 * * *", "daily, as Berlin changes back", "10-23T22:00", "10-24T20:45 10-25T20:45"],
  ],
};

const inUtc = (text: string): number => Date.parse(`${text.length < 16 ? "2026-" : ""}${text}:00Z`);

describe.each(Object.entries(DUE))("in %s", (timeZone, rows) => {
  it.each(rows)("%s is due on time: %s", (cron, _what, after, due) => {
    const timing = timingOf({ cron, timeZone });
    const expected = due.split(" ").map(inUtc);

    const found: (number | undefined)[] = [];
    for (let at: number | undefined = inUtc(after); found.length < expected.length && at !== undefined;) {
      found.push((at = timing.next(at)));
    }

    const shown = (times: readonly (number | undefined)[]) => times.map((at) => at && new Date(at).toISOString());
    expect(shown(found)).toEqual(shown(expected));
    const span = { afterMs: inUtc(after), untilMs: expected.at(-1) ?? 0, most: 100 };
    expect(shown(timing.latest(span))).toEqual(shown(expected));
  });
});
