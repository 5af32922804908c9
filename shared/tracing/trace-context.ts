import { ROOT_CONTEXT, type Context, type SpanContext, isSpanContextValid, trace } from "@opentelemetry/api";

const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const VERSION = "00";

/** Reads a trace context (https://www.w3.org/TR/trace-context/). One that has not the right form is to be ignored. */
export function readTraceParent(text: string | undefined): SpanContext | undefined {
  const [, traceId = "", spanId = "", flags = ""] = TRACE_PARENT.exec(text ?? "") ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

/** Writes a trace context for whoever carries the trace on; undefined where there is no trace. */
export function writeTraceParent(context: SpanContext): string | undefined {
  if (!isSpanContextValid(context)) return undefined;
  const flags = context.traceFlags.toString(16).padStart(2, "0");
  return `${VERSION}-${context.traceId}-${context.spanId}-${flags}`;
}

/** The context below which a span begins: a parent's, or a trace of its own. */
export function below(parent: SpanContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
