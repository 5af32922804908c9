import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { ALERTS, canaryAlert } from "../../infra/monitoring/alerts/alerts.ts";
import { WATCHED } from "../infra/support/watched.ts";
import { SCENARIOS } from "./scenarios.ts";

// The alerts that are PromQL queries, in Prometheus's own engine. Cloud Monitoring evaluates them by the same language
// (https://cloud.google.com/monitoring/promql).

const canary = canaryAlert({ schedule: "hourly", type: "canary.claim", everyS: 3_600 });
const rules = [...ALERTS, canary].flatMap((alert) =>
  "query" in alert ? [{ alert: alert.key, expr: alert.query(WATCHED), for: `${alert.forS}s` }] : [],
);
const tests = SCENARIOS.map(({ name, series, expected }) => ({
  name,
  interval: "1m",
  input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
  alert_rule_test: expected.map(([minute, alertname, fires]) => ({
    eval_time: `${minute}m`,
    alertname,
    exp_alerts: fires ? [{}] : [],
  })),
}));

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "handoff-alerts-"));
try {
  // JSON is YAML.
  fs.writeFileSync(path.join(folder, "rules.yaml"), JSON.stringify({ groups: [{ name: "alerts", rules }] }));
  const scenarios = { rule_files: ["rules.yaml"], evaluation_interval: "1m", tests };
  fs.writeFileSync(path.join(folder, "scenarios.yaml"), JSON.stringify(scenarios));
  const { status, error } = spawnSync("promtool", ["test", "rules", "scenarios.yaml"], {
    cwd: folder,
    stdio: "inherit",
  });
  if (error && "code" in error && error.code === "ENOENT") {
    process.stdout.write("Skipped: promtool isn't installed (https://prometheus.io/download/).\n");
  } else if (error) throw error;
  else process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true });
}
