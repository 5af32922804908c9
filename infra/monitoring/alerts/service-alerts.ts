import type { Alert } from "./alert.ts";

/** The services themselves: their errors, memory and deployments. */
export const SERVICE_ALERTS: readonly Alert[] = [
  {
    key: "errors",
    title: "Services answer 5xx",
    series: "serverErrors",
    stepS: 300,
    above: 20,
    forS: 0,
    severity: "ERROR",
    meaning: "Handlers throw, or Firestore, Cloud Tasks or Google's keys can't be reached.",
  },
  {
    key: "failed-rollout",
    title: "A rollout has failed",
    series: "failedRollouts",
    stepS: 300,
    above: 0,
    forS: 0,
    severity: "ERROR",
    meaning: "A new revision doesn't become ready. The previous one, if any, still serves.",
  },
  {
    key: "memory",
    title: "Instances are short of memory",
    series: "memory",
    stepS: 300,
    // A fraction of the limit, at the 99th percentile of all instances.
    above: 0.9,
    forS: 300,
    severity: "WARNING",
    meaning:
      "Instances use more than 90 % of their memory. Beyond it, Cloud Run ends them with all that they have in hand.",
  },
  {
    key: "memory-kill",
    title: "An instance ran out of memory",
    series: "memoryKills",
    stepS: 300,
    above: 0,
    forS: 0,
    severity: "ERROR",
    meaning:
      "Cloud Run has ended an instance that exceeded its memory. Its deliveries come again; each attempt that it had begun counts.",
  },
];
