import { expect, onTestFinished, test } from "vitest";
import type { Lateness } from "../../infra/preview/cloud/late-iam.ts";
import { OfflineCloud } from "../../infra/preview/cloud/offline-cloud.ts";
import { type ProgramRun, runProgramOffline } from "../../infra/preview/run-program.ts";
import { readExample } from "../../infra/preview/stacks.ts";
import { FIXTURE } from "./support/fixture-registry.ts";
import { programOfFixture } from "./support/graph.ts";
import { PROGRAM } from "./support/engine-scenarios.ts";
import { sharedHost } from "./support/host/shared-host.ts";
import { makeProgram } from "./support/program.ts";

const STACK = programOfFixture("FIXTURE", "{ waitMs: 0 }");
const NEVER_MS = 3_600_000;

/** The dev example in a new project, which retries without a pause. */
async function setUp(cloud: OfflineCloud, config: Readonly<Record<string, string>> = {}, source = STACK) {
  const { program, remove } = await makeProgram(source);
  onTestFinished(remove);
  const example = readExample("dev", FIXTURE.settings);
  const options = { stack: "dev", program, cloud, ...example, config: { ...example.config, ...config } } as const;
  return (mode: "preview" | "update"): Promise<ProgramRun> => runProgramOffline({ ...options, mode }, sharedHost);
}

const late = (iam: Partial<Lateness>) => new OfflineCloud({ iam: { refusals: 0, grantsMs: 0, ...iam } });
const changesOf = ({ steps }: ProgramRun) => steps.filter(({ op }) => op !== "same");

test("an update waits for accounts that IAM doesn't know yet: policies, the tick and the trigger are made at last", async () => {
  const run = await setUp(late({ refusals: 3 }));

  expect(await run("update")).toMatchObject({ succeeded: true });
  expect(changesOf(await run("preview"))).toEqual([]);
});

test("an account that IAM never gets to know fails the update with its name, and the next one goes on from there", async () => {
  const iam = { refusals: Infinity, grantsMs: 0 };
  const run = await setUp(new OfflineCloud({ iam }));

  const failed = await run("update");
  expect(failed).toMatchObject({ succeeded: false });
  expect(failed.output).toMatch(
    /Service account handoff-dev-\w+@my-project-123\.iam\.gserviceaccount\.com does not exist/,
  );

  iam.refusals = 0;
  expect(await run("update")).toMatchObject({ succeeded: true });
});

test("a service waits until its account's grants are in effect", async () => {
  const run = await setUp(late({ grantsMs: 900 }), { "handoff:grantSettleSeconds": "1" });

  expect(await run("update")).toMatchObject({ succeeded: true });
});

test("a service whose account may not read its secret in time fails the update, and the next one deploys it again", async () => {
  const iam = { refusals: 0, grantsMs: NEVER_MS };
  const cloud = new OfflineCloud({ iam });
  const run = await setUp(cloud);

  const failed = await run("update");
  expect(failed).toMatchObject({ succeeded: false, output: expect.stringContaining("Permission denied on secret") });
  expect(cloud.services.get("handoff-dev-worker")?.condition?.state).toBe("CONDITION_FAILED");

  iam.grantsMs = 0;
  expect(changesOf(await run("preview")).map(({ op }) => op)).toContain("update");
  expect(await run("update")).toMatchObject({ succeeded: true });
  expect(cloud.services.get("handoff-dev-worker")?.condition?.state).toBe("CONDITION_SUCCEEDED");
});

test("a quota of too few fails the update at once with its name, and the next one makes the rest", async () => {
  const cloud = new OfflineCloud({ quotas: new Map([["gcp:cloudtasks/queue:Queue", 0]]) });
  const run = await setUp(cloud, {}, PROGRAM);

  const failed = await run("update");
  expect(failed).toMatchObject({
    succeeded: false,
    output: expect.stringContaining("Quota exceeded for quota metric"),
  });

  cloud.quotas.clear();
  const { succeeded, steps } = await run("update");
  expect(succeeded).toBe(true);
  expect(steps.filter(({ op }) => op !== "same")).toMatchObject([
    { op: "create", urn: expect.stringContaining("::queue") },
    { op: "create", urn: expect.stringContaining("::worker") },
  ]);
});
