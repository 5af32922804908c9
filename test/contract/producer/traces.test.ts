import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { CLAIMED, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { recordSpans } from "../../harness/tracing/recorded-spans.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

async function setup() {
  const { tracer, spans } = recordSpans();
  return { producer: await setUpProducer({ tracer }), spans };
}

test("a task carries the context of the span that created it, as a child of the caller's", async () => {
  const { producer, spans } = await setup();
  const { body } = await producer.post(JSON.stringify(CLAIMED), { traceparent: TRACEPARENT });

  const [create, request] = spans();
  const [task] = await producer.queuedTasks("default");
  const { traceparent } = JSON.parse(String(task?.httpRequest?.body));
  expect(traceparent).toBe(`00-${TRACE_ID}-${create?.spanContext().spanId}-01`);
  expect(create).toMatchObject({ name: "create default", kind: SpanKind.PRODUCER });
  expect(create?.attributes).toMatchObject({ "messaging.message.id": body.id, "handoff.enqueued": "accepted" });
  expect(request).toMatchObject({ name: "POST /v1/tasks", kind: SpanKind.SERVER });
  expect(request?.parentSpanContext?.spanId).toBe("b7ad6b7169203331");
});

test("a task without a caller's trace starts one", async () => {
  const { producer, spans } = await setup();
  await producer.enqueue(CLAIMED);

  const [create] = spans();
  const [task] = await producer.queuedTasks("default");
  expect(JSON.parse(String(task?.httpRequest?.body)).traceparent).toContain(create?.spanContext().traceId);
});

test("a span's status is an error for a 500 but not for a 400, and its name is the route", async () => {
  const { producer, spans } = await setup();
  await producer.enqueue({});
  await producer.send("/v1/tasks/canary");
  void producer.tasksProxy.inject({
    rpc: "CreateTask",
    when: "before-effect",
    answer: { status: status.PERMISSION_DENIED },
  });
  await producer.enqueue(CLAIMED);

  expect(spans().map((span) => [span.name, span.status.code])).toEqual([
    ["POST /v1/tasks", SpanStatusCode.UNSET],
    ["GET /v1/tasks/:id", SpanStatusCode.UNSET],
    ["create default", SpanStatusCode.ERROR],
    ["POST /v1/tasks", SpanStatusCode.ERROR],
  ]);
});

test("probes create no spans", async () => {
  const { producer, spans } = await setup();
  await producer.send("/live");
  expect(spans()).toEqual([]);
});
