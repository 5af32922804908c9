import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { deliveriesMetricOf } from "../../shared/monitoring/counted.ts";
import {
  DELIVERY_FIELDS,
  DELIVERY_MESSAGE,
  LATE_SCHEDULES,
  OLDEST_ENTRY_AGE_MS,
  SCHEDULES_MESSAGE,
  TICK_MESSAGE,
} from "../../shared/runtime/log-fields.ts";

/** Delays from a millisecond to a week. Each bucket is twice as wide as the one before. */
const DELAY_BUCKETS = { exponentialBuckets: { growthFactor: 2, numFiniteBuckets: 30, scale: 1 } };

/** Minutes, an hour and a day, in milliseconds. A percentile lies within its bucket, so the alert's threshold is a bound. */
const AGE_BUCKETS = {
  explicitBuckets: { bounds: [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 86_400_000] },
};

/** None, one, a few. */
const COUNT_BUCKETS = { explicitBuckets: { bounds: [1, 2, 5, 10, 50] } };

/** Which of the services' log lines to count, and by which fields. Plain data, so that tests can check it. */
export function describeLogMetrics({ workerService, producerService }: Services) {
  const { outcome, taskType, queue, delayMs } = DELIVERY_FIELDS;
  const filter = linesOf(workerService, DELIVERY_MESSAGE);
  return {
    deliveries: { filter, labels: [outcome, taskType, queue] },
    delays: { filter: `${filter} AND jsonPayload.${delayMs} >= 0`, labels: [taskType, queue], value: delayMs },
    ticks: { filter: linesOf(producerService, TICK_MESSAGE), value: OLDEST_ENTRY_AGE_MS },
    schedules: { filter: linesOf(producerService, SCHEDULES_MESSAGE), value: LATE_SCHEDULES },
  };
}

/** The services' names. */
interface Services {
  readonly workerService: string;
  readonly producerService: string;
}

function linesOf(service: string, message: string): string {
  const ofService = `resource.labels.service_name = "${service}"`;
  return ['resource.type = "cloud_run_revision"', ofService, `jsonPayload.message = "${message}"`].join(" AND ");
}

/** The metrics that Cloud Logging derives from the services' log lines. The services run nothing for them. */
export function createLogMetrics(
  { prefix, ...services }: Services & { readonly prefix: string },
  options: pulumi.CustomResourceOptions,
): Record<"deliveries" | "delays" | "ticks" | "schedules", gcp.logging.Metric> {
  const { deliveries, delays, ticks, schedules } = describeLogMetrics(services);
  return {
    deliveries: new gcp.logging.Metric(
      "deliveries",
      {
        name: deliveriesMetricOf(prefix),
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
    ticks: new gcp.logging.Metric(
      "ticks",
      {
        name: `${prefix}-ticks`,
        filter: ticks.filter,
        valueExtractor: `EXTRACT(jsonPayload.${ticks.value})`,
        bucketOptions: AGE_BUCKETS,
        metricDescriptor: { metricKind: "DELTA", valueType: "DISTRIBUTION", unit: "ms" },
      },
      options,
    ),
    schedules: new gcp.logging.Metric(
      "schedules",
      {
        name: `${prefix}-schedules`,
        filter: schedules.filter,
        valueExtractor: `EXTRACT(jsonPayload.${schedules.value})`,
        bucketOptions: COUNT_BUCKETS,
        metricDescriptor: { metricKind: "DELTA", valueType: "DISTRIBUTION", unit: "1" },
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
