import {
  COUNTED_OUTCOMES,
  countedOn,
  createdFilter,
  deliveriesFilter,
  oneOf,
  outcomesFilter,
  queuesFilter,
} from "../../shared/monitoring/counted.ts";
import { DELIVERY_FIELDS } from "../../shared/runtime/log-fields.ts";
import type { MetricName } from "./log-metrics.ts";
import type { ObjectiveName } from "./slos.ts";

/** The names that appear in queries. */
export interface Watched extends Readonly<Record<MetricName, string>> {
  readonly producerService: string;
  readonly workerService: string;
  /** The queues' names in Cloud Tasks. */
  readonly queueNames: readonly string[];
  readonly databaseId: string;
  /** The full names of the objectives. */
  readonly objectives: Readonly<Record<ObjectiveName, string>>;
}

/**
 * A Cloud Monitoring filter (https://cloud.google.com/monitoring/api/v3/filters), with its alignment and aggregation.
 */
export interface Series {
  readonly filter: string;
  readonly aligner: string;
  readonly reducer: string;
  readonly groupBy: readonly string[];
}

/** The prefix of Cloud Tasks' queue metrics. */
export const QUEUE = "cloudtasks.googleapis.com/queue";
const SERVICE_NAME = "resource.label.service_name";
const QUEUE_ID = "resource.label.queue_id";
const RESPONSE_CODE = "metric.label.response_code";
/**
 * 401, 403 and 404: Cloud Run's responses to requests that it doesn't pass to the worker
 * (https://cloud.google.com/run/docs/troubleshooting). Google documents this label of Cloud Tasks' metric as a string,
 * but not its values. This matches numbers, and the names in HTTP and google.rpc.Code, in any spelling.
 */
const TURNED_AWAY = "(?i)40[134]|unauth(enticated|orized)|permission.?denied|forbidden|not.?found";
const OUTCOME = `metric.label.${DELIVERY_FIELDS.outcome}`;
const TASK_TYPE = `metric.label.${DELIVERY_FIELDS.taskType}`;

const sum = (filter: string, groupBy: readonly string[] = []): Series => ({
  filter,
  aligner: "ALIGN_DELTA",
  reducer: "REDUCE_SUM",
  groupBy,
});

/** The 99th percentile of a distribution. */
const highest = (filter: string, groupBy: readonly string[] = []): Series => ({
  filter,
  aligner: "ALIGN_PERCENTILE_99",
  reducer: "REDUCE_MAX",
  groupBy,
});

/**
 * The series that the dashboard draws and the alerts watch. Those of Cloud Tasks, Cloud Run and Firestore are Google's
 * own metrics (https://cloud.google.com/monitoring/api/metrics_gcp); those of deliveries are counted from the worker's
 * log.
 */
export function seriesOf(watched: Watched) {
  return { ...ofQueues(watched), ...ofDeliveries(watched), ...ofTicks(watched), ...ofServices(watched) };
}

export type SeriesName = keyof ReturnType<typeof seriesOf>;

function ofQueues({ queueNames }: Watched) {
  const queues = queuesFilter(queueNames);
  const attempts = `metric.type = "${QUEUE}/task_attempt_count" AND ${queues}`;
  const delays = `metric.type = "${QUEUE}/task_attempt_delays" AND ${queues}`;
  const isTurnedAway = `${RESPONSE_CODE} = monitoring.regex.full_match("${TURNED_AWAY}")`;
  return {
    enqueued: sum(createdFilter(queueNames), [QUEUE_ID]),
    attempts: sum(attempts, [RESPONSE_CODE]),
    turnedAway: sum(`${attempts} AND ${isTurnedAway}`, [QUEUE_ID, RESPONSE_CODE]),
    // Measured from each attempt's own due time, so that neither backoff nor a schedule time counts as delay.
    delayP50: { filter: delays, aligner: "ALIGN_PERCENTILE_50", reducer: "REDUCE_MAX", groupBy: [QUEUE_ID] },
    delayP99: highest(delays, [QUEUE_ID]),
    depth: {
      filter: `metric.type = "${QUEUE}/depth" AND ${queues}`,
      aligner: "ALIGN_MIN",
      reducer: "REDUCE_SUM",
      groupBy: [QUEUE_ID],
    },
  } as const satisfies Record<string, Series>;
}

function ofDeliveries({ deliveries, delays, completions }: Watched) {
  const counted = (outcomes: readonly string[]): Series => sum(outcomesFilter(deliveries, outcomes), [TASK_TYPE]);
  return {
    outcomes: sum(deliveriesFilter(deliveries), [OUTCOME]),
    done: counted(COUNTED_OUTCOMES.done),
    dead: counted(COUNTED_OUTCOMES.dead),
    retried: counted(COUNTED_OUTCOMES.retried),
    refused: sum(outcomesFilter(deliveries, ["unauthenticated", "forbidden"]), [OUTCOME]),
    delayByType: highest(countedOn("cloud_run_revision", delays), [TASK_TYPE]),
    completionP99: highest(countedOn("cloud_run_revision", completions)),
  } as const satisfies Record<string, Series>;
}

function ofTicks({ ticks, failedJobs }: Watched) {
  return {
    outboxAge: highest(countedOn("cloud_run_revision", ticks)),
    failedJobs: sum(countedOn("cloud_scheduler_job", failedJobs)),
  } as const satisfies Record<string, Series>;
}

function ofServices({ producerService, workerService, databaseId, ...metrics }: Watched) {
  const services = `resource.type = "cloud_run_revision" AND ${oneOf(SERVICE_NAME, [producerService, workerService])}`;
  const counted = (metric: string): Series => sum(countedOn("cloud_run_revision", metric));
  return {
    requests: counted(metrics.requests),
    failedRequests: counted(metrics.failedRequests),
    failedRollouts: counted(metrics.failedRollouts),
    memoryKills: counted(metrics.memoryKills),
    serverErrors: sum(
      `metric.type = "run.googleapis.com/request_count" AND ${services} AND metric.label.response_code_class = "5xx"`,
      [SERVICE_NAME],
    ),
    instances: {
      filter: `metric.type = "run.googleapis.com/container/instance_count" AND ${services}`,
      aligner: "ALIGN_MAX",
      reducer: "REDUCE_SUM",
      groupBy: [SERVICE_NAME],
    },
    memory: highest(`metric.type = "run.googleapis.com/container/memory/utilizations" AND ${services}`, [SERVICE_NAME]),
    contention: sum(
      `metric.type = "firestore.googleapis.com/api/request_count" AND resource.type = "firestore.googleapis.com/Database" ` +
        `AND resource.label.database_id = "${databaseId}" AND metric.label.response_code = "ABORTED"`,
      ["metric.label.api_method"],
    ),
  } as const satisfies Record<string, Series>;
}
