import * as gcp from "@pulumi/gcp";
import type * as pulumi from "@pulumi/pulumi";
import { deliveriesMetricOf } from "../../shared/monitoring/counted.ts";
import {
  DELIVERY_FIELDS,
  DELIVERY_MESSAGE,
  LATE_SCHEDULES,
  OLDEST_ENTRY_AGE_MS,
  QUEUES_MESSAGE,
  SCHEDULES_MESSAGE,
  STOPPED_QUEUES,
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
    queues: { filter: linesOf(producerService, QUEUES_MESSAGE), value: STOPPED_QUEUES },
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

export type MetricName = keyof ReturnType<typeof describeLogMetrics>;

/** The metrics that Cloud Logging derives from the services' log lines. The services run nothing for them. */
export function createLogMetrics(
  { prefix, ...services }: Services & { readonly prefix: string },
  options: pulumi.CustomResourceOptions,
): Record<MetricName, gcp.logging.Metric> {
  const { deliveries, delays, ticks, schedules, queues } = describeLogMetrics(services);
  const make = (name: string, args: gcp.logging.MetricArgs) => new gcp.logging.Metric(name, args, options);
  return {
    deliveries: make("deliveries", {
      name: deliveriesMetricOf(prefix),
      filter: deliveries.filter,
      labelExtractors: extractorsOf(deliveries.labels),
      metricDescriptor: { metricKind: "DELTA", valueType: "INT64", labels: describeLabels(deliveries.labels) },
    }),
    delays: make("delivery-delays", {
      name: `${prefix}-delivery-delays`,
      ...distributionOf(delays, { unit: "ms", buckets: DELAY_BUCKETS }),
    }),
    ticks: make("ticks", {
      name: `${prefix}-ticks`,
      ...distributionOf(ticks, { unit: "ms", buckets: AGE_BUCKETS }),
    }),
    schedules: make("schedules", {
      name: `${prefix}-schedules`,
      ...distributionOf(schedules, { unit: "1", buckets: COUNT_BUCKETS }),
    }),
    queues: make("queues", {
      name: `${prefix}-queues`,
      ...distributionOf(queues, { unit: "1", buckets: COUNT_BUCKETS }),
    }),
  };
}

/** The values of a field, with labels if there are any. */
function distributionOf(
  { filter, value, labels = [] }: { filter: string; value: string; labels?: readonly string[] },
  { unit, buckets }: { unit: string; buckets: gcp.types.input.logging.MetricBucketOptions },
): gcp.logging.MetricArgs {
  const descriptor = { metricKind: "DELTA", valueType: "DISTRIBUTION", unit };
  return {
    filter,
    valueExtractor: `EXTRACT(jsonPayload.${value})`,
    bucketOptions: buckets,
    ...(labels.length === 0
      ? { metricDescriptor: descriptor }
      : {
          labelExtractors: extractorsOf(labels),
          metricDescriptor: { ...descriptor, labels: describeLabels(labels) },
        }),
  };
}

function extractorsOf(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, `EXTRACT(jsonPayload.${field})`]));
}

function describeLabels(fields: readonly string[]) {
  return fields.map((key) => ({ key, valueType: "STRING" }));
}
