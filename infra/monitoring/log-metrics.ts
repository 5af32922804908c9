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

type Buckets = gcp.types.input.logging.MetricBucketOptions;

/** Delays from a millisecond to a week. Each bucket is twice as wide as the one before. */
const DELAY_BUCKETS: Buckets = { exponentialBuckets: { growthFactor: 2, numFiniteBuckets: 30, scale: 1 } };

/** Minutes, an hour and a day, in milliseconds. A percentile lies within its bucket, so a threshold must be a bound. */
const AGE_BUCKETS: Buckets = {
  explicitBuckets: { bounds: [60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 86_400_000] },
};

/** None, one, a few. */
const COUNT_BUCKETS: Buckets = { explicitBuckets: { bounds: [1, 2, 5, 10, 50] } };

/** From a tenth of a second to an hour, in milliseconds. */
const COMPLETION_BOUNDS = [
  100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/** The lines that a metric counts, or the field whose values it records, and the fields that it splits the count by. */
interface Counted {
  /** The metric's name, which begins with the stack's prefix. */
  readonly name: string;
  readonly filter: string;
  readonly labels?: readonly string[];
  readonly values?: { readonly field: string; readonly unit: "ms" | "1"; readonly buckets: Buckets };
}

interface Places {
  readonly prefix: string;
  readonly workerService: string;
  readonly producerService: string;
  /** A bound of the buckets of completion times, so that the objective counts exactly; in seconds. */
  readonly completionSeconds: number;
}

/** The metrics, from the services' lines and from Google's lines about them. Plain data, so that tests can check it. */
export function describeLogMetrics(places: Places) {
  return { ...ofDeliveries(places), ...ofTicks(places), ...ofPlatform(places) } as const satisfies Record<
    string,
    Counted
  >;
}

export type MetricName = keyof ReturnType<typeof describeLogMetrics>;

function ofDeliveries({ prefix, workerService, completionSeconds }: Places) {
  const { outcome, taskType, queue, delayMs, sinceDueMs } = DELIVERY_FIELDS;
  const filter = messagesOf(workerService, DELIVERY_MESSAGE);
  const bounds = [...new Set([...COMPLETION_BOUNDS, completionSeconds * 1_000])].toSorted((a, b) => a - b);
  return {
    deliveries: { name: deliveriesMetricOf(prefix), filter, labels: [outcome, taskType, queue] },
    delays: {
      name: `${prefix}-delivery-delays`,
      filter: `${filter} AND jsonPayload.${delayMs} >= 0`,
      labels: [taskType, queue],
      values: { field: delayMs, unit: "ms", buckets: DELAY_BUCKETS },
    },
    completions: {
      name: `${prefix}-completions`,
      filter: `${filter} AND jsonPayload.${outcome} = "done" AND jsonPayload.${sinceDueMs} >= 0`,
      values: { field: sinceDueMs, unit: "ms", buckets: { explicitBuckets: { bounds } } },
    },
  } as const satisfies Record<string, Counted>;
}

function ofTicks({ prefix, producerService }: Places) {
  const lines = (message: string) => messagesOf(producerService, message);
  const count = { unit: "1", buckets: COUNT_BUCKETS } as const;
  return {
    ticks: {
      name: `${prefix}-ticks`,
      filter: lines(TICK_MESSAGE),
      values: { field: OLDEST_ENTRY_AGE_MS, unit: "ms", buckets: AGE_BUCKETS },
    },
    schedules: {
      name: `${prefix}-schedules`,
      filter: lines(SCHEDULES_MESSAGE),
      values: { field: LATE_SCHEDULES, ...count },
    },
    queues: { name: `${prefix}-queues`, filter: lines(QUEUES_MESSAGE), values: { field: STOPPED_QUEUES, ...count } },
  } as const satisfies Record<string, Counted>;
}

/**
 * Events that only Google's own lines show: requests without an instance
 * (https://cloud.google.com/run/docs/troubleshooting), revisions that don't start, instances without memory, and failed
 * calls of Cloud Scheduler (https://cloud.google.com/scheduler/docs/logging). Lines are counted whether they are kept
 * or not.
 */
function ofPlatform({ prefix, producerService, workerService }: Places) {
  const both = linesOf(`("${producerService}" OR "${workerService}")`);
  const enqueuing = [
    linesOf(`"${producerService}"`),
    'log_id("run.googleapis.com/requests")',
    'httpRequest.requestMethod = "POST"',
    'httpRequest.requestUrl =~ "/v1/tasks(/batch)?([?]|$)"',
  ].join(" AND ");
  const failed = '(httpRequest.status >= 500 OR textPayload : "no available instance")';
  return {
    // The caller's errors count as neither good nor bad.
    requests: { name: `${prefix}-requests`, filter: `${enqueuing} AND (httpRequest.status < 400 OR ${failed})` },
    failedRequests: { name: `${prefix}-failed-requests`, filter: `${enqueuing} AND ${failed}` },
    failedRollouts: {
      name: `${prefix}-failed-rollouts`,
      filter:
        `${both} AND log_id("cloudaudit.googleapis.com/system_event") AND severity >= ERROR AND ` +
        'protoPayload.status.message : "Ready condition status changed to False"',
    },
    memoryKills: {
      name: `${prefix}-memory-kills`,
      filter: `${both} AND log_id("run.googleapis.com/varlog/system") AND textPayload : "Memory limit"`,
    },
    failedJobs: {
      name: `${prefix}-failed-jobs`,
      filter: `resource.type = "cloud_scheduler_job" AND resource.labels.job_id =~ "^${prefix}-tick-" AND severity >= ERROR`,
    },
  } as const satisfies Record<string, Counted>;
}

function linesOf(service: string): string {
  return `resource.type = "cloud_run_revision" AND resource.labels.service_name = ${service}`;
}

function messagesOf(service: string, message: string): string {
  return `${linesOf(`"${service}"`)} AND jsonPayload.message = "${message}"`;
}

/** The metrics that Cloud Logging derives from log lines; the services do nothing for them. Returns their names. */
export function createLogMetrics(
  places: Places,
  options: pulumi.CustomResourceOptions,
): Record<MetricName, pulumi.Output<string>> {
  const described = describeLogMetrics(places);
  const make = (counted: Counted) => createMetric(counted, places, options);
  return {
    deliveries: make(described.deliveries),
    delays: make(described.delays),
    completions: make(described.completions),
    ticks: make(described.ticks),
    schedules: make(described.schedules),
    queues: make(described.queues),
    requests: make(described.requests),
    failedRequests: make(described.failedRequests),
    failedRollouts: make(described.failedRollouts),
    memoryKills: make(described.memoryKills),
    failedJobs: make(described.failedJobs),
  };
}

function createMetric(
  { name, filter, labels = [], values }: Counted,
  { prefix }: Places,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { name: created } = new gcp.logging.Metric(
    name.slice(`${prefix}-`.length),
    {
      name,
      filter,
      ...(labels.length > 0 ? { labelExtractors: extractorsOf(labels) } : {}),
      ...(values ? { valueExtractor: `EXTRACT(jsonPayload.${values.field})`, bucketOptions: values.buckets } : {}),
      metricDescriptor: {
        metricKind: "DELTA",
        valueType: values ? "DISTRIBUTION" : "INT64",
        ...(values ? { unit: values.unit } : {}),
        ...(labels.length > 0 ? { labels: describeLabels(labels) } : {}),
      },
    },
    options,
  );
  return created;
}

function extractorsOf(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, `EXTRACT(jsonPayload.${field})`]));
}

function describeLabels(fields: readonly string[]) {
  return fields.map((key) => ({ key, valueType: "STRING" }));
}
