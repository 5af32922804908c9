import type { Alert, QueryAlert } from "./alert.ts";
import { BURN_RATE_ALERTS } from "./burn-rates.ts";
import { DELIVERY_ALERTS } from "./delivery-alerts.ts";
import { canaryMissingQuery } from "../queries.ts";
import { SERVICE_ALERTS } from "./service-alerts.ts";
import { TICK_ALERTS } from "./tick-alerts.ts";

/** The alerts that every stack has. */
export const ALERTS: readonly Alert[] = [...DELIVERY_ALERTS, ...SERVICE_ALERTS, ...TICK_ALERTS, ...BURN_RATE_ALERTS];

/** A task that does nothing, which the clock enqueues again and again. */
export interface Canary {
  /** The name of its schedule. */
  readonly schedule: string;
  readonly type: string;
  /** The longest time between two of them, in seconds. */
  readonly everyS: number;
}

/** Beyond two of its periods, a task of this kind counts as missing; the margin is for the task itself, and for the log. */
const MARGIN_S = 600;

/** The alert for a canary of which nothing is heard. */
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
