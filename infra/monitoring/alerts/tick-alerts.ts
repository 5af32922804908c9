import type { Alert } from "./alert.ts";
import { lateSchedulesQuery, stoppedQueuesQuery, tickMissingQuery } from "../queries.ts";

/** The tick itself, and what it finds. */
export const TICK_ALERTS: readonly Alert[] = [
  {
    key: "outbox",
    title: "Tasks wait in the outbox",
    series: "outboxAge",
    stepS: 300,
    // Milliseconds. Every minute, the sweep relays entries older than ten seconds.
    above: 300_000,
    forS: 0,
    severity: "ERROR",
    meaning: "A task that was committed more than five minutes ago isn't in its queue yet.",
  },
  {
    key: "no-tick",
    title: "The tick is not seen",
    query: (watched) => tickMissingQuery(watched, { windowS: 900 }),
    forS: 300,
    severity: "ERROR",
    meaning:
      "For a quarter of an hour, the producer has logged no tick. Without it, nobody enqueues what the trigger has missed, " +
      "and nobody notices.",
  },
  {
    key: "late-schedules",
    title: "Schedules are late",
    query: (watched) => lateSchedulesQuery(watched, { windowS: 600 }),
    forS: 300,
    severity: "ERROR",
    meaning:
      "A schedule last fired more than two of its periods ago, or the producer hasn't looked after schedules for ten minutes. " +
      "Tasks that are due by the clock aren't made.",
  },
  {
    key: "stopped-queue",
    title: "A queue delivers nothing",
    query: (watched) => stoppedQueuesQuery(watched, { windowS: 300 }),
    // Long enough to pause a queue, look, and resume it.
    forS: 900,
    severity: "WARNING",
    meaning:
      "For a quarter of an hour, a queue has been paused or disabled, or has delivered none of its tasks although they were " +
      "due ten minutes before.",
  },
  {
    key: "failed-jobs",
    title: "Cloud Scheduler's calls fail",
    series: "failedJobs",
    stepS: 600,
    // One failure is harmless: the next tick makes up for it.
    above: 3,
    forS: 0,
    severity: "ERROR",
    meaning:
      "Cloud Scheduler calls the producer each minute, and more than three calls within ten minutes have failed.",
  },
];
