import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ALERTS } from "../../infra/monitoring/alerts.ts";
import { describeDashboard } from "../../infra/monitoring/dashboard.ts";
import { describeLogMetrics } from "../../infra/monitoring/log-metrics.ts";
import {
  type Series,
  lateSchedulesQuery,
  seriesOf,
  stoppedQueuesQuery,
  tickMissingQuery,
  unreachedQuery,
} from "../../infra/monitoring/series.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { respond } from "../../services/worker/outcome.ts";
import { succeeded } from "../../services/worker/runner/handler.ts";
import { claimTaskType, scriptedHandler } from "../harness/worker/scripted-handler.ts";
import { ofType, runFixture, the } from "./support/graph.ts";
import { setUpProducer } from "../harness/producer/producer-harness.ts";
import { sealTask, setUpWorker } from "../harness/worker/worker-harness.ts";

const WATCHED = {
  producerService: "p-producer",
  workerService: "p-worker",
  queueNames: ["p-critical-1", "p-bulk-1"],
  databaseId: "p",
  deliveries: "p-deliveries",
  delays: "p-delivery-delays",
  ticks: "p-ticks",
  schedules: "p-schedules",
  queues: "p-queues",
};

const dashboardSchema = z.object({
  mosaicLayout: z.object({
    columns: z.number(),
    tiles: z.array(
      z.object({
        xPos: z.number().positive().default(0),
        yPos: z.number().positive().default(0),
        width: z.number(),
        height: z.number(),
        widget: z.object({
          title: z.string().min(1),
          xyChart: z.object({
            dataSets: z.array(
              z.object({
                timeSeriesQuery: z.object({
                  timeSeriesFilter: z.object({
                    filter: z.string(),
                    aggregation: z.object({ perSeriesAligner: z.string() }),
                  }),
                }),
              }),
            ),
            thresholds: z
              .array(z.object({ value: z.number().positive() }))
              .nonempty()
              .default([]),
          }),
        }),
      }),
    ),
  }),
});
const { mosaicLayout } = dashboardSchema.parse(describeDashboard("Handoff", WATCHED));

test("the metrics read fields that the worker's own log line has", async () => {
  const handler = scriptedHandler(claimTaskType);
  handler.steps(() => succeeded());
  const worker = await setUpWorker(() => [handler]);
  const dueS = worker.clock.now() / 1_000 - 2;
  await worker.deliver(sealTask(claimTaskType, { n: 1 }), { headers: { "x-cloudtasks-tasketa": dueS.toFixed(6) } });

  const lines = z.array(z.record(z.string(), z.unknown())).parse(worker.logged.map((line) => JSON.parse(line)));
  const { deliveries, delays } = describeLogMetrics({ workerService: "p-worker", producerService: "p-producer" });
  const counted = lines.filter(({ message }) =>
    deliveries.filter.includes(`jsonPayload.message = "${String(message)}"`),
  );

  expect(counted).toMatchObject([{ outcome: "done", taskType: "test.claim", queue: "default", delayMs: 2_000 }]);
  for (const field of [...deliveries.labels, ...delays.labels, delays.value]) expect(counted[0]).toHaveProperty(field);
});

test("the metric of ticks reads a field that the producer's own log line has", async () => {
  const producer = await setUpProducer();
  await producer.send("/v1/tick", { method: "POST" });

  const lines = z.array(z.record(z.string(), z.unknown())).parse(producer.logged.map((line) => JSON.parse(line)));
  const { ticks } = describeLogMetrics({ workerService: "p-worker", producerService: "p-producer" });
  const counted = lines.filter(({ message }) => ticks.filter.includes(`jsonPayload.message = "${String(message)}"`));

  expect(counted).toMatchObject([{ [ticks.value]: 0 }]);
});

test("the metric of schedules reads a field that the producer's own log line has", async () => {
  const producer = await setUpProducer();
  await producer.send("/v1/tick", { method: "POST" });

  const lines = z.array(z.record(z.string(), z.unknown())).parse(producer.logged.map((line) => JSON.parse(line)));
  const { schedules } = describeLogMetrics({ workerService: "p-worker", producerService: "p-producer" });
  const counted = lines.filter(({ message }) =>
    schedules.filter.includes(`jsonPayload.message = "${String(message)}"`),
  );

  expect(counted).toMatchObject([{ [schedules.value]: 0 }]);
});

