import * as z from "zod";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { defineSchedule } from "../../../shared/schedules/schedule.ts";

/** What schedules enqueue. Its handler does nothing: what counts is that it ran. */
export const scheduledTaskType = defineTask({
  type: "chaos.scheduled",
  payload: z.strictObject({}),
  queue: "default",
  timeoutMs: 2_000,
  // More than there can be faults: none of these tasks dies.
  attempts: 100,
});

const common = { cron: "* * * * *", timeZone: "Etc/UTC", task: scheduledTaskType, payload: {} };

/** Due each minute. The first makes up for every minute that it missed. */
export const CHAOS_SCHEDULES = [
  defineSchedule({ ...common, name: "catches-up", catchUp: true }),
  defineSchedule({ ...common, name: "latest-alone" }),
];
