import { z } from "zod";
import { listOf, numberWithin, oneOf } from "./setting-values.ts";

/** What whoever operates the stack decides: what is kept of its logs, what the project may use, and what is promised. */
export const operationsFields = {
  /**
   * Which of Cloud Run's own lines about requests to keep. Those about requests that succeeded say nothing that the services'
   * own lines don't.
   */
  requestLog: oneOf("failed", "all").default("failed"),
  /**
   * How many days to keep the services' logs, in a bucket of the stack's own. Default: no such bucket, so that they are kept
   * as the project keeps its logs, which is for 30 days unless somebody has changed it
   * (https://cloud.google.com/logging/quotas#logs_retention_periods).
   */
  logRetentionDays: numberWithin({ from: 1, to: 3_650 }).optional(),
  /**
   * How many vCPUs, and how much memory, the project's instances may have in the region altogether. Default: what a new
   * project gets. Google raises it on request (https://cloud.google.com/run/quotas#increase).
   */
  regionCpus: numberWithin({ from: 1, to: 100_000 }).default(20),
  regionMemoryGib: numberWithin({ from: 1, to: 1_000_000 }).default(40),
  /** Channels that exist already, of whatever kind: Slack, PagerDuty, a webhook. Alerts go there, too. */
  notificationChannels: listOf(
    z
      .string()
      .regex(
        /^projects\/[^/]+\/notificationChannels\/\d+$/,
        "must be a channel's full name, for example projects/my-project-123/notificationChannels/1234567890",
      ),
  )
    .refine((names) => new Set(names).size === names.length, "must not contain duplicates")
    .default([]),
  /** Which fraction of requests to enqueue must not fail, over four weeks. */
  availabilityGoal: numberWithin({ from: 0.5, to: 0.999, whole: false }).default(0.999),
  /** Which fraction of tasks must be done in time. */
  completionGoal: numberWithin({ from: 0.5, to: 0.999, whole: false }).default(0.99),
  /** What in time is, in seconds from when a task was due. It should be more than handlers take. */
  completionSeconds: numberWithin({ from: 1, to: 3_600 }).default(60),
};
