import { expect, test } from "vitest";
import { httpRequestField, traceFields } from "../../../../shared/runtime/log-fields.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

test.each([
  [1, true],
  [0, false],
  [3, true],
  [2, false],
])("a trace context with flags %i becomes Cloud Logging's fields, sampled: %s", (traceFlags, sampled) => {
  expect(traceFields({ traceId: TRACE, spanId: SPAN, traceFlags }, "a-project")).toEqual({
    "logging.googleapis.com/trace": `projects/a-project/traces/${TRACE}`,
    "logging.googleapis.com/spanId": SPAN,
    "logging.googleapis.com/trace_sampled": sampled,
  });
});

test.each([undefined, { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 1 }])(
  "no trace makes no fields",
  (context) => {
    expect(traceFields(context, "a-project")).toEqual({});
  },
);

test("a request's latency is in seconds, to the millisecond", () => {
  expect(httpRequestField({ method: "POST", path: "/v1/tasks", status: 202, tookMs: 1_234 })).toEqual({
    httpRequest: { requestMethod: "POST", requestUrl: "/v1/tasks", status: 202, latency: "1.234s" },
  });
});
