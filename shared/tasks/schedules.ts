import { defineSchedule } from "../schedules/schedule.ts";
import { claimCanary } from "./canary.ts";

/**
 * A task that does next to nothing, once an hour. Even in a quiet hour it shows that the tick, the producer, the queue,
 * the worker and Firestore work. If it doesn't run, an alert fires.
 */
const hourlyCanary = defineSchedule({
  name: "hourly-canary",
  cron: "7 * * * *",
  timeZone: "Etc/UTC",
  task: claimCanary,
  payload: {},
});

/** The tasks that are enqueued by the clock. */
export const schedules = [hourlyCanary];
