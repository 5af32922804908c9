import {
  ROOT_CONTEXT,
  type Context,
  type SpanContext,
  defaultTextMapGetter,
  defaultTextMapSetter,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

const propagator = new W3CTraceContextPropagator();

/** Sampled and random. The standard requires all other flags to be cleared when a trace is passed on. */
const DEFINED_FLAGS = 0b11;

/** Reads a `traceparent` (https://www.w3.org/TR/trace-context/). Undefined for a malformed one: it is ignored. */
export function readTraceParent(traceparent: string | undefined): SpanContext | undefined {
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter));
}

/** Writes a `traceparent` for the next service; undefined if there is no trace. */
export function writeTraceParent(context: SpanContext): string | undefined {
  const carrier: { traceparent?: string } = {};
  const traceFlags = context.traceFlags & DEFINED_FLAGS;
  propagator.inject(below({ ...context, traceFlags }), carrier, defaultTextMapSetter);
  return carrier.traceparent;
}

/** The context in which a span begins as a child of `parent`, or without one as the root of a new trace. */
export function below(parent: SpanContext | undefined): Context {
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
