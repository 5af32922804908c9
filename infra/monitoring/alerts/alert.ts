import type { SeriesName, Watched } from "../series.ts";
import type { ObjectiveName } from "../slos.ts";

/** When to alert. The alert's title is also the heading in docs/operating.md that says what to do. */
export type Alert = ThresholdAlert | QueryAlert | BurnRateAlert;

interface AnyAlert {
  readonly key: string;
  readonly title: string;
  /** How long the condition must hold, in seconds; 0 alerts at once. */
  readonly forS: number;
  readonly severity: "CRITICAL" | "ERROR" | "WARNING";
  readonly meaning: string;
}

/** Watches one time series. */
export interface ThresholdAlert extends AnyAlert {
  readonly series: SeriesName;
  /** The alignment period of the series, in seconds. */
  readonly stepS: number;
  readonly above: number;
}

/** Compares series with a PromQL query that returns something while the condition holds. */
export interface QueryAlert extends AnyAlert {
  readonly query: (watched: Watched) => string;
}

/** Watches how fast an objective's error budget is used up: at 1, it is used up exactly at the end of the period. */
export interface BurnRateAlert extends AnyAlert {
  readonly objective: ObjectiveName;
  readonly above: number;
  /**
   * All these windows, in seconds, must exceed it: a long one shows that it matters, a short one that it is current.
   */
  readonly windowsS: readonly number[];
}