test("the metric of queues reads a field that the producer's own log line has", async () => {
  const producer = await setUpProducer();
  await producer.send("/v1/tick", { method: "POST" });

  const lines = z.array(z.record(z.string(), z.unknown())).parse(producer.logged.map((line) => JSON.parse(line)));
  const { queues } = describeLogMetrics({ workerService: "p-worker", producerService: "p-producer" });
  const counted = lines.filter(({ message }) => queues.filter.includes(`jsonPayload.message = "${String(message)}"`));

  expect(counted).toMatchObject([{ [queues.value]: 3 }]);
});

test("no two charts overlap, and none is wider than the dashboard", () => {
  const cells = mosaicLayout.tiles.flatMap(({ xPos, yPos, width, height }) =>
    Array.from(
      { length: width * height },
      (_, index) => `${xPos + (index % width)},${yPos + Math.floor(index / width)}`,
    ),
  );
  expect(mosaicLayout.tiles.length).toBeGreaterThan(8);
  expect(new Set(cells).size).toBe(cells.length);
  expect(mosaicLayout.tiles.every(({ xPos, width }) => xPos + width <= mosaicLayout.columns)).toBe(true);
});

const chartsOf = ({ filter, aligner }: Series) =>
  mosaicLayout.tiles
    .map(({ widget }) => widget.xyChart)
    .filter(({ dataSets }) =>
      dataSets
        .map((set) => set.timeSeriesQuery.timeSeriesFilter)
        .some((drawn) => drawn.filter === filter && drawn.aggregation.perSeriesAligner === aligner),
    );

test("every series is drawn on the dashboard", () => {
  for (const series of Object.values(seriesOf(WATCHED))) expect(chartsOf(series)).not.toEqual([]);
});

test.each(ALERTS.flatMap((alert) => ("series" in alert && alert.above > 0 ? [alert] : [])))(
  "the threshold of the alert $key is drawn where its series is",
  ({ series, above }) => {
    const charts = chartsOf(seriesOf(WATCHED)[series]);
    expect(charts).not.toEqual([]);
    for (const { thresholds } of charts) expect(thresholds).toContainEqual({ value: above });
  },
);

test("only our own queues, services, database and metrics are watched, by name", () => {
  for (const { filter } of Object.values(seriesOf(WATCHED))) {
    expect(filter).toMatch(/["/]p-(critical|producer|deliver|ticks)|database_id = "p"/);
  }
});

test("every alert has a paragraph in docs/operating.md, and every such paragraph an alert", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "docs/operating.md"), "utf8");
  const runbook = text.split("\n## ").find((section) => section.startsWith("Alerts"));
  const titles = [...(runbook ?? "").matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  expect(new Set(titles)).toEqual(new Set(ALERTS.map(({ title }) => title)));
});

/** How a response code may be written: the number, HTTP's name, and Google's (https://cloud.google.com/apis/design/errors). */
const SPELLINGS = {
  turnedAway: words(
    "401 403 404 Unauthorized Forbidden UNAUTHENTICATED PERMISSION_DENIED NOT_FOUND unauthenticated permission_denied",
  ).concat("Not Found", "permission denied"),
  others: words(
    "200 204 400 409 413 415 424 429 500 503 504 4040 1401 OK ok Conflict ABORTED ALREADY_EXISTS FAILED_PRECONDITION " +
      "RESOURCE_EXHAUSTED INTERNAL UNAVAILABLE unavailable DEADLINE_EXCEEDED UNKNOWN CANCELLED INVALID_ARGUMENT",
  ).concat("", "not found here"),
};

function words(text: string): string[] {
  return text.split(" ");
}

test("attempts are turned away with 401, 403 or 404, however these are written, and with nothing else", () => {
  const [, pattern = ""] = /full_match\("\(\?i\)(.+)"\)/.exec(seriesOf(WATCHED).turnedAway.filter) ?? [];
  const matches = (text: string): boolean => new RegExp(`^(?:${pattern})$`, "i").test(text);

  expect(SPELLINGS.turnedAway.filter((code) => !matches(code))).toEqual([]);
  expect(SPELLINGS.others.filter(matches)).toEqual([]);
});

