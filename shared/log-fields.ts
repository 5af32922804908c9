/** What log lines say, by names that more than one part goes by: metrics are counted from these lines. */

/** The worker's line for each delivery. */
export const DELIVERY_MESSAGE = "delivery";

/** Fields of that line that metrics read. */
export const DELIVERY_FIELDS = {
  outcome: "outcome",
  taskType: "taskType",
  queue: "queue",
  delayMs: "delayMs",
  tookMs: "tookMs",
} as const;

const TRACE_PARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const SAMPLED_FLAG = 1;

/**
 * Fields by which Cloud Logging joins the lines of one trace, over all services
 * (https://cloud.google.com/logging/docs/structured-logging#special-payload-fields). None without a trace.
 *
 * @param traceparent as in https://www.w3.org/TR/trace-context/.
 */
export function traceFields(traceparent: string | undefined, project: string): Readonly<Record<string, unknown>> {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(traceparent ?? "") ?? [];
  if (!traceId || !spanId || !flags) return {};
  return {
    "logging.googleapis.com/trace": `projects/${project}/traces/${traceId}`,
    "logging.googleapis.com/spanId": spanId,
    "logging.googleapis.com/trace_sampled": (Number.parseInt(flags, 16) & SAMPLED_FLAG) !== 0,
  };
}

/** Labels of a line, by which Cloud Logging finds all lines of one task. */
export function taskLabels(task: { id: string; type: string; queue: string }): Readonly<Record<string, unknown>> {
  return { "logging.googleapis.com/labels": { taskId: task.id, taskType: task.type, queue: task.queue } };
}

/**
 * A request and its answer as Cloud Logging shows them
 * (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest). The URL is a path without its query.
 */
export function httpRequestField(request: { method: string; path: string; status: number; tookMs: number }) {
  return {
    httpRequest: {
      requestMethod: request.method,
      requestUrl: request.path,
      status: request.status,
      latency: `${(request.tookMs / 1_000).toFixed(3)}s`,
    },
  };
}
