import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Alert } from "./alerts/alert.ts";
import { ALERTS, type Canary, canaryAlert } from "./alerts/alerts.ts";
import { conditionsOf } from "./conditions.ts";
import { describeDashboard } from "./dashboard.ts";
import { createLogMetrics } from "./log-metrics.ts";
import type { Watched } from "./series.ts";
import { type Goals, createObjectives } from "./slos.ts";

/** The shortest period that Cloud Monitoring allows. */
const AUTO_CLOSE = "1800s";

interface MonitoringArgs extends Goals {
  readonly prefix: string;
  readonly notificationEmails: readonly string[];
  /** Full names of existing channels. */
  readonly notificationChannels: readonly string[];
  readonly producerService: string;
  readonly workerService: string;
  readonly queueNames: readonly pulumi.Output<string>[];
  readonly databaseId: string;
  readonly canaries: readonly Canary[];
}

/** The operators' view of the stack: log-based metrics, objectives, a dashboard, and alerts. */
export class Monitoring extends pulumi.ComponentResource {
  /** The channels for alerts by e-mail. */
  readonly mailChannels: readonly pulumi.Output<string>[];

  constructor(name: string, args: MonitoringArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Monitoring", name, {}, options);
    const { prefix, producerService, workerService, databaseId } = args;
    const metrics = createLogMetrics(args, { parent: this });
    const objectives = createObjectives({ ...args, metrics }, { parent: this });
    this.mailChannels = args.notificationEmails.map((email) => this.addMailChannel(prefix, email));
    const watched: pulumi.Output<Watched> = pulumi.output({
      ...metrics,
      objectives,
      producerService,
      workerService,
      databaseId,
      queueNames: [...args.queueNames],
    });
    new gcp.monitoring.Dashboard(
      "dashboard",
      { dashboardJson: watched.apply((names) => JSON.stringify(describeDashboard(`Handoff: ${prefix}`, names))) },
      { parent: this },
    );
    const notificationChannels = [...this.mailChannels, ...args.notificationChannels];
    for (const alert of [...ALERTS, ...args.canaries.map(canaryAlert)]) {
      const described = { ...describeAlert(alert, watched, prefix), notificationChannels };
      new gcp.monitoring.AlertPolicy(`alert-${alert.key}`, described, { parent: this });
    }
    this.registerOutputs();
  }

  private addMailChannel(prefix: string, email: string): pulumi.Output<string> {
    const { id } = new gcp.monitoring.NotificationChannel(
      `mail-${email}`,
      { type: "email", displayName: `${prefix}: ${email}`, labels: { email_address: email } },
      { parent: this },
    );
    return id;
  }
}

function describeAlert(alert: Alert, watched: pulumi.Output<Watched>, prefix: string): gcp.monitoring.AlertPolicyArgs {
  return {
    displayName: `${prefix}: ${alert.title}`,
    // "OR" even for a single condition, as in the state of earlier stacks.
    combiner: "query" in alert || "series" in alert ? "OR" : "AND",
    severity: alert.severity,
    // A series that only has points when something happens would otherwise keep its incident open, and hide the next
    // one.
    alertStrategy: { autoClose: AUTO_CLOSE },
    conditions: [...conditionsOf(alert, watched)],
    documentation: {
      mimeType: "text/markdown",
      content: `${alert.meaning}\n\nWhat to do: docs/operating.md, "${alert.title}".`,
    },
  };
}
