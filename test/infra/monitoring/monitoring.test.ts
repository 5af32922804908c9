import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { ALERTS, canaryAlert } from "../../../infra/monitoring/alerts/alerts.ts";
import { describeDashboard } from "../../../infra/monitoring/dashboard.ts";
import {
  canaryMissingQuery,
  lateSchedulesQuery,
  stoppedQueuesQuery,
  tickMissingQuery,
  unreachedQuery,
} from "../../../infra/monitoring/queries.ts";
import { type Series, seriesOf } from "../../../infra/monitoring/series.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { respond } from "../../../services/worker/outcome.ts";
import { WATCHED } from "../support/watched.ts";
import { type Graph, ofType, runFixture, the } from "../support/graph.ts";

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
    expect(filter).toMatch(
      /["/]p-(critical|producer|deliver|ticks|requests|failed|completions|memory)|database_id = "p"/,
    );
  }
});

test("every alert has a paragraph in docs/operating.md, and every such paragraph an alert", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "docs/operating.md"), "utf8");
  const runbook = text.split("\n## ").find((section) => section.startsWith("Alerts"));
  const titles = [...(runbook ?? "").matchAll(/^### (.+)$/gm)].map(([, title]) => title);
  expect(new Set(titles)).toEqual(
    new Set([...ALERTS, canaryAlert({ schedule: "s", type: "canary.claim", everyS: 60 })].map(({ title }) => title)),
  );
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

  expect(policies.length).toBeGreaterThanOrEqual(ALERTS.length);
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

test("a canary of which nothing is heard is found by the worker's line about it, also where there has never been one", () => {
  expect(canaryMissingQuery(WATCHED, { type: "canary.claim", windowS: 7_800 })).toBe(
    '(sum(increase(logging_googleapis_com:user_p_deliveries{monitored_resource="cloud_run_revision", ' +
      'taskType="canary.claim", outcome="done"}[7800s])) or vector(0)) < 1',
  );
});

/** The tick's three lines: without them, nobody finds anything. */
test.each([
  ["the outbox", "no-tick"],
  ["schedules", "late-schedules"],
])("when the tick stops, there is an alert for %s", (_, key) => {
  const alert = ALERTS.find((one) => one.key === key);
  const query = alert && "query" in alert ? alert.query(WATCHED) : "";
  expect(query).toMatch(/\(sum\(increase\(\S+_count\{\S+\)\) or vector\(0\)\) < 1$/);
});

test("the docs say what the alerts cost", async () => {
  const read = (name: string): string => fs.readFileSync(path.join(PROJECT_DIR, "docs", name), "utf8");
  const [dev, production] = await Promise.all([runFixture("dev", "update"), runFixture("production", "update")]);

  const count = conditionsIn(production.resources).length;
  expect(read("operating.md")).toContain(`$0.10 for each of the ${count} alert conditions`);
  const cost = conditionsIn(dev.resources).length / 10;
  expect(read("deploy.md")).toContain(`alerts ${cost.toFixed(2)} and their reads`);
});

function conditionsIn(resources: Graph) {
  return ofType(resources, "gcp:monitoring/alertPolicy:AlertPolicy").flatMap(({ inputs }) =>
    z.array(z.unknown()).parse(inputs["conditions"]),
  );
}
