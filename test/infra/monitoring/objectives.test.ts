import { expect, test } from "vitest";
import { BURN_RATE_ALERTS } from "../../../infra/monitoring/alerts/burn-rates.ts";
import { canariesOf } from "../../../infra/monitoring/alerts/canaries.ts";
import { textOf } from "../../../infra/preview/wire-values.ts";
import { defineSchedule } from "../../../shared/schedules/schedule.ts";
import { claimCanary } from "../../../shared/tasks/canary.ts";
import { at, ofType, runFixture, the } from "../support/graph.ts";

const POLICY = "gcp:monitoring/alertPolicy:AlertPolicy";
const SLO = "gcp:monitoring/slo:Slo";

test("each objective is computed from what Cloud Run and the worker log, over four weeks", async () => {
  const { resources } = await runFixture("production", "update", { "handoff:completionSeconds": "45" });
  const [availability, completion] = ["availability", "completion"].map((name) => the(resources, SLO, name).inputs);
  const counted = (name: string) =>
    `resource.type = "cloud_run_revision" AND metric.type = "logging.googleapis.com/user/handoff-${name}"`;

  expect(availability).toMatchObject({
    goal: 0.999,
    rollingPeriodDays: 28,
    requestBasedSli: {
      goodTotalRatio: { badServiceFilter: counted("failed-requests"), totalServiceFilter: counted("requests") },
    },
  });
  expect(completion).toMatchObject({
    goal: 0.99,
    requestBasedSli: { distributionCut: { distributionFilter: counted("completions"), range: { max: 45_000 } } },
  });
});

test("a burn-rate alert wants a long and a short time to show it, of the objective that exists", async () => {
  const { resources } = await runFixture("production", "update");
  for (const { key, objective, above, windowsS } of BURN_RATE_ALERTS) {
    const { inputs } = the(resources, POLICY, `alert-${key}`);
    expect(inputs["combiner"]).toBe("AND");
    const conditions = windowsS.map((windowS) => ({
      conditionThreshold: {
        filter: `select_slo_burn_rate("${objective}-1a2b3c4", "${windowS}s")`,
        comparison: "COMPARISON_GT",
        thresholdValue: above,
        duration: "0s",
      },
    }));
    expect(inputs["conditions"]).toMatchObject(conditions);
    expect(windowsS[0]).toBe(12 * (windowsS[1] ?? 0));
  }
});

test("alerts go to channels that exist already, too", async () => {
  const channel = "projects/my-project-123/notificationChannels/42";
  const { resources } = await runFixture("production", "update", {
    "handoff:notificationChannels": JSON.stringify([channel]),
  });
  for (const { inputs } of ofType(resources, POLICY)) {
    expect(inputs["notificationChannels"]).toEqual([expect.stringContaining("mail-"), channel]);
  }
});

const schedule = (name: string, cron: string) =>
  defineSchedule({ name, cron, timeZone: "Etc/UTC", task: claimCanary, payload: {} });

test("a canary is missed after two of its longest periods, unless that takes more than a day", () => {
  const schedules = new Map(
    [schedule("hourly", "7 * * * *"), schedule("by-day", "0,30 8-20 * * *"), schedule("daily", "0 6 * * *")].map(
      (one) => [one.name, one] as const,
    ),
  );
  expect(canariesOf(schedules, [])).toEqual([
    { schedule: "hourly", type: "canary.claim", everyS: 3_600 },
    { schedule: "by-day", type: "canary.claim", everyS: 11.5 * 3_600 },
  ]);
  expect(canariesOf(schedules, ["hourly"]).map(({ schedule: name }) => name)).toEqual(["by-day"]);
});

test("a stack that runs the canary is told when it is missing, and one that doesn't run it isn't", async () => {
  const [dev, production] = await Promise.all([runFixture("dev", "update"), runFixture("production", "update")]);
  const canaries = ({ resources }: typeof dev) =>
    ofType(resources, POLICY)
      .filter(({ name }) => name.startsWith("alert-canary"))
      .map(({ inputs }) => textOf(at(inputs, "conditions.0.conditionPrometheusQueryLanguage.query")));

  expect(canaries(dev)).toEqual([]);
  expect(canaries(production)).toEqual([expect.stringContaining('outcome="done"}[7800s]')]);
});
