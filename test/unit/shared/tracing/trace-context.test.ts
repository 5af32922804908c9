import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { below, readTraceParent, writeTraceParent } from "../../../../shared/tracing/trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

test.each(["00", "01", "03"])("a trace context with flags %s is written as it was read", (flags) => {
  const text = `00-${TRACE}-${SPAN}-${flags}`;
  const context = readTraceParent(text);
  expect(context).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
  expect(context && writeTraceParent(context)).toBe(text);
});

test("flags that the standard doesn't define are read, and cleared when the trace is passed on", () => {
  const context = readTraceParent(`00-${TRACE}-${SPAN}-ff`);
  expect(context?.traceFlags).toBe(0xff);
  expect(context && writeTraceParent(context)).toBe(`00-${TRACE}-${SPAN}-03`);
});

test("the known part of a later version's trace context is read", () => {
  expect(readTraceParent(`01-${TRACE}-${SPAN}-01-more`)).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags: 1 });
});

test.each([
  ["missing", undefined],
  ["empty", ""],
  ["in upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ["of the invalid version", `ff-${TRACE}-${SPAN}-01`],
  ["without a trace", `00-${"0".repeat(32)}-${SPAN}-01`],
  ["without a parent", `00-${TRACE}-${"0".repeat(16)}-01`],
  ["cut short", `00-${TRACE}-${SPAN}`],
  ["longer than its version allows", `00-${TRACE}-${SPAN}-01-more`],
  ["sent twice", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
])("a trace context that is %s is ignored", (_, text) => {
  expect(readTraceParent(text)).toBeUndefined();
});

test("an invalid trace is not written", () => {
  expect(writeTraceParent({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 })).toBeUndefined();
});

test("a span is a child of its parent, or starts a trace of its own", () => {
  const parent = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
  expect(trace.getSpanContext(below(parent))).toEqual(parent);
  expect(below(undefined)).toBe(ROOT_CONTEXT);
});
