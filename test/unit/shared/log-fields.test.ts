import { expect, test } from "vitest";
import { httpRequestField, traceFields } from "../../../shared/log-fields.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

test.each([
  ["01", true],
  ["00", false],
  ["03", true],
  ["02", false],
])("a trace context with flags %s is told in Cloud Logging's fields, sampled: %s", (flags, sampled) => {
  expect(traceFields(`00-${TRACE}-${SPAN}-${flags}`, "a-project")).toEqual({
    "logging.googleapis.com/trace": `projects/a-project/traces/${TRACE}`,
    "logging.googleapis.com/spanId": SPAN,
    "logging.googleapis.com/trace_sampled": sampled,
  });
});

test.each([undefined, "", "nonsense", `00-${TRACE}-${SPAN}`, `00-${TRACE.toUpperCase()}-${SPAN}-01`])(
  "%s is no trace context, and no field is made of it",
  (traceparent) => {
    expect(traceFields(traceparent, "a-project")).toEqual({});
  },
);

test("a request's latency is in seconds, to the millisecond", () => {
  expect(httpRequestField({ method: "POST", path: "/v1/tasks", status: 202, tookMs: 1_234 })).toEqual({
    httpRequest: { requestMethod: "POST", requestUrl: "/v1/tasks", status: 202, latency: "1.234s" },
  });
});
