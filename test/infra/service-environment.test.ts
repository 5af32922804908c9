import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { localVariables } from "../../shared/contract/task-settings.ts";
import { registry } from "../../shared/tasks/index.ts";
import { buildConsoleAssets } from "../../tools/console-assets/build-assets.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { runUntilListening } from "../harness/runtime/run-until-listening.ts";
import { runRegistered, the, variablesOf } from "./support/graph.ts";

/** Stands in for the secrets that infra mounts. */
const SECRETS = Object.fromEntries(
  Object.entries(localVariables(registry.settings)).filter(([name]) => registry.settings.get(name)?.kind === "secret"),
);

const CALLER_KEYS_FROM = "2027-01-31T12:00:00Z";

/** What lets Node run the console from its sources. Its image needs nothing of it. */
const JSX = ["--import", path.join(PROJECT_DIR, "services/local/console/jsx.ts")];

/** Starts a service as Cloud Run does, with these variables; returns its output until it listened or ended. */
async function start(service: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const program = path.join(PROJECT_DIR, "services", service, "main.ts");
  const { text } = await runUntilListening([...(service === "console" ? JSX : []), program], {
    ...variables,
    K_SERVICE: service,
    PORT: "0",
    HOST: "127.0.0.1",
  });
  return text;
}

/** What stands beside the console in its image. */
async function makeAssets(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-assets-"));
  onTestFinished(() => fs.rm(folder, { recursive: true }));
  await buildConsoleAssets(folder);
  return folder;
}

test.each(["dev", "production"] as const)(
  "with %s settings each service starts with the variables it is given",
  async (kind) => {
    const run = await runRegistered(kind, "update", { "handoff:callerKeysFrom": CALLER_KEYS_FROM });
    const producer = variablesOf(the(run.resources, "gcp:cloudrunv2/service:Service", "producer"));
    expect(producer.get("CALLER_KEYS_FROM")).toBe(CALLER_KEYS_FROM);
    const besides = { worker: SECRETS, producer: {}, console: { ASSETS_DIR: await makeAssets() } };
    for (const [name, variables] of Object.entries(besides)) {
      const service = the(run.resources, "gcp:cloudrunv2/service:Service", name);
      const text = await start(name, { ...Object.fromEntries(variablesOf(service)), ...variables });

      expect(text).toContain('"message":"listening"');
    }
  },
);

test("without the secrets that infra mounts, the worker does not start and names each of them", async () => {
  const run = await runRegistered("dev", "update");
  const service = the(run.resources, "gcp:cloudrunv2/service:Service", "worker");

  const text = await start("worker", Object.fromEntries(variablesOf(service)));

  // A registry may have none.
  expect(text.includes('"message":"listening"')).toBe(Object.keys(SECRETS).length === 0);
  for (const name of Object.keys(SECRETS)) expect(text).toContain(`${name}: is not set`);
});
