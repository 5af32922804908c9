import {
  COUNTED_OUTCOMES,
  createdFilter,
  deliveriesFilter,
  oneOf,
  outcomesFilter,
  queuesFilter,
} from "../../shared/monitoring/counted.ts";
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
  readonly ticks: string;
  readonly schedules: string;
  readonly queues: string;
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
const RESPONSE_CODE = "metric.label.response_code";
/**
 * 401, 403 and 404, as Cloud Run answers what it doesn't let through to the worker
 * (https://cloud.google.com/run/docs/troubleshooting). Google documents this label of Cloud Tasks' metric as a string,
 * but not its values: this accepts numbers, and the names of HTTP and of google.rpc.Code, however they are written.
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

/**
 * The series that the dashboard draws and the alerts watch. Those of Cloud Tasks, Cloud Run and Firestore are Google's
 * own metrics (https://cloud.google.com/monitoring/api/metrics_gcp); those of deliveries are counted from the worker's
 * log.
 */
export function seriesOf(watched: Watched) {
  const queues = queuesFilter(watched.queueNames);
  const services = `resource.type = "cloud_run_revision" AND ${oneOf("resource.label.service_name", [
    watched.producerService,
    watched.workerService,
  ])}`;
  const counted = (outcomes: readonly string[]): Series =>
    sum(outcomesFilter(watched.deliveries, outcomes), [TASK_TYPE]);
  const attempts = `metric.type = "${QUEUE}/task_attempt_count" AND ${queues}`;
  const delays = `metric.type = "${QUEUE}/task_attempt_delays" AND ${queues}`;
  return {
    enqueued: sum(createdFilter(watched.queueNames), [QUEUE_ID]),
    attempts: sum(attempts, [RESPONSE_CODE]),
    turnedAway: sum(`${attempts} AND ${RESPONSE_CODE} = monitoring.regex.full_match("${TURNED_AWAY}")`, [
      QUEUE_ID,
      RESPONSE_CODE,
    ]),
    outcomes: sum(deliveriesFilter(watched.deliveries), [OUTCOME]),
    done: counted(COUNTED_OUTCOMES.done),
    dead: counted(COUNTED_OUTCOMES.dead),
    retried: counted(COUNTED_OUTCOMES.retried),
    refused: sum(outcomesFilter(watched.deliveries, ["unauthenticated", "forbidden"]), [OUTCOME]),
    serverErrors: sum(
      `metric.type = "run.googleapis.com/request_count" AND ${services} AND metric.label.response_code_class = "5xx"`,
      ["resource.label.service_name"],
    ),
    // From each attempt's own time, so that neither backoff nor a time to come counts as delay.
    delayP50: { filter: delays, aligner: "ALIGN_PERCENTILE_50", reducer: "REDUCE_MAX", groupBy: [QUEUE_ID] },
    delayP99: { filter: delays, aligner: "ALIGN_PERCENTILE_99", reducer: "REDUCE_MAX", groupBy: [QUEUE_ID] },
    delayByType: {
      filter: `resource.type = "cloud_run_revision" AND metric.type = "logging.googleapis.com/user/${watched.delays}"`,
      aligner: "ALIGN_PERCENTILE_99",
      reducer: "REDUCE_MAX",
      groupBy: [TASK_TYPE],
    },
    outboxAge: {
      filter: `resource.type = "cloud_run_revision" AND metric.type = "logging.googleapis.com/user/${watched.ticks}"`,
      aligner: "ALIGN_PERCENTILE_99",
      reducer: "REDUCE_MAX",
      groupBy: [],
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

/**
 * A PromQL query that is true while more than half of Cloud Tasks' attempts don't reach the worker. Each attempt is of a
 * task that is due, whatever else is in the queue. Each that reaches the worker is a line in its log, whatever the worker
 * answers. So it doesn't matter who refused the others, or with which code. Some attempts must have been made, or the
 * first one of a quiet hour would count.
 *
 * @param windowS the seconds to count over; long enough to even out the minutes by which the two counts lag.
 */
export function unreachedQuery(
  watched: Pick<Watched, "queueNames" | "deliveries">,
  { windowS, attempts }: { readonly windowS: number; readonly attempts: number },
): string {
  const ofQueues = `{monitored_resource="cloud_tasks_queue", queue_id=~"${watched.queueNames.join("|")}"}`;
  const made = `sum(increase(${promName(`${QUEUE}/task_attempt_count`)}${ofQueues}[${windowS}s]))`;
  const ofWorker = '{monitored_resource="cloud_run_revision"}';
  const metric = promName(`logging.googleapis.com/user/${watched.deliveries}`);
  // A worker that nothing reaches has no series at all.
  const arrived = `(sum(increase(${metric}${ofWorker}[${windowS}s])) or vector(0))`;
  return `${made} > ${attempts} and ${made} > 2 * ${arrived}`;
}

/**
 * A PromQL query that is true while the producer logs no tick.
 *
 * @param windowS the seconds in which there should have been some.
 */
export function tickMissingQuery({ ticks }: Pick<Watched, "ticks">, { windowS }: { readonly windowS: number }): string {
  // How many values a distribution has.
  const metric = `${promName(`logging.googleapis.com/user/${ticks}`)}_count`;
  return `(sum(increase(${metric}{monitored_resource="cloud_run_revision"}[${windowS}s])) or vector(0)) < 1`;
}

/**
 * A PromQL query that is true while the producer finds schedules that are late, and while it logs nothing of schedules: then
 * nobody fires them, and nobody finds that they are late.
 *
 * @param windowS the seconds to look back.
 */
export function lateSchedulesQuery(
  { schedules }: Pick<Watched, "schedules">,
  { windowS }: { readonly windowS: number },
): string {
  const metric = promName(`logging.googleapis.com/user/${schedules}`);
  const ofProducer = `{monitored_resource="cloud_run_revision"}[${windowS}s]`;
  // How many values the distribution has, and what they add up to.
  const looked = `(sum(increase(${metric}_count${ofProducer})) or vector(0)) < 1`;
  return `sum(increase(${metric}_sum${ofProducer})) > 0 or ${looked}`;
}

/**
 * A PromQL query that is true while the producer sees a queue that delivers nothing.
 *
 * @param windowS the seconds to look back: a few ticks.
 */
export function stoppedQueuesQuery(
  { queues }: Pick<Watched, "queues">,
  { windowS }: { readonly windowS: number },
): string {
  const metric = `${promName(`logging.googleapis.com/user/${queues}`)}_sum`;
  return `sum(increase(${metric}{monitored_resource="cloud_run_revision"}[${windowS}s])) > 0`;
}

/** A metric's name in PromQL (https://cloud.google.com/monitoring/promql/promql-mapping). */
function promName(metricType: string): string {
  const [domain = "", ...path] = metricType.split("/");
  return `${domain}:${path.join("/")}`.replaceAll(/[^a-zA-Z0-9:]/g, "_");
}

export type SeriesName = keyof ReturnType<typeof seriesOf>;
