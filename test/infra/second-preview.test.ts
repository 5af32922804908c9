import { expect, onTestFinished, test } from "vitest";
import { OfflineCloud } from "../../infra/preview/cloud/offline-cloud.ts";
import { runProgramOffline } from "../../infra/preview/run-program.ts";
import { readExample } from "../../infra/preview/stacks.ts";
import { FIXTURE } from "./support/fixture-registry.ts";
import { programOfFixture } from "./support/graph.ts";
import { sharedHost } from "./support/host/shared-host.ts";
import { makeProgram } from "./support/program.ts";

test("a preview finds nothing to change once the production example is up", async () => {
  const { program, remove } = await makeProgram(programOfFixture("FIXTURE"));
  onTestFinished(remove);
  const example = readExample("production", FIXTURE.settings);
  const options = { stack: "production", program, cloud: new OfflineCloud(), ...example };
  const up = await runProgramOffline({ ...options, mode: "update" }, sharedHost);
  const preview = await runProgramOffline({ ...options, mode: "preview" }, sharedHost);

  expect([up.succeeded, preview.succeeded]).toEqual([true, true]);
  expect(preview.steps.length).toBeGreaterThan(90);
  expect(preview.steps.filter(({ op }) => op !== "same").map(({ urn }) => urn)).toEqual([]);
});
