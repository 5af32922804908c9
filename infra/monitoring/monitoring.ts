import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { ALERTS, type Alert, type QueryAlert, type ThresholdAlert } from "./alerts.ts";
import { describeDashboard } from "./dashboard.ts";
import { createLogMetrics } from "./log-metrics.ts";
import { type Watched, seriesOf } from "./series.ts";

/** The shortest that Cloud Monitoring allows. */
const AUTO_CLOSE = "1800s";

/** How often a query is evaluated. */
const QUERY_INTERVAL = "60s";

interface MonitoringArgs {
  readonly prefix: string;
  readonly notificationEmails: readonly string[];
  readonly producerService: string;
  readonly workerService: string;
  readonly queueNames: readonly pulumi.Output<string>[];
  readonly databaseId: string;
}

/** What people see of the system: log-based metrics, a dashboard, and alerts by email. */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Monitoring", name, {}, options);
    const { prefix, producerService, workerService, databaseId } = args;
    const metrics = createLogMetrics({ prefix, workerService, producerService }, { parent: this });
    const channels = args.notificationEmails.map(
      (email) =>
        new gcp.monitoring.NotificationChannel(
          `mail-${email}`,
          { type: "email", displayName: `${prefix}: ${email}`, labels: { email_address: email } },
          { parent: this },
        ),
    );
    const watched: pulumi.Output<Watched> = pulumi
      .all([
        pulumi.all([...args.queueNames]),
        metrics.deliveries.name,
        metrics.delays.name,
        metrics.ticks.name,
        metrics.schedules.name,
        metrics.queues.name,
      ])
      .apply(([queueNames, deliveries, delays, ticks, schedules, queues]) => ({
        producerService,
        workerService,
        databaseId,
        queueNames,
        deliveries,
        delays,
        ticks,
        schedules,
        queues,
      }));
    new gcp.monitoring.Dashboard(
      "dashboard",
      { dashboardJson: watched.apply((names) => JSON.stringify(describeDashboard(`Handoff: ${prefix}`, names))) },
      { parent: this },
    );
    for (const alert of ALERTS) {
      const described = {
        ...describeAlert(alert, watched, prefix),
        notificationChannels: channels.map(({ id }) => id),
      };
      new gcp.monitoring.AlertPolicy(`alert-${alert.key}`, described, { parent: this });
    }
    this.registerOutputs();
  }
}

function describeAlert(alert: Alert, watched: pulumi.Output<Watched>, prefix: string): gcp.monitoring.AlertPolicyArgs {
  const condition = "query" in alert ? conditionOfQuery(alert, watched) : conditionOfThreshold(alert, watched);
  return {
    displayName: `${prefix}: ${alert.title}`,
    combiner: "OR",
    severity: alert.severity,
    // A series that only has points when something happens would otherwise keep its incident open, and hide the next
    // one.
    alertStrategy: { autoClose: AUTO_CLOSE },
    conditions: [{ displayName: alert.title, ...condition }],
    documentation: {
      mimeType: "text/markdown",
      content: `${alert.meaning}\n\nWhat to do: docs/operating.md, "${alert.title}".`,
    },
  };
}

type Condition = Omit<gcp.types.input.monitoring.AlertPolicyCondition, "displayName">;

function conditionOfThreshold(alert: ThresholdAlert, watched: pulumi.Output<Watched>): Condition {
  const series = watched.apply((names) => seriesOf(names)[alert.series]);
  return {
    conditionThreshold: {
      filter: series.filter,
      comparison: "COMPARISON_GT",
      thresholdValue: alert.above,
      duration: `${alert.forS}s`,
      aggregations: [
        {
          alignmentPeriod: `${alert.stepS}s`,
          perSeriesAligner: series.aligner,
          crossSeriesReducer: series.reducer,
          groupByFields: series.apply(({ groupBy }) => [...groupBy]),
        },
      ],
    },
  };
}

function conditionOfQuery(alert: QueryAlert, watched: pulumi.Output<Watched>): Condition {
  return {
    conditionPrometheusQueryLanguage: {
      query: watched.apply(alert.query),
      duration: `${alert.forS}s`,
      evaluationInterval: QUERY_INTERVAL,
      // A metric that nothing has been counted for doesn't exist yet, and would be refused.
      disableMetricValidation: true,
    },
  };
}
