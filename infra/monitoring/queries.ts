import { DELIVERY_FIELDS } from "../../shared/runtime/log-fields.ts";
import { QUEUE, type Watched } from "./series.ts";

/**
 * A PromQL query that is true while more than half of Cloud Tasks' attempts don't reach the worker. Attempts are only
 * made for tasks that are due, whatever else is in the queue. Each one that reaches the worker is a line in its log,
 * whatever the response. So it doesn't matter who refused the others, or with which code. There must be a few attempts,
 * or the first one in a quiet hour would count.
 *
 * @param windowS the seconds to count over; much longer than the minutes by which the two counts lag.
 */
export function unreachedQuery(
  watched: Pick<Watched, "queueNames" | "deliveries">,
  { windowS, attempts }: { readonly windowS: number; readonly attempts: number },
): string {
  const ofQueues = `{monitored_resource="cloud_tasks_queue", queue_id=~"${watched.queueNames.join("|")}"}`;
  const made = `sum(increase(${promName(`${QUEUE}/task_attempt_count`)}${ofQueues}[${windowS}s]))`;
  const ofWorker = '{monitored_resource="cloud_run_revision"}';
  const metric = promName(`logging.googleapis.com/user/${watched.deliveries}`);
  // If nothing reaches the worker, it has no series at all.
  const arrived = `(sum(increase(${metric}${ofWorker}[${windowS}s])) or vector(0))`;
  return `${made} > ${attempts} and ${made} > 2 * ${arrived}`;
}

/**
 * A PromQL query that is true while the producer logs no tick.
 *
 * @param windowS the seconds in which there should have been a tick.
 */
export function tickMissingQuery({ ticks }: Pick<Watched, "ticks">, { windowS }: { readonly windowS: number }): string {
  // How many values a distribution has.
  const metric = `${promName(`logging.googleapis.com/user/${ticks}`)}_count`;
  return `(sum(increase(${metric}{monitored_resource="cloud_run_revision"}[${windowS}s])) or vector(0)) < 1`;
}

/**
 * A PromQL query that is true while the producer finds late schedules, or logs nothing about schedules: then nothing
 * fires them or notices that they are late.
 *
 * @param windowS the seconds to look back.
 */
export function lateSchedulesQuery(
  { schedules }: Pick<Watched, "schedules">,
  { windowS }: { readonly windowS: number },
): string {
  const metric = promName(`logging.googleapis.com/user/${schedules}`);
  const ofProducer = `{monitored_resource="cloud_run_revision"}[${windowS}s]`;
  // The number of values in the distribution, and their sum.
  const looked = `(sum(increase(${metric}_count${ofProducer})) or vector(0)) < 1`;
  return `sum(increase(${metric}_sum${ofProducer})) > 0 or ${looked}`;
}

/**
 * A PromQL query that is true while the producer finds a queue that delivers nothing.
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

/**
 * A PromQL query that is true while no task of a type is done, although a schedule enqueues it regularly.
 *
 * @param windowS the seconds in which there should have been one.
 */
export function canaryMissingQuery(
  { deliveries }: Pick<Watched, "deliveries">,
  { type, windowS }: { readonly type: string; readonly windowS: number },
): string {
  const metric = promName(`logging.googleapis.com/user/${deliveries}`);
  const { outcome, taskType } = DELIVERY_FIELDS;
  const of = `{monitored_resource="cloud_run_revision", ${taskType}="${type}", ${outcome}="done"}`;
  return `(sum(increase(${metric}${of}[${windowS}s])) or vector(0)) < 1`;
}

/** A metric's name in PromQL (https://cloud.google.com/monitoring/promql/promql-mapping). */
function promName(metricType: string): string {
  const [domain = "", ...path] = metricType.split("/");
  return `${domain}:${path.join("/")}`.replaceAll(/[^a-zA-Z0-9:]/g, "_");
}
