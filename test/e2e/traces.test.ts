import { expect, test } from "vitest";
import { type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.ts";
import { producerClient } from "./support/producer-client.ts";
import { startStackProcess } from "./support/stack-process.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALLERS_SPAN = "b7ad6b7169203331";
const TASK = { type: "document.publish", payload: { documentId: "traced", version: 1, content: "canary" } };

/** Runs one task through a stack that sends its spans, with a caller's trace that is sampled or not. */
async function traceOneTask(options: { sampled: boolean; ratio?: string; status?: number }) {
  const receiver = await startOtlpReceiver(options);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    ...(options.ratio === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: options.ratio }),
  };
  const stack = await startStackProcess({ env });
  const producer = producerClient(stack);
  const answer = await fetch(`${producer.base}/v1/tasks`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      traceparent: `00-${TRACE_ID}-${CALLERS_SPAN}-${options.sampled ? "01" : "00"}`,
    },
    body: JSON.stringify(TASK),
  });
  const { id } = await producer.taskIn(answer);
  await producer.untilState(id, "finished");
  // What has not been sent yet is sent when the services stop.
  const exitCode = await stack.stop();
  return { id, stack, receiver, exitCode };
}

function the(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const [span, ...more] = spans.filter((span) => span.name === name && span.traceId === TRACE_ID);
  if (!span || more.length > 0) throw new Error(`There must be one span ${name} in the caller's trace.`);
  return span;
}

test("a task is one trace from the caller through the producer and the queue to the worker's steps", async () => {
  const { id, receiver } = await traceOneTask({ sampled: true });
  const { spans } = receiver;

  const request = the(spans, "POST /v1/tasks");
  const create = the(spans, "create bulk");
  const process = the(spans, "process bulk");
  expect(request).toMatchObject({ service: "handoff-producer", parentSpanId: CALLERS_SPAN });
  expect(request.attributes).toMatchObject({ "http.route": "/v1/tasks", "http.response.status_code": 202 });
  expect(create).toMatchObject({ service: "handoff-producer", parentSpanId: request.spanId });
  expect(create.attributes).toMatchObject({ "messaging.message.id": id, "handoff.enqueued": "accepted" });
  expect(process).toMatchObject({ service: "handoff-worker", parentSpanId: create.spanId });
  expect(process.attributes).toMatchObject({ "messaging.message.id": id, "handoff.outcome": "done" });
  for (const step of ["claim", "handle", "settle"]) {
    expect(the(spans, step)).toMatchObject({ service: "handoff-worker", parentSpanId: process.spanId });
  }
  expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(new Set(["/v1/traces"]));
  expect(JSON.stringify(spans)).not.toContain("canary");
});

test("what the caller does not sample is sampled by our own ratio", async () => {
  const { receiver } = await traceOneTask({ sampled: false, ratio: "0" });
  expect(receiver.spans.filter(({ traceId }) => traceId === TRACE_ID)).toEqual([]);

  const all = await traceOneTask({ sampled: false, ratio: "1" });
  expect(the(all.receiver.spans, "process bulk").service).toBe("handoff-worker");
});

test("an endpoint that refuses spans is told of in the log and holds nothing up", async () => {
  const { stack, exitCode } = await traceOneTask({ sampled: true, status: 400 });

  expect(exitCode).toBe(0);
  for (const service of ["producer", "worker"]) {
    expect(stack.lines.some((line) => line.includes(service) && line.includes("spans could not be sent"))).toBe(true);
  }
});
