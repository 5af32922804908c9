import * as z from "zod";
import { images } from "./image-settings.ts";
import { numberWithin } from "../../shared/runtime/variables/number-within.ts";
import { listOf, oneOf, trueOrFalse } from "./setting-values.ts";

/** The operator's decisions: which images run, which logs are kept, and which goals are set. */
export const operationsFields = {
  /** Images to deploy as they are. Default: `pulumi up` builds them, with Docker. */
  images: images.default({}),
  /**
   * Which of Cloud Run's own lines about requests to keep. Lines about successful requests add nothing to the services'
   * own.
   */
  requestLog: oneOf("failed", "all").default("failed"),
  /**
   * How many days to keep the services' logs in a bucket of the stack's own. Default: no such bucket; the project keeps
   * them with its other logs, by default for 30 days (https://cloud.google.com/logging/quotas#logs_retention_periods).
   */
  logRetentionDays: numberWithin({ from: 1, to: 3_650 }).optional(),
  /** Existing notification channels of any kind: Slack, PagerDuty, a webhook. They get the alerts, too. */
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
  /**
   * How much the project may cost in a month, in the billing account's currency. At 50 %, 90 % and 100 % of it, an
   * e-mail is sent. Needs `billingAccount`. Default: no budget.
   */
  monthlyBudget: numberWithin({ from: 1, to: 10_000_000 }).optional(),
  /** The billing account's id, as in `gcloud billing accounts list`. */
  billingAccount: z
    .string()
    .regex(/^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$/, "must be a billing account's id, for example 012345-6789AB-CDEF01")
    .optional(),
  /**
   * Whether Google logs who reads and writes Firestore's documents, secrets and tasks without going through the
   * services. It replaces the whole project's audit settings for these APIs, so only one stack of a project may set it.
   */
  auditDataAccess: trueOrFalse.default(false),
  /** How many weeks to keep weekly backups of the stack's own database; 0 turns them off. */
  weeklyBackupRetentionWeeks: numberWithin({ from: 0, to: 14 }).default(0),
  /** The fraction of requests to enqueue that must not fail, over four weeks. */
  availabilityGoal: numberWithin({ from: 0.5, to: 0.999, whole: false }).default(0.999),
  /** The fraction of tasks that must be done in time. */
  completionGoal: numberWithin({ from: 0.5, to: 0.999, whole: false }).default(0.99),
  /** What "in time" means, in seconds from when a task was due. It should be longer than handlers take. */
  completionSeconds: numberWithin({ from: 1, to: 3_600 }).default(60),
};

interface OperationsSettings {
  readonly monthlyBudget?: number | undefined;
  readonly billingAccount?: string | undefined;
  readonly notificationEmails: readonly string[];
  readonly database?: string | undefined;
  readonly weeklyBackupRetentionWeeks: number;
}

/** Contradictions in the settings, each with its path and a sentence. */
export function operationsProblems({
  monthlyBudget,
  billingAccount,
  notificationEmails,
  database,
  weeklyBackupRetentionWeeks,
}: OperationsSettings): readonly { path: [string]; message: string }[] {
  const problems: { path: [string]; message: string }[] = [];
  if (monthlyBudget !== undefined && billingAccount === undefined) {
    problems.push({
      path: ["monthlyBudget"],
      message: "needs handoff:billingAccount. See: gcloud billing accounts list",
    });
  }
  if (monthlyBudget !== undefined && notificationEmails.length === 0) {
    problems.push({
      path: ["monthlyBudget"],
      message: "would notify nobody: name someone in handoff:notificationEmails",
    });
  }
  if (monthlyBudget === undefined && billingAccount !== undefined) {
    problems.push({ path: ["billingAccount"], message: "has no effect without handoff:monthlyBudget: leave it out" });
  }
  if (database !== undefined && weeklyBackupRetentionWeeks > 0) {
    const message = "has no effect on an existing database, whose backups are up to its owner: leave it out";
    problems.push({ path: ["weeklyBackupRetentionWeeks"], message });
  }
  return problems;
}
