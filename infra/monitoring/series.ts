import { DELIVERY_FIELDS } from "../../shared/runtime/log-fields.ts";

/** The names that appear in queries. */
export interface Watched {
  readonly producerService: string;
  readonly workerService: string;
  /** The queues' names in Cloud Tasks. */
  readonly queueNames: readonly string[];
  readonly databaseId: string;
  /** The log-based metrics' names. */
  readonly deliveries: string;
  readonly delays: string;
}

/**
 * A Cloud Monitoring filter (https://cloud.google.com/monitoring/api/v3/filters), with how to align and aggregate it.
 */
export interface Series {
  readonly filter: string;
  readonly aligner: string;
  readonly reducer: string;
  readonly groupBy: readonly string[];
}

const QUEUE = "cloudtasks.googleapis.com/queue";
const QUEUE_ID = "resource.label.queue_id";
const OUTCOME = `metric.label.${DELIVERY_FIELDS.outcome}`;
const TASK_TYPE = `metric.label.${DELIVERY_FIELDS.taskType}`;

const sum = (filter: string, groupBy: readonly string[] = []): Series => ({
  filter,
  aligner: "ALIGN_DELTA",
  reducer: "REDUCE_SUM",
  groupBy,
});

/**
 * The series that the dashboard draws and the alerts watch. Those of Cloud Tasks, Cloud Run and Firestore are Google's
 * own metrics (https://cloud.google.com/monitoring/api/metrics_gcp); those of deliveries are counted from the worker's
 * log.
 */
export function seriesOf(watched: Watched) {
  const queues = `resource.type = "cloud_tasks_queue" AND ${oneOf(QUEUE_ID, watched.queueNames)}`;
  const services = `resource.type = "cloud_run_revision" AND ${oneOf("resource.label.service_name", [
    watched.producerService,
    watched.workerService,
  ])}`;
  const deliveries = `resource.type = "cloud_run_revision" AND metric.type = "logging.googleapis.com/user/${watched.deliveries}"`;
  const delays = `metric.type = "${QUEUE}/task_attempt_delays" AND ${queues}`;
  return {
    enqueued: sum(
      `metric.type = "cloudtasks.googleapis.com/api/request_count" AND ${queues} AND metric.label.api_method = "CreateTask"`,
      [QUEUE_ID],
    ),
    outcomes: sum(deliveries, [OUTCOME]),
    done: sum(`${deliveries} AND ${OUTCOME} = "done"`, [TASK_TYPE]),
    dead: sum(`${deliveries} AND ${OUTCOME} = "dead"`, [TASK_TYPE]),
    retried: sum(`${deliveries} AND ${oneOf(OUTCOME, ["retry", "saturated", "failed", "unknown-type"])}`, [TASK_TYPE]),
    refused: sum(`${deliveries} AND ${oneOf(OUTCOME, ["unauthenticated", "forbidden"])}`, [OUTCOME]),
    serverErrors: sum(
      `metric.type = "run.googleapis.com/request_count" AND ${services} AND metric.label.response_code_class = "5xx"`,
      ["resource.label.service_name"],
    ),
    delayP50: { filter: delays, aligner: "ALIGN_PERCENTILE_50", reducer: "REDUCE_MAX", groupBy: [QUEUE_ID] },
    delayP99: { filter: delays, aligner: "ALIGN_PERCENTILE_99", reducer: "REDUCE_MAX", groupBy: [QUEUE_ID] },
    delayByType: {
      filter: `resource.type = "cloud_run_revision" AND metric.type = "logging.googleapis.com/user/${watched.delays}"`,
      aligner: "ALIGN_PERCENTILE_99",
      reducer: "REDUCE_MAX",
      groupBy: [TASK_TYPE],
    },
    depth: {
      filter: `metric.type = "${QUEUE}/depth" AND ${queues}`,
      aligner: "ALIGN_MIN",
      reducer: "REDUCE_SUM",
      groupBy: [QUEUE_ID],
    },
    instances: {
      filter: `metric.type = "run.googleapis.com/container/instance_count" AND ${services}`,
      aligner: "ALIGN_MAX",
      reducer: "REDUCE_SUM",
      groupBy: ["resource.label.service_name"],
    },
    contention: sum(
      `metric.type = "firestore.googleapis.com/api/request_count" AND resource.type = "firestore.googleapis.com/Database" ` +
        `AND resource.label.database_id = "${watched.databaseId}" AND metric.label.response_code = "ABORTED"`,
      ["metric.label.api_method"],
    ),
  } as const satisfies Record<string, Series>;
}

export type SeriesName = keyof ReturnType<typeof seriesOf>;

function oneOf(label: string, values: readonly string[]): string {
  return `${label} = one_of(${values.map((value) => `"${value}"`).join(", ")})`;
}
