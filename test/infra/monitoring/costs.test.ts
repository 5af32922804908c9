import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const read = (name: string): string => fs.readFileSync(path.join(PROJECT_DIR, "docs", name), "utf8");

const costs =
  read("operating.md")
    .split("\n## ")
    .find((section) => section.startsWith("What it costs")) ?? "";

/** The table's rows: what they are, and a cost for each kind of task, in cents. */
const rows = [...costs.matchAll(/^\| (.+?) +\| ([\d.* |]+)\|$/gm)].map(([, what = "", numbers = ""]) => ({
  what,
  cents: numbers.split("|").map((text) => Math.round(Number(text.replaceAll("*", "")) * 100)),
}));

test("the cost table adds up, and docs/deploy.md gives its range", () => {
  const together = rows.filter(({ what }) => what === "**together**").map(({ cents }) => cents);
  const parts = rows.filter(({ what }) => what !== "**together**");
  expect(parts.length).toBeGreaterThan(7);
  expect(together).toEqual([[0, 1, 2].map((kind) => parts.reduce((sum, { cents }) => sum + (cents[kind] ?? 0), 0))]);

  const [least, , most] = (together[0] ?? []).map((cents) => (cents / 100).toFixed(2));
  expect(read("deploy.md")).toContain(`$${least} to $${most} plus what their handlers use`);
});

test.each([
  "storage for 33 days",
  "Point-in-time recovery",
  "Cloud Scheduler job",
  "each version of a secret",
  "**Egress**",
  "backups",
])("the costs name %s", (what) => {
  expect(costs).toContain(what);
});

test("no command on the page changes what the program could", () => {
  expect(read("operating.md")).not.toMatch(/gcloud logging (sinks|buckets) (update|create)/);
});
