import { execFile } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import type { RecordedResource } from "../../infra/preview/recorded-resource.ts";
import { RECOVERIES, importCommands } from "../../infra/preview/recovery.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { type Graph, runFixture, runRegistered } from "./support/graph.ts";
import { writeStackFile } from "./support/stack-file.ts";

const run = promisify(execFile);
const PROJECT = "my-project-123";
const MAIL = { "handoff:mailKey": "key", "handoff:mailSender": "us@example.com" };

/** Four runs of the program. */
const RUNS_TIMEOUT_MS = 300_000;

let graphs: readonly Graph[] = [];

beforeAll(async () => {
  const runs = [
    await runFixture("dev", "update"),
    await runFixture("production", "update"),
    await runFixture("dev", "update", MAIL, "WIDER_FIXTURE"),
    await runRegistered("production", "update"),
  ];
  const failed = runs.find(({ succeeded }) => !succeeded);
  if (failed) throw new Error(failed.output);
  graphs = runs.map(({ resources }) => resources.filter(({ type }) => type.startsWith("gcp:")));
}, RUNS_TIMEOUT_MS);

const ofKind = (kind: string): RecordedResource[] =>
  graphs.flat().filter(({ type }) => RECOVERIES.get(type)?.kind === kind);

/** The last two words of each command: the logical name and the id. */
function idsOf(graph: Graph | undefined): string[] {
  return importCommands(graph ?? [], PROJECT).map((command) =>
    command.split(" ").slice(-2).join(" ").replaceAll("'", ""),
  );
}

test("it is decided for every type of resource how to recover one that the state lacks", () => {
  expect(graphs.flat().length).toBeGreaterThan(200);
  expect([...new Set(graphs.flat().map(({ type }) => type))].filter((type) => !RECOVERIES.has(type))).toEqual([]);
});

const INDEX = "projects/my-project-123/databases/handoff-dev/collectionGroups/deadLetters/indexes/FIND";

test("there is a command with the exact id for each resource with a fixed name", () => {
  const dev = [
    "records projects/my-project-123/databases/handoff-dev",
    "webhook-signing-secret projects/my-project-123/secrets/handoff-dev-webhook-signing-secret",
    "images projects/my-project-123/locations/europe-west1/repositories/handoff-dev",
    "deliveries handoff-dev-deliveries",
    "delivery-delays handoff-dev-delivery-delays",
    ...["status", "status-type", "status-queue", "status-code"].map((by) => `deadLetters-by-${by} ${INDEX}`),
    "worker projects/my-project-123/locations/europe-west1/services/handoff-dev-worker",
    "outbox projects/my-project-123/locations/europe-west1/triggers/handoff-dev-outbox",
    "taskOutbox-by-shard projects/my-project-123/databases/handoff-dev/collectionGroups/taskOutbox/indexes/FIND",
    "ticks handoff-dev-ticks",
    "schedules handoff-dev-schedules",
    ...["queues", "completions", "requests", "failed-requests", "failed-rollouts", "memory-kills", "failed-jobs"].map(
      (name) => `${name} handoff-dev-${name}`,
    ),
    "logs projects/my-project-123/exclusions/handoff-dev",
    "producer-queues projects/my-project-123/roles/handoff_dev_producer",
    "worker-queues projects/my-project-123/roles/handoff_dev_worker",
    "producer projects/my-project-123/locations/europe-west1/services/handoff-dev-producer",
    "console projects/my-project-123/locations/europe-west1/services/handoff-dev-console",
  ];
  expect(idsOf(graphs[0]).toSorted()).toEqual(dev.toSorted());
  expect(idsOf(graphs[1])).toContain("daily projects/my-project-123/databases/handoff/backupSchedules/FIND");
  // A secret that a user's task type declares needs no line of its own.
  expect(idsOf(graphs[2]).toSorted()).toEqual(
    [...dev, "mail-key projects/my-project-123/secrets/handoff-dev-mail-key"].toSorted(),
  );
});

test("every import names the parent and the provider that the program gives the resource", () => {
  const urns = new Set(graphs.flat().flatMap(({ parent, provider }) => [parent, provider]));
  for (const command of graphs.flatMap((graph) => importCommands(graph, PROJECT))) {
    const [, parent = "", provider = ""] = /--parent 'parent=(.+?)' --provider 'provider=(.+?)'/.exec(command) ?? [];
    expect(urns).toContain(parent);
    expect(provider).toMatch(/::pulumi:providers:gcp::google$/);
    expect(command).not.toMatch(/undefined|null|\{\{|\[unknown\]/);
  }
});

/** The formats that the provider's own documentation gives for a type, without separators in the names. */
function documentedIds(type: string): string[] {
  const [, module_ = "", name = ""] = /^gcp:(.+):(\w+)$/.exec(type) ?? [];
  const file = `${module_.replace("iAMC", "iamc")}${name === "Index" ? "_" : ""}.d.ts`;
  const manifest = createRequire(import.meta.url).resolve("@pulumi/gcp/package.json");
  const text = fs.readFileSync(path.join(path.dirname(manifest), file), "utf8");
  const section = text.slice(Math.max(0, text.indexOf("## Import")));
  // A role has no such section; its name says that it is the id, too.
  const name_ = section.matchAll(/in the format `(.+)`\. Like `id`/g);
  return [...section.matchAll(/^ \* \* `(.+)`$/gm), ...name_].map(([, format = ""]) =>
    format.replaceAll("_", "").toLowerCase(),
  );
}

test("each id has a format that the provider documents", () => {
  for (const [type, recovery] of RECOVERIES) {
    if (recovery.kind !== "import") continue;
    const isIndex = type.endsWith(":Index");
    const format = isIndex ? "{{name}}" : recovery.id.replace("FIND", "{{name}}").toLowerCase();
    expect(documentedIds(type)).toContain(format);
  }
});

test("docs/deploy.md lists the types with fixed names, and their ids", () => {
  const text = fs.readFileSync(path.join(PROJECT_DIR, "docs/deploy.md"), "utf8");
  const rows = [...text.matchAll(/^\| `(gcp:\S+)` +\| `(\S+)` +\|$/gm)].map(([, type, id]) => `${type} ${id}`);
  const known = [...RECOVERIES].flatMap(([type, it]) => (it.kind === "import" ? [`${type} ${it.id}`] : []));

  expect(rows.toSorted()).toEqual(known.toSorted());
});

test("what is adopted says so, and what gets a new name has none of its own", () => {
  expect(ofKind("adopted").length).toBeGreaterThan(3);
  expect(ofKind("adopted").filter(({ inputs }) => inputs["createIgnoreAlreadyExists"] !== true)).toEqual([]);
  expect(ofKind("leftover").length).toBeGreaterThan(10);
  expect(
    ofKind("leftover")
      .filter(({ inputs }) => "name" in inputs)
      .map(({ urn }) => urn),
  ).toEqual([]);
});

test("the commands are printed for a stack's own file", async () => {
  const main = path.join(PROJECT_DIR, "infra/preview/main.ts");
  const { stdout } = await run(process.execPath, [main, "--config", await writeStackFile("dev"), "--imports"]);

  expect(stdout).toContain("'parent=urn:pulumi:dev::handoff::handoff:infra:Images::images'");
  expect(stdout).toContain("'projects/my-project-123/databases/handoff-dev'");
});
