import { expect, test } from "vitest";
import { type ReceivedSpan, startOtlpReceiver } from "../harness/tracing/otlp-receiver.ts";
import { producerClient } from "./support/producer-client.ts";
import { startStackProcess } from "./support/stack-process.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const OTHER_TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SERVICES = ["handoff-producer", "handoff-worker"];
const CALLERS_SPAN = "b7ad6b7169203331";
const SENT_AT = "2001-02-03T04:05:06.789Z";
const TASK = { type: "canary.natural", payload: { sentAt: SENT_AT } };

const SENT = { timeout: 60_000, interval: 100 };

/** A stack that exports its spans, and samples this share of the traces that a caller doesn't sample. */
async function setup(ratio: string) {
  const receiver = await startOtlpReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_TRACES_SAMPLER_ARG: ratio,
  };
  const stack = await startStackProcess({ env });
  const producer = producerClient(stack);
  return {
    receiver,
    stack,
    producer,
    /** Enqueues a task within a caller's trace, sampled or not. */
    handOver: async ({ traceId, sampled }: { traceId: string; sampled: boolean }): Promise<string> => {
      const headers = {
        "content-type": "application/json",
        traceparent: `00-${traceId}-${CALLERS_SPAN}-${sampled ? "01" : "00"}`,
      };
      const answer = await fetch(`${producer.base}/v1/tasks`, { method: "POST", headers, body: JSON.stringify(TASK) });
      return (await producer.taskIn(answer)).id;
    },
    /** Resolves when both services have sent the task's spans. */
    sent: async (id: string): Promise<void> => {
      const spansOfTask = () => receiver.spans.filter(({ attributes }) => attributes["messaging.message.id"] === id);
      await expect
        .poll(
          () =>
            spansOfTask()
              .map(({ service }) => service)
              .toSorted(),
          SENT,
        )
        .toEqual(SERVICES);
    },
  };
}

function the(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const [span, ...more] = spans.filter((span) => span.name === name && span.traceId === TRACE_ID);
  if (!span || more.length > 0) throw new Error(`There must be one span ${name} in the caller's trace.`);
  return span;
}

test("a task is one trace from the caller through the producer and the queue to the worker's steps, if the caller samples it", async () => {
  const { receiver, producer, handOver, sent } = await setup("0");
  const unsampled = await handOver({ traceId: OTHER_TRACE_ID, sampled: false });
  await producer.untilState(unsampled, "finished");
  // Spans are sent in order, so once this trace's have arrived, the first one's would have arrived too.
  const id = await handOver({ traceId: TRACE_ID, sampled: true });
  await sent(id);
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
  expect(JSON.stringify(spans)).not.toContain(SENT_AT);
  expect(spans.filter(({ traceId }) => traceId === OTHER_TRACE_ID)).toEqual([]);
});

test("with a ratio of 1, traces that callers don't sample are sampled; an endpoint that refuses spans is reported and blocks nothing", async () => {
  const { receiver, stack, handOver, sent } = await setup("1");
  await sent(await handOver({ traceId: TRACE_ID, sampled: false }));
  expect(receiver.spans.some(({ traceId }) => traceId === TRACE_ID)).toBe(true);
  expect(stack.lines.filter((line) => line.includes("spans could not be sent"))).toEqual([]);

  receiver.respondWith(400);
  await handOver({ traceId: OTHER_TRACE_ID, sampled: true });
  for (const service of ["producer", "worker"]) {
    await stack.line(new RegExp(`${service}.+spans could not be sent`));
  }
  expect(await stack.stop()).toBe(0);
});
