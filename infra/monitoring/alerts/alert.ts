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

/** Watches how fast the errors that an objective allows are used up: 1 uses up all of them by the end of its period. */
export interface BurnRateAlert extends AnyAlert {
  readonly objective: ObjectiveName;
  readonly above: number;
  /** All of these times, in seconds, must show it: a long one, so that it matters, and a short one, so that it still goes on. */
  readonly windowsS: readonly number[];
}
