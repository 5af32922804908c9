import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { DELIVERY_FIELDS, DELIVERY_MESSAGE } from "../../shared/runtime/log-fields.ts";

/** Delays from a millisecond to a week. Each bucket is twice as wide as the one before. */
const DELAY_BUCKETS = { exponentialBuckets: { growthFactor: 2, numFiniteBuckets: 30, scale: 1 } };

/** Which of the worker's log lines to count, and by which fields. Plain data, so that tests can check it. */
export function describeLogMetrics(workerService: string) {
  const { outcome, taskType, queue, delayMs } = DELIVERY_FIELDS;
  const filter = [
    'resource.type = "cloud_run_revision"',
    `resource.labels.service_name = "${workerService}"`,
    `jsonPayload.message = "${DELIVERY_MESSAGE}"`,
  ].join(" AND ");
  return {
    deliveries: { filter, labels: [outcome, taskType, queue] },
    delays: { filter: `${filter} AND jsonPayload.${delayMs} >= 0`, labels: [taskType, queue], value: delayMs },
  };
}

/** The metrics that Cloud Logging derives from the worker's log lines. The services run nothing for them. */
export function createLogMetrics(
  { prefix, workerService }: { prefix: string; workerService: string },
  options: pulumi.CustomResourceOptions,
): { deliveries: gcp.logging.Metric; delays: gcp.logging.Metric } {
  const { deliveries, delays } = describeLogMetrics(workerService);
  return {
    deliveries: new gcp.logging.Metric(
      "deliveries",
      {
        name: `${prefix}-deliveries`,
        filter: deliveries.filter,
        labelExtractors: extractorsOf(deliveries.labels),
        metricDescriptor: { metricKind: "DELTA", valueType: "INT64", labels: describeLabels(deliveries.labels) },
      },
      options,
    ),
    delays: new gcp.logging.Metric(
      "delivery-delays",
      {
        name: `${prefix}-delivery-delays`,
        filter: delays.filter,
        valueExtractor: `EXTRACT(jsonPayload.${delays.value})`,
        labelExtractors: extractorsOf(delays.labels),
        bucketOptions: DELAY_BUCKETS,
        metricDescriptor: {
          metricKind: "DELTA",
          valueType: "DISTRIBUTION",
          unit: "ms",
          labels: describeLabels(delays.labels),
        },
      },
      options,
    ),
  };
}

function extractorsOf(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, `EXTRACT(jsonPayload.${field})`]));
}

function describeLabels(fields: readonly string[]) {
  return fields.map((key) => ({ key, valueType: "STRING" }));
}
