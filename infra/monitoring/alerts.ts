import type { SeriesName } from "./series.ts";

/** When to alert. The alert's title is also the heading in docs/operating.md that says what to do. */
export interface Alert {
  readonly key: string;
  readonly title: string;
  readonly series: SeriesName;
  /** The alignment period of the series, in seconds. */
  readonly stepS: number;
  readonly above: number;
  /** How long the series must stay above the threshold, in seconds; 0 alerts at once. */
  readonly forS: number;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  readonly meaning: string;
}

export const ALERTS: readonly Alert[] = [
  {
    key: "late",
    title: "Tasks are delivered late",
    series: "delayP99",
    stepS: 300,
    // Milliseconds. No instance takes a minute to start, and nobody wants to wait longer than that.
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
    key: "refused",
    title: "Deliveries are refused for their token",
    series: "refused",
    stepS: 300,
    // A few come from a scanner or a deployment; more than that come from Cloud Tasks itself.
    above: 5,
    forS: 0,
    severity: "CRITICAL",
    meaning: "The worker answers 401 or 403. If Cloud Tasks sent these deliveries, no work is getting done.",
  },
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
    key: "backlog",
    title: "A queue does not drain",
    series: "depth",
    stepS: 1_800,
    // The minimum over half an hour, so that a burst that is worked off doesn't count.
    above: 1_000,
    forS: 0,
    severity: "WARNING",
    meaning: "For half an hour, the queue has held more than 1,000 tasks: they arrive faster than they are done.",
  },
];
