import { expect, test } from "vitest";
import * as z from "zod";
import { describeLogMetrics } from "../../../infra/monitoring/log-metrics.ts";
import { succeeded } from "../../../services/worker/runner/handler.ts";
import { deliveriesMetricOf } from "../../../shared/monitoring/counted.ts";
import { setUpProducer } from "../../harness/producer/producer-harness.ts";
import { claimTaskType, scriptedHandler } from "../../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../../harness/worker/worker-harness.ts";

const METRICS = describeLogMetrics({
  prefix: "p",
  workerService: "p-worker",
  producerService: "p-producer",
  completionSeconds: 45,
});

const lineSchema = z.array(z.record(z.string(), z.unknown()));

/** The lines that a metric's filter is about. */
const counted = (logged: readonly string[], { filter }: { readonly filter: string }) =>
  lineSchema
    .parse(logged.map((line) => JSON.parse(line)))
    .filter(({ message }) => filter.includes(`jsonPayload.message = "${String(message)}"`));

test("the metrics read fields that the worker's own log line has", async () => {
  const handler = scriptedHandler(claimTaskType);
  handler.steps(() => succeeded());
  const worker = await setUpWorker(() => [handler]);
  const dueS = worker.clock.now() / 1_000 - 2;
  await worker.deliver(sealTask(claimTaskType, { n: 1 }), { headers: { "x-cloudtasks-tasketa": dueS.toFixed(6) } });

  const { deliveries, delays, completions } = METRICS;
  const lines = counted(worker.logged, deliveries);
  expect(lines).toMatchObject([
    { outcome: "done", taskType: "test.claim", queue: "default", delayMs: 2_000, sinceDueMs: 2_000 },
  ]);
  for (const field of [...deliveries.labels, ...delays.labels, delays.values.field, completions.values.field])
    expect(lines[0]).toHaveProperty(field);
});

test.each(["ticks", "schedules"] as const)(
  "the metric of %s reads a field that the producer's own log line has",
  async (name) => {
    const producer = await setUpProducer();
    await producer.send("/v1/tick", { method: "POST" });

    const metric = METRICS[name];
    expect(counted(producer.logged, metric)).toMatchObject([{ [metric.values.field]: 0 }]);
  },
);

test("the metric of queues reads a field that the producer's own log line has", async () => {
  const producer = await setUpProducer();
  await producer.send("/v1/tick", { method: "POST" });

  expect(counted(producer.logged, METRICS.queues)).toMatchObject([{ [METRICS.queues.values.field]: 3 }]);
});

test("what the objective calls in time is a bound, so that it counts exactly", () => {
  expect(METRICS.completions.values.buckets).toMatchObject({
    explicitBuckets: { bounds: expect.arrayContaining([30_000, 45_000, 60_000]) },
  });
});

test("the producer and the dashboard read the metric that is made", () => {
  expect(METRICS.deliveries.name).toBe(deliveriesMetricOf("p"));
});

/** What Cloud Run's request log has of some requests (https://cloud.google.com/run/docs/logging). */
const REQUESTS: readonly (readonly [method: string, url: string, status: number, text: string, counts: string])[] = [
  ["POST", "https://p.run.app/v1/tasks", 202, "", "good"],
  ["POST", "https://p.run.app/v1/tasks/batch", 200, "", "good"],
  ["POST", "https://p.run.app/v1/tasks?a=b", 503, "", "bad"],
  [
    "POST",
    "https://p.run.app/v1/tasks",
    429,
    "The request was aborted because there was no available instance.",
    "bad",
  ],
  ["POST", "https://p.run.app/v1/tasks", 429, "", "neither"],
  ["POST", "https://p.run.app/v1/tasks", 400, "", "neither"],
  ["POST", "https://p.run.app/v1/tasks/id/run", 503, "", "neither"],
  ["POST", "https://p.run.app/v1/tick", 503, "", "neither"],
  ["GET", "https://p.run.app/v1/tasks", 503, "", "neither"],
];

test.each(REQUESTS)("%s %s with %i and %j counts as it should: %5$s", (method, url, status, text, counts) => {
  const [, pattern = ""] = /requestUrl =~ "([^"]+)"/.exec(METRICS.requests.filter) ?? [];
  expect(METRICS.failedRequests.filter).toContain(`requestUrl =~ "${pattern}"`);
  expect(METRICS.requests.filter).toContain('httpRequest.requestMethod = "POST"');
  const isAsked = method === "POST" && new RegExp(pattern).test(url);
  const isBad = status >= 500 || text.includes("no available instance");
  const isGood = status < 400;

  expect(METRICS.failedRequests.filter).toContain(
    '(httpRequest.status >= 500 OR textPayload : "no available instance")',
  );
  expect(METRICS.requests.filter).toContain("AND (httpRequest.status < 400 OR (");
  expect(isAsked && isBad ? "bad" : isAsked && isGood ? "good" : "neither").toBe(counts);
});
