import type { Alert, QueryAlert } from "./alert.ts";
import { BURN_RATE_ALERTS } from "./burn-rates.ts";
import { DELIVERY_ALERTS } from "./delivery-alerts.ts";
import { canaryMissingQuery } from "../queries.ts";
import { SERVICE_ALERTS } from "./service-alerts.ts";
import { TICK_ALERTS } from "./tick-alerts.ts";

/** The alerts that every stack has. */
export const ALERTS: readonly Alert[] = [...DELIVERY_ALERTS, ...SERVICE_ALERTS, ...TICK_ALERTS, ...BURN_RATE_ALERTS];

/** A task that does nothing, which a schedule enqueues regularly. */
export interface Canary {
  /** The name of its schedule. */
  readonly schedule: string;
  readonly type: string;
  /** The longest time between two of its tasks, in seconds. */
  readonly everyS: number;
}

/** A canary is missing after two of its periods plus this margin, for the task itself and for the log. */
const MARGIN_S = 600;

/** The alert for a canary that doesn't run. */
export function canaryAlert({ schedule, type, everyS }: Canary): QueryAlert {
  return {
    key: `canary-${schedule}`,
    title: "A canary is missing",
    query: (watched) => canaryMissingQuery(watched, { type, windowS: 2 * everyS + MARGIN_S }),
    forS: 0,
    severity: "ERROR",
    meaning:
      `The schedule ${schedule} enqueues a task of type ${type} every ${Math.round(everyS / 60)} minutes, and none was done ` +
      "for more than two such periods: somewhere between the schedule and the worker, tasks don't get through.",
  };
}
