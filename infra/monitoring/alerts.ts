import {
  type SeriesName,
  type Watched,
  lateSchedulesQuery,
  stoppedQueuesQuery,
  tickMissingQuery,
  unreachedQuery,
} from "./series.ts";

/** When to alert. The alert's title is also the heading in docs/operating.md that says what to do. */
export type Alert = ThresholdAlert | QueryAlert;

interface AnyAlert {
  readonly key: string;
  readonly title: string;
  /** How long the condition must hold, in seconds; 0 alerts at once. */
  readonly forS: number;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  readonly meaning: string;
}

/** Watches one series. */
export interface ThresholdAlert extends AnyAlert {
  readonly series: SeriesName;
  /** The alignment period of the series, in seconds. */
  readonly stepS: number;
  readonly above: number;
}

/** Compares series, by a PromQL query that returns something while the condition holds. */
export interface QueryAlert extends AnyAlert {
  readonly query: (watched: Watched) => string;
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
    key: "turned-away",
    title: "Deliveries are turned away",
    series: "turnedAway",
    stepS: 300,
    // A grant that was just made is unknown in places for a minute or two.
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
    // The two counts that it compares arrive some minutes after the fact, not equally late.
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
    key: "outbox",
    title: "Tasks wait in the outbox",
    series: "outboxAge",
    stepS: 300,
    // Milliseconds. The sweep takes what is older than ten seconds, each minute.
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
    key: "backlog",
    title: "A queue does not drain",
    series: "delayP50",
    stepS: 300,
    // Milliseconds. The queue's depth says nothing of it: tasks that are scheduled for later count there, too.
    above: 300_000,
    forS: 1_800,
    severity: "WARNING",
    meaning:
      "For half an hour, half of the queue's deliveries came more than five minutes after they were due: tasks become due " +
      "faster than they are done.",
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
];
