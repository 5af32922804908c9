import { expect, onTestFinished, test } from "vitest";
import { OfflineCloud } from "../../../infra/preview/cloud/offline-cloud.ts";
import { runProgramOffline } from "../../../infra/preview/run-program.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { sharedHost } from "../support/host/shared-host.ts";
import { makeProgram } from "../support/program.ts";

const REGIONS = ["europe-west1", "europe-north1", "us-central1"];

/** Runs what the program does with a region, in a cloud that Cloud Run is in these regions of. */
async function runIn(region: string, regions: readonly string[]) {
  const { program, remove } = await makeProgram(
    `import * as gcp from "@pulumi/gcp";
     import { refuseUnknownRegion } from "${PROJECT_DIR}/infra/settings/known-region.ts";
     await refuseUnknownRegion({ project: "p", region: "${region}" }, {});
     new gcp.cloudtasks.Queue("queue", { location: "${region}" });`,
  );
  onTestFinished(remove);
  const cloud = new OfflineCloud({ regions });
  return await runProgramOffline({ stack: "dev", mode: "preview", config: {}, program, cloud }, sharedHost);
}

test("a region of the right form that doesn't exist is refused, with those nearby, before anything is requested", async () => {
  const run = await runIn("europe-west99", REGIONS);
  expect(run.succeeded).toBe(false);
  expect(run.output).toContain(
    "handoff:region: there is no Cloud Run in europe-west99. It is in europe-north1, europe-west1.",
  );
  expect(run.resources.filter(({ custom }) => custom)).toEqual([]);
});

test("a region that exists is accepted, and so is any as long as nobody can tell", async () => {
  expect(await runIn("us-central1", REGIONS)).toMatchObject({ succeeded: true });
  expect(await runIn("europe-west99", [])).toMatchObject({ succeeded: true });
});
