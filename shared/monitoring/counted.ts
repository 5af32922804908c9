import { DELIVERY_FIELDS } from "../runtime/log-fields.ts";

/** What deliveries are counted as, and the outcomes in the worker's log that count as it. */
export const COUNTED_OUTCOMES = {
  done: ["done"],
  retried: ["retry", "rescheduled", "saturated", "failed", "unknown-type"],
  dead: ["dead"],
} as const;

/** What is counted each minute: tasks that were put into their queues, and what became of deliveries. */
export type Counted = "enqueued" | keyof typeof COUNTED_OUTCOMES;

/** The name of the log-based metric that counts a stack's deliveries. */
export function deliveriesMetricOf(prefix: string): string {
  return `${prefix}-deliveries`;
}

const OUTCOME = `metric.label.${DELIVERY_FIELDS.outcome}`;

// Filters of Cloud Monitoring (https://cloud.google.com/monitoring/api/v3/filters).

/** The tasks that were created in some queues, by their names in Cloud Tasks: its own count of the calls. */
export function createdFilter(queueNames: readonly string[]): string {
  return (
    `metric.type = "cloudtasks.googleapis.com/api/request_count" AND ${queuesFilter(queueNames)} ` +
    'AND metric.label.api_method = "CreateTask"'
  );
}

/** The series of some queues, by their names in Cloud Tasks. */
export function queuesFilter(queueNames: readonly string[]): string {
  return `resource.type = "cloud_tasks_queue" AND ${oneOf("resource.label.queue_id", queueNames)}`;
}

/** What a metric counts that is made from log lines of a type of resource. */
export function countedOn(resource: "cloud_run_revision" | "cloud_scheduler_job", metric: string): string {
  return `resource.type = "${resource}" AND metric.type = "logging.googleapis.com/user/${metric}"`;
}

/** The deliveries that reached the worker, by the name of the metric that counts them. */
export function deliveriesFilter(metric: string): string {
  return countedOn("cloud_run_revision", metric);
}

/** Those with one of some outcomes. */
export function outcomesFilter(metric: string, outcomes: readonly string[]): string {
  const [only] = outcomes;
  const isOne = outcomes.length === 1 ? `${OUTCOME} = "${only}"` : oneOf(OUTCOME, outcomes);
  return `${deliveriesFilter(metric)} AND ${isOne}`;
}

/** Series whose label has one of some values. */
export function oneOf(label: string, values: readonly string[]): string {
  return `${label} = one_of(${values.map((value) => `"${value}"`).join(", ")})`;
}
