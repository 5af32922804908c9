import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { countedOn } from "../../shared/monitoring/counted.ts";

export type ObjectiveName = "availability" | "completion";

/** The stack's goals. */
export interface Goals {
  /** The fraction of requests to enqueue that must not fail. */
  readonly availabilityGoal: number;
  /** The fraction of tasks that must be done in time. */
  readonly completionGoal: number;
  /** What "in time" means, in seconds from when a task was due. */
  readonly completionSeconds: number;
}

interface SlosArgs extends Goals {
  readonly prefix: string;
  /** The metrics that the objectives are computed from. */
  readonly metrics: Readonly<Record<"requests" | "failedRequests" | "completions", pulumi.Output<string>>>;
}

/** Cloud Monitoring supports four weeks, so that each period has the same weekdays. */
const PERIOD_DAYS = 28;

/**
 * The objectives, over four weeks.
 *
 * - availability: requests to enqueue that don't fail. Cloud Run's log counts them, which includes those for which
 *   there was no instance. The caller's own errors count on neither side.
 * - completion: tasks that are done within a time after they were due.
 *
 * @returns the full name of each.
 */
export function createObjectives(
  { prefix, metrics, availabilityGoal, completionGoal, completionSeconds }: SlosArgs,
  options: pulumi.CustomResourceOptions,
): Record<ObjectiveName, pulumi.Output<string>> {
  const { serviceId: service } = new gcp.monitoring.CustomService(
    "service",
    { displayName: `Handoff: ${prefix}` },
    options,
  );
  const common = { service, rollingPeriodDays: PERIOD_DAYS };
  const availability = new gcp.monitoring.Slo(
    "availability",
    {
      ...common,
      displayName: `Enqueuing works: ${percent(availabilityGoal)}`,
      goal: availabilityGoal,
      requestBasedSli: {
        goodTotalRatio: {
          badServiceFilter: filterOf(metrics.failedRequests),
          totalServiceFilter: filterOf(metrics.requests),
        },
      },
    },
    options,
  );
  const completion = new gcp.monitoring.Slo(
    "completion",
    {
      ...common,
      displayName: `Done within ${completionSeconds} s: ${percent(completionGoal)}`,
      goal: completionGoal,
      requestBasedSli: {
        distributionCut: {
          distributionFilter: filterOf(metrics.completions),
          range: { max: completionSeconds * 1_000 },
        },
      },
    },
    options,
  );
  return { availability: availability.name, completion: completion.name };
}

function filterOf(metric: pulumi.Output<string>): pulumi.Output<string> {
  return metric.apply((name) => countedOn("cloud_run_revision", name));
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(3))} %`;
}
