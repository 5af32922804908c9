import { type SpanContext, TraceFlags, isSpanContextValid } from "@opentelemetry/api";
import { type TaskId, queueOf } from "../contract/task-id.ts";

// Names that log lines share with the metrics that count them.

/** The message of the worker's single line per delivery. */
export const DELIVERY_MESSAGE = "delivery";

/** The fields of that line that metrics read. */
export const DELIVERY_FIELDS = {
  outcome: "outcome",
  taskType: "taskType",
  queue: "queue",
  delayMs: "delayMs",
  tookMs: "tookMs",
  sinceDueMs: "sinceDueMs",
} as const;

/** The messages of the producer's three lines per tick: about the outbox, about schedules, and about queues. */
export const TICK_MESSAGE = "tick";
export const SCHEDULES_MESSAGE = "schedules";
export const QUEUES_MESSAGE = "queues";

/**
 * The fields of those lines that metrics read: how many schedules are late, how many queues deliver nothing, and the
 * age of the oldest outbox entry, in milliseconds; 0 if there is none.
 */
export const LATE_SCHEDULES = "late";
export const STOPPED_QUEUES = "stopped";
export const OLDEST_ENTRY_AGE_MS = "oldestEntryAgeMs";

/**
 * Fields that Cloud Logging uses to group the lines of one trace across all services
 * (https://cloud.google.com/logging/docs/structured-logging#special-payload-fields). Empty without a trace.
 */
export function traceFields(context: SpanContext | undefined, project: string): Readonly<Record<string, unknown>> {
  if (!context || !isSpanContextValid(context)) return {};
  return {
    "logging.googleapis.com/trace": `projects/${project}/traces/${context.traceId}`,
    "logging.googleapis.com/spanId": context.spanId,
    "logging.googleapis.com/trace_sampled": (context.traceFlags & TraceFlags.SAMPLED) !== 0,
  };
}

/** Who sent a request, and the account that sent it for them, if there is one. Empty if the caller is unknown. */
export function callerFields(caller?: { readonly email: string; readonly through?: string | undefined }) {
  if (caller === undefined) return {};
  const { email, through } = caller;
  return { caller: email, ...(through === undefined ? {} : { through }) };
}

/** Labels that Cloud Logging uses to find all lines of one task. */
export function taskLabels(task: { id: TaskId; type?: string }): Readonly<Record<string, unknown>> {
  const { id, type } = task;
  const labels = { taskId: id, ...(type === undefined ? {} : { taskType: type }), queue: queueOf(id) };
  return { "logging.googleapis.com/labels": labels };
}

/**
 * A request and its response as Cloud Logging shows them
 * (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest). `path` must not include the query.
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
