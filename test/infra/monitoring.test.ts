import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ALERTS } from "../../infra/monitoring/alerts.ts";
import { describeDashboard } from "../../infra/monitoring/dashboard.ts";
import { describeLogMetrics } from "../../infra/monitoring/log-metrics.ts";
import { type Series, seriesOf } from "../../infra/monitoring/series.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { succeeded } from "../../services/worker/runner/handler.ts";
import { claimTaskType, scriptedHandler } from "../harness/worker/scripted-handler.ts";
import { sealTask, setUpWorker } from "../harness/worker/worker-harness.ts";

const WATCHED = {
  producerService: "p-producer",
  workerService: "p-worker",
  queueNames: ["p-critical-1", "p-bulk-1"],
  databaseId: "p",
  deliveries: "p-deliveries",
  delays: "p-delivery-delays",
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
  const { deliveries, delays } = describeLogMetrics("p-worker");
  const counted = lines.filter(({ message }) =>
    deliveries.filter.includes(`jsonPayload.message = "${String(message)}"`),
  );

  expect(counted).toMatchObject([{ outcome: "done", taskType: "test.claim", queue: "default", delayMs: 2_000 }]);
  for (const field of [...deliveries.labels, ...delays.labels, delays.value]) expect(counted[0]).toHaveProperty(field);
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

test.each(ALERTS.filter(({ above }) => above > 0))(
  "the threshold of the alert $key is drawn where its series is",
  ({ series, above }) => {
    const charts = chartsOf(seriesOf(WATCHED)[series]);
    expect(charts).not.toEqual([]);
    for (const { thresholds } of charts) expect(thresholds).toContainEqual({ value: above });
  },
);

test("only our own queues, services, database and metrics are watched, by name", () => {
  for (const { filter } of Object.values(seriesOf(WATCHED))) {
    expect(filter).toMatch(/["/]p-(critical|producer|deliver)|database_id = "p"/);
  }
});

test("every alert has a paragraph in docs/operating.md, and every such paragraph an alert", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "docs/operating.md"), "utf8");
  const runbook = text.split("\n## ").find((section) => section.startsWith("Alerts"));
  const titles = [...(runbook ?? "").matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  expect(new Set(titles)).toEqual(new Set(ALERTS.map(({ title }) => title)));
});
