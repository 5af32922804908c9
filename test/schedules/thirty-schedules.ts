import * as z from "zod";
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
  { cron: "0 0 1 * *", timeZone: "America/New_York", catchUp: false },
  { cron: "59 23 L * *", timeZone: "Asia/Kathmandu", catchUp: true },
  { cron: "0 9 * * MON-FRI", timeZone: "Europe/Berlin", catchUp: true },
] as const;

/** Those that fire all the time. */
const FREQUENT = [
  { cron: "* * * * *", timeZone: "Etc/UTC", catchUp: false },
  { cron: "*/2 * * * *", timeZone: "Europe/Berlin", catchUp: true },
  { cron: "*/5 * * * *", timeZone: "Australia/Lord_Howe", catchUp: true },
] as const;
const LESS_FREQUENT = FREQUENT.map((timing) => ({ ...timing, cron: "*/20 * * * *" }));

/** Thirty schedules in five zones. */
export const THIRTY_SCHEDULES = named([...OTHERS, ...FREQUENT]);

/** The same, three of which fire less often: each task takes time where it goes through Google's clients. */
export const THIRTY_QUIETER_SCHEDULES = named([...OTHERS, ...LESS_FREQUENT]);

function named(others: readonly Timed[]): ReadonlyMap<string, Schedule> {
  const ofZones = ZONES.flatMap((timeZone) =>
    CRONS.map((cron, index): Timed => ({ cron, timeZone, catchUp: index % 2 === 1 })),
  );
  return new Map(
    [...ofZones, ...others].map((timing, index) => {
      const name = `schedule-${index}`;
      return [name, defineSchedule({ ...timing, name, task: ticked, payload: {} })];
    }),
  );
}

type Timed = Pick<Schedule, "cron" | "timeZone" | "catchUp">;
