import { z } from "zod";
import { defineTask } from "../../shared/contract/task-type.ts";
import { type Schedule, defineSchedule } from "../../shared/schedules/schedule.ts";

export const ticked = defineTask({
  type: "test.ticked",
  payload: z.strictObject({}),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});

const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"] as const;

/** What each zone's schedules are due by: in the skipped hour, in the one that is shown twice, and all day. */
const CRONS = ["30 2 * * *", "*/15 1 * * *", "0 * * * *", "0 */2 * * *", "15,45 1-3 * * *", "0 2,14 * * *"] as const;

/** Beside those of the zones. */
const OTHERS = [
  { cron: "* * * * *", timeZone: "Etc/UTC", catchUp: false },
  { cron: "*/2 * * * *", timeZone: "Etc/UTC", catchUp: true },
  { cron: "*/5 * * * *", timeZone: "Australia/Lord_Howe", catchUp: true },
  { cron: "0 9 * * MON-FRI", timeZone: "Europe/Berlin", catchUp: true },
  { cron: "0 0 1 * *", timeZone: "America/New_York", catchUp: false },
  { cron: "59 23 L * *", timeZone: "Asia/Kathmandu", catchUp: true },
] as const;

/** Thirty schedules in five zones. */
export const THIRTY_SCHEDULES: ReadonlyMap<string, Schedule> = new Map(
  [
    ...ZONES.flatMap((timeZone) => CRONS.map((cron, index) => ({ cron, timeZone, catchUp: index % 2 === 1 }))),
    ...OTHERS,
  ].map((timing, index) => {
    const name = `schedule-${index}`;
    return [name, defineSchedule({ ...timing, name, task: ticked, payload: {} })];
  }),
);
