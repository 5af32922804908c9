import type { BurnRateAlert } from "./alert.ts";
import type { ObjectiveName } from "../slos.ts";

/**
 * Burn rates and their windows (https://sre.google/workbook/alerting-on-slos/, "multiwindow, multi-burn-rate alerts"):
 * 2 % of a month's error budget within an hour, or 5 % within six hours.
 */
const SPEEDS = [
  { key: "fast", above: 14.4, windowsS: [3_600, 300], severity: "CRITICAL" },
  { key: "slow", above: 6, windowsS: [21_600, 1_800], severity: "WARNING" },
] as const;

const OBJECTIVES: readonly { readonly objective: ObjectiveName; readonly what: string; readonly meaning: string }[] = [
  {
    objective: "availability",
    what: "Enqueuing fails",
    meaning: "More requests to enqueue tasks end in an error than the objective allows.",
  },
  {
    objective: "completion",
    what: "Tasks are done late",
    meaning: "More tasks than the objective allows are done too long after they were due.",
  },
];

/** Two alerts for each objective: one that wakes somebody up, and one that can wait until morning. */
export const BURN_RATE_ALERTS: readonly BurnRateAlert[] = OBJECTIVES.flatMap(({ objective, what, meaning }) =>
  SPEEDS.map(({ key, above, windowsS, severity }) => ({
    key: `${objective}-${key}`,
    title: `${what}: ${key} burn`,
    objective,
    above,
    windowsS,
    forS: 0,
    severity,
    meaning: `${meaning} At this rate, the errors allowed for a month are used up in ${Math.round((30 * 24) / above)} hours.`,
  })),
);
