import { type SpanContext, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { below, writeTraceParent } from "../../../shared/tracing/trace-context.ts";
import { type Enqueued, enqueue } from "./enqueue.ts";
import type { NewTask } from "./new-task.ts";
import type { Producer } from "../producer.ts";

/**
 * Enqueues a task within a span that follows the messaging conventions
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/). The task carries the span's context, so that
 * every delivery belongs to the caller's trace.
 *
 * @param parent the span of the request.
 * @throws DependencyError as `enqueue` does.
 */
export async function enqueueInSpan(
  task: Omit<NewTask, "traceparent">,
  parent: SpanContext | undefined,
  on: { readonly producer: Producer; readonly signal: AbortSignal },
): Promise<Enqueued> {
  const { type, queue } = task.taskType;
  const attributes = {
    "messaging.system": "gcp_cloud_tasks",
    "messaging.operation.name": "create",
    "messaging.operation.type": "create",
    "messaging.destination.name": queue,
    "handoff.task_type": type,
  };
  const span = on.producer.tracer.startSpan(`create ${queue}`, { kind: SpanKind.PRODUCER, attributes }, below(parent));
  const traceparent = writeTraceParent(span.spanContext());
  try {
    const traced = traceparent === undefined ? task : { ...task, traceparent };
    const enqueued = await enqueue(traced, on.producer, on.signal);
    span.setAttribute("handoff.enqueued", enqueued.kind);
    if ("task" in enqueued) span.setAttribute("messaging.message.id", enqueued.task.id);
    return enqueued;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
