import type { SeriesName } from "./series.ts";

/** When somebody is to be told, and where it says what to do: the paragraph of this title in docs/operating.md. */
export interface Alert {
  readonly key: string;
  readonly title: string;
  readonly series: SeriesName;
  /** The series is looked at in steps of this many seconds. */
  readonly stepS: number;
  readonly above: number;
  /** For how long it must stay above, in seconds; 0 tells at once. */
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
    // Milliseconds. A minute is longer than any instance takes to start, and shorter than people wait for.
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
    meaning: "A task will not be tried again; it is kept as a dead letter.",
  },
  {
    key: "refused",
    title: "Deliveries are refused for their token",
    series: "refused",
    stepS: 300,
    // A few are a scanner or a deploy; more are Cloud Tasks itself.
    above: 5,
    forS: 0,
    severity: "CRITICAL",
    meaning: "The worker answers 401 or 403. If these are Cloud Tasks' own deliveries, nothing is done any more.",
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
    // The least depth of half an hour: a burst that is worked off does not count.
    above: 1_000,
    forS: 0,
    severity: "WARNING",
    meaning: "For half an hour the queue has held more than 1,000 tasks: more come than are done.",
  },
];