test("the worker's responses that ask for a retry or for patience alert nobody as turned away", () => {
  const [, pattern = ""] = /full_match\("\(\?i\)(.+)"\)/.exec(seriesOf(WATCHED).turnedAway.filter) ?? [];
  const error = { code: "e", message: "m" };
  const ours = [
    respond({ kind: "busy", retryAfterMs: 1_000 }),
    respond({ kind: "retry", error }),
    respond({ kind: "saturated", error }),
    respond({ kind: "failed", error }),
    respond({ kind: "unavailable", reason: "shutting-down" }),
  ].map(({ status }) => String(status));

  expect(ours.filter((status) => new RegExp(`^(?:${pattern})$`, "i").test(status))).toEqual([]);
});

test("due work that doesn't reach the worker is found by comparing Cloud Tasks' attempts with the worker's lines", () => {
  const query = unreachedQuery(WATCHED, { windowS: 900, attempts: 10 });
  const made =
    'sum(increase(cloudtasks_googleapis_com:queue_task_attempt_count{monitored_resource="cloud_tasks_queue", queue_id=~"p-critical-1|p-bulk-1"}[900s]))';
  const arrived =
    '(sum(increase(logging_googleapis_com:user_p_deliveries{monitored_resource="cloud_run_revision"}[900s])) or vector(0))';

  expect(query).toBe(`${made} > 10 and ${made} > 2 * ${arrived}`);
});

test("a missing tick is found by counting the producer's lines, also where there has never been one", () => {
  expect(tickMissingQuery(WATCHED, { windowS: 900 })).toBe(
    '(sum(increase(logging_googleapis_com:user_p_ticks_count{monitored_resource="cloud_run_revision"}[900s])) or vector(0)) < 1',
  );
});

test("late schedules are found by what the producer counts, and by its counting none at all", () => {
  const of = '{monitored_resource="cloud_run_revision"}[600s]))';
  expect(lateSchedulesQuery(WATCHED, { windowS: 600 })).toBe(
    `sum(increase(logging_googleapis_com:user_p_schedules_sum${of} > 0 or ` +
      `(sum(increase(logging_googleapis_com:user_p_schedules_count${of} or vector(0)) < 1`,
  );
});

test("queues that deliver nothing are found by what the producer counts", () => {
  expect(stoppedQueuesQuery(WATCHED, { windowS: 300 })).toBe(
    'sum(increase(logging_googleapis_com:user_p_queues_sum{monitored_resource="cloud_run_revision"}[300s])) > 0',
  );
});

test("no alert counts the tasks that a queue holds, since most of them may be scheduled for later", async () => {
  const { resources } = await runFixture("production", "update");
  const policies = ofType(resources, "gcp:monitoring/alertPolicy:AlertPolicy");

  expect(policies).toHaveLength(ALERTS.length);
  for (const { inputs } of policies) expect(JSON.stringify(inputs)).not.toMatch(/queue[/_]depth/);
});

test("a task that is to be delivered once more counts as retried, whoever sets its time", () => {
  const { filter } = seriesOf(WATCHED).retried;
  for (const outcome of ["retry", "rescheduled", "failed"]) expect(filter).toContain(`"${outcome}"`);
});

test("the alerts for refused deliveries watch Cloud Tasks' own count of attempts", async () => {
  const { resources } = await runFixture("production", "update");
  const conditionOf = (key: string) =>
    JSON.stringify(the(resources, "gcp:monitoring/alertPolicy:AlertPolicy", `alert-${key}`).inputs["conditions"]);

  expect(conditionOf("turned-away")).toContain("cloudtasks.googleapis.com/queue/task_attempt_count");
  expect(conditionOf("turned-away")).toContain("metric.label.response_code");
  expect(conditionOf("unreached")).toContain("cloudtasks_googleapis_com:queue_task_attempt_count");
});

test("the docs say what the alerts cost", () => {
  const read = (name: string): string => fs.readFileSync(path.join(PROJECT_DIR, "docs", name), "utf8");

  expect(read("operating.md")).toContain(`$0.10 for each of the ${ALERTS.length} alert conditions`);
  expect(read("deploy.md")).toContain(`alerts ${(ALERTS.length / 10).toFixed(2)} and their reads`);
});
