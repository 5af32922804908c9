import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { failPermanently, succeeded } from "../../../services/worker/runner/handler.ts";
import { TASK_RECORDS } from "../../../shared/records/task-record.ts";
import { recordSpans } from "../../harness/tracing/recorded-spans.ts";
import { claimTaskType, scriptedHandler } from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
/** The payload, which must not appear anywhere. */
const CANARY = 735_773_577;
const CREATED_IN = "b7ad6b7169203331";

async function setup() {
  const { tracer, spans } = recordSpans();
  const handler = scriptedHandler(claimTaskType);
  const worker = await setUpWorker(() => [handler], { tracer });
  const task = { ...sealTask(claimTaskType, { n: CANARY }), traceparent: `00-${TRACE_ID}-${CREATED_IN}-01` };
  const lines = (): Record<string, unknown>[] => worker.logged.map((line) => JSON.parse(line));
  return { handler, worker, task, spans, lines };
}

test("a delivery's span is a child of the one that created the task, and has a child for each step", async () => {
  const { handler, worker, task, spans } = await setup();
  handler.steps(() => succeeded());
  await worker.deliver(task);

  const [claim, handle, settle, delivery] = spans();
  expect(spans().map(({ name }) => name)).toEqual(["claim", "handle", "settle", "process default"]);
  expect(delivery?.kind).toBe(SpanKind.CONSUMER);
  expect(delivery?.parentSpanContext).toMatchObject({ traceId: TRACE_ID, spanId: CREATED_IN });
  expect(delivery?.attributes).toEqual({
    "messaging.system": "gcp_cloud_tasks",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": "default",
    "messaging.message.id": task.id,
    "handoff.task_type": "test.claim",
    "handoff.outcome": "done",
    "http.response.status_code": 200,
  });
  for (const step of [claim, handle, settle]) {
    expect(step?.parentSpanContext?.spanId).toBe(delivery?.spanContext().spanId);
  }
});

test("every line about a task carries its labels and the delivery's span", async () => {
  const { handler, worker, task, spans, lines } = await setup();
  handler.steps(() => {
    throw new Error("a bug");
  });
  await worker.deliver(task);

  const delivery = spans().find(({ name }) => name === "process default");
  expect(lines().map(({ message }) => message)).toEqual(["the handler threw", "delivery"]);
  for (const line of lines()) {
    expect(line).toMatchObject({
      "logging.googleapis.com/trace": `projects/handoff-test/traces/${TRACE_ID}`,
      "logging.googleapis.com/spanId": delivery?.spanContext().spanId,
      "logging.googleapis.com/trace_sampled": true,
      "logging.googleapis.com/labels": { taskId: task.id, taskType: "test.claim", queue: "default" },
    });
  }
});

test("a dead task's span is an error, and reveals nothing of its payload", async () => {
  const { handler, worker, task, spans } = await setup();
  handler.steps(() => failPermanently({ code: "no", message: String(CANARY) }));
  await worker.deliver(task);

  const delivery = spans().find(({ name }) => name === "process default");
  expect(delivery?.status).toEqual({ code: SpanStatusCode.ERROR });
  expect(JSON.stringify(spans().map(({ name, attributes, events }) => ({ name, attributes, events })))).not.toContain(
    String(CANARY),
  );
});

test("an unexpected failure of a delivery is an error, and its span ends", async () => {
  const { worker, task, spans } = await setup();
  await worker.db.collection(TASK_RECORDS).doc(task.id).set({ state: "of another form" });
  const answer = await worker.deliver(task);

  expect(answer.status).toBe(500);
  const delivery = spans().find(({ name }) => name === "process default");
  expect(delivery?.status).toEqual({ code: SpanStatusCode.ERROR });
});

test("a refused request creates no span and joins no trace", async () => {
  const { worker, task, spans, lines } = await setup();
  const answer = await worker.deliver(task, { headers: { authorization: "Bearer a.b.c" } });

  expect(answer.status).toBe(401);
  expect(spans()).toEqual([]);
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toHaveProperty(["logging.googleapis.com/trace"]);
});
