import { DELIVERY_FIELDS } from "../runtime/log-fields.ts";

/** The classes that deliveries are counted in, and the outcomes in the worker's log that belong to each. */
export const COUNTED_OUTCOMES = {
  done: ["done"],
  retried: ["retry", "rescheduled", "saturated", "failed", "unknown-type"],
  dead: ["dead"],
} as const;

/** What is counted each minute: tasks that were put into their queues, and the results of deliveries. */
export type Counted = "enqueued" | keyof typeof COUNTED_OUTCOMES;

/** The name of the log-based metric that counts a stack's deliveries. */
export function deliveriesMetricOf(prefix: string): string {
  return `${prefix}-deliveries`;
}

const OUTCOME = `metric.label.${DELIVERY_FIELDS.outcome}`;

// Filters of Cloud Monitoring (https://cloud.google.com/monitoring/api/v3/filters).

/** The tasks created in these queues (by Cloud Tasks name), from Cloud Tasks' own count of the calls. */
export function createdFilter(queueNames: readonly string[]): string {
  return (
    `metric.type = "cloudtasks.googleapis.com/api/request_count" AND ${queuesFilter(queueNames)} ` +
    'AND metric.label.api_method = "CreateTask"'
  );
}

/** The time series of these queues (by Cloud Tasks name). */
export function queuesFilter(queueNames: readonly string[]): string {
  return `resource.type = "cloud_tasks_queue" AND ${oneOf("resource.label.queue_id", queueNames)}`;
}

/** The counts of a log-based metric for one type of resource. */
export function countedOn(resource: "cloud_run_revision" | "cloud_scheduler_job", metric: string): string {
  return `resource.type = "${resource}" AND metric.type = "logging.googleapis.com/user/${metric}"`;
}

/** The deliveries that reached the worker, from the metric of that name. */
export function deliveriesFilter(metric: string): string {
  return countedOn("cloud_run_revision", metric);
}

/** The deliveries with one of these outcomes. */
export function outcomesFilter(metric: string, outcomes: readonly string[]): string {
  const [only] = outcomes;
  const isOne = outcomes.length === 1 ? `${OUTCOME} = "${only}"` : oneOf(OUTCOME, outcomes);
  return `${deliveriesFilter(metric)} AND ${isOne}`;
}

/** Time series with one of these values in a label. */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label} = one_of(${values.map((value) => `"${value}"`).join(", ")})`;
}
