import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "../accounts.ts";

/** The APIs for which Google logs who reads and writes data. */
const AUDITED = ["firestore.googleapis.com", "secretmanager.googleapis.com", "cloudtasks.googleapis.com"];

/** The fractions of the budget at which an e-mail is sent; for the last one, also if it is only forecast. */
const THRESHOLDS = [
  { thresholdPercent: 0.5 },
  { thresholdPercent: 0.9 },
  { thresholdPercent: 1 },
  { thresholdPercent: 1, spendBasis: "FORECASTED_SPEND" },
];

/** The limit for a budget (https://cloud.google.com/billing/docs/how-to/budgets-notification-recipients). */
const MAX_CHANNELS = 5;

interface ProjectWatchArgs {
  readonly project: string;
  readonly projectNumber: pulumi.Output<string>;
  readonly prefix: string;
  readonly accounts: Accounts;
  readonly auditDataAccess: boolean;
  readonly monthlyBudget?: number | undefined;
  readonly billingAccount?: string | undefined;
  readonly mailChannels: readonly pulumi.Output<string>[];
}

/** What the stack watches in the whole project, if it is configured to: who reads data, and the project's cost. */
export class ProjectWatch extends pulumi.ComponentResource {
  constructor(name: string, args: ProjectWatchArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:ProjectWatch", name, {}, options);
    if (args.auditDataAccess) this.addAuditLogs(args);
    if (args.monthlyBudget !== undefined) this.addBudget(args, args.monthlyBudget);
    this.registerOutputs();
  }

  /** The services' own calls are left out: they are the bulk, and the services log what they do. */
  private addAuditLogs({ project, accounts: { producer, worker } }: ProjectWatchArgs): void {
    const exemptedMembers = [producer.member, worker.member];
    for (const service of AUDITED) {
      new gcp.projects.IAMAuditConfig(
        service,
        {
          project,
          service,
          auditLogConfigs: [
            { logType: "DATA_READ", exemptedMembers },
            { logType: "DATA_WRITE", exemptedMembers },
          ],
        },
        { parent: this },
      );
    }
  }

  private addBudget(
    { projectNumber, prefix, billingAccount = "", mailChannels }: ProjectWatchArgs,
    monthlyBudget: number,
  ): void {
    new gcp.billing.Budget(
      "budget",
      {
        billingAccount,
        displayName: `Handoff: ${prefix}`,
        amount: { specifiedAmount: { units: String(monthlyBudget) } },
        budgetFilter: { projects: [pulumi.interpolate`projects/${projectNumber}`] },
        thresholdRules: THRESHOLDS,
        allUpdatesRule: { monitoringNotificationChannels: mailChannels.slice(0, MAX_CHANNELS) },
      },
      { parent: this },
    );
  }
}
