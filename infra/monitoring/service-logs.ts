import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

interface ServiceLogsArgs {
  readonly project: string;
  readonly prefix: string;
  readonly region: string;
  /** The services' names. */
  readonly services: readonly string[];
  readonly requestLog: "failed" | "all";
  readonly logRetentionDays?: number | undefined;
}

/**
 * Where the services' logs are kept, and which lines. Metrics also count the lines that are dropped here
 * (https://cloud.google.com/logging/docs/logs-based-metrics).
 *
 *     services' logs ──┬──▶ the project's bucket: all, or without requests that succeeded
 *                      └──▶ with logRetentionDays a bucket of the stack's own, and nothing to the project's
 *
 * The project's own bucket and sink aren't changed, since other applications and stacks use them, too. An exclusion
 * only affects the lines that match its filter.
 */
export class ServiceLogs extends pulumi.ComponentResource {
  constructor(name: string, args: ServiceLogsArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:ServiceLogs", name, {}, options);
    const { project, prefix, region, requestLog, logRetentionDays } = args;
    const { ofServices, succeeded } = describeLogFilters(args.services);
    const dropped = requestLog === "failed" ? [succeeded] : [];
    if (logRetentionDays === undefined) {
      for (const filter of dropped) this.exclude({ prefix, filter, dependsOn: [] });
    } else {
      const bucket = new gcp.logging.ProjectBucketConfig(
        "logs",
        { project, location: region, bucketId: prefix, retentionDays: logRetentionDays },
        { parent: this },
      );
      const sink = new gcp.logging.ProjectSink(
        "logs",
        {
          name: prefix,
          destination: pulumi.interpolate`logging.googleapis.com/${bucket.id}`,
          filter: ofServices,
          exclusions: dropped.map((filter) => ({ name: "requests-that-succeeded", filter })),
        },
        { parent: this },
      );
      // Not before: until the sink exists, nothing else keeps the lines.
      this.exclude({ prefix, filter: ofServices, dependsOn: [sink] });
    }
    this.registerOutputs();
  }

  /** Keeps lines out of the project's bucket. */
  private exclude({ prefix, filter, dependsOn }: { prefix: string; filter: string; dependsOn: pulumi.Resource[] }) {
    new gcp.logging.ProjectExclusion("logs", { name: prefix, filter }, { parent: this, dependsOn });
  }
}

/** Filters of log lines: all lines of the services, and Cloud Run's lines about their successful requests. */
export function describeLogFilters(services: readonly string[]) {
  const names = services.map((service) => `"${service}"`).join(" OR ");
  const ofServices = `resource.type = "cloud_run_revision" AND resource.labels.service_name = (${names})`;
  return {
    ofServices,
    succeeded: `${ofServices} AND log_id("run.googleapis.com/requests") AND httpRequest.status < 400`,
  };
}
