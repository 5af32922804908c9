import type { Alert } from "./alert.ts";
import { unreachedQuery } from "../queries.ts";

/** Deliveries that are late, refused or the last of their task. */
export const DELIVERY_ALERTS: readonly Alert[] = [
  {
    key: "late",
    title: "Tasks are delivered late",
    series: "delayP99",
    stepS: 300,
    // Milliseconds. No instance takes a minute to start, and nobody wants a longer delay.
    above: 60_000,
    forS: 600,
    severity: "ERROR",
    meaning: "One task in a hundred reaches the worker more than a minute after it was due.",
  },
  {
    key: "dead",
    title: "Tasks have died",
    series: "dead",
    stepS: 300,
    above: 0,
    forS: 0,
    severity: "ERROR",
    meaning: "A task will not be retried. It is kept as a dead letter.",
  },
  {
    key: "turned-away",
    title: "Deliveries are turned away",
    series: "turnedAway",
    stepS: 300,
    // A new grant takes a minute or two to be known everywhere.
    above: 5,
    forS: 0,
    severity: "CRITICAL",
    meaning:
      "Cloud Tasks gets 401, 403 or 404 for its deliveries, most likely from Cloud Run itself. No work is getting done, " +
      "and the worker's log doesn't show it.",
  },
  {
    key: "unreached",
    title: "Due work does not reach the worker",
    query: (watched) => unreachedQuery(watched, { windowS: 900, attempts: 10 }),
    // The two counts that it compares arrive some minutes late, and not equally late.
    forS: 300,
    severity: "CRITICAL",
    meaning:
      "For a quarter of an hour, more than half of Cloud Tasks' attempts have left no line in the worker's log: Cloud Run " +
      "refuses them, or has no instance for them.",
  },
  {
    key: "refused",
    title: "Deliveries are refused for their token",
    series: "refused",
    stepS: 300,
    // A scanner or a deployment causes a few; more are from Cloud Tasks itself.
    above: 5,
    forS: 0,
    severity: "CRITICAL",
    meaning: "The worker answers 401 or 403. If Cloud Tasks sent these deliveries, no work is getting done.",
  },
  {
    key: "backlog",
    title: "A queue does not drain",
    series: "delayP50",
    stepS: 300,
    // Milliseconds. The queue's depth can't show this, since it includes tasks that are scheduled for later.
    above: 300_000,
    forS: 1_800,
    severity: "WARNING",
    meaning:
      "For half an hour, half of the queue's deliveries came more than five minutes after they were due: tasks become due " +
      "faster than they are done.",
  },
];
