import { expect, test } from "vitest";
import { OfflineCloud, type Faults, type OfflineService } from "../../infra/preview/cloud/offline-cloud.ts";
import { type ProgramRun, runProgramOffline } from "../../infra/preview/run-program.ts";
import type { Fields } from "../../infra/preview/wire-values.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { at, runFixture } from "./support/graph.ts";
import { makeProgram } from "./support/program.ts";
import { sharedHost } from "./support/host/shared-host.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const FAILED = "CONDITION_FAILED";
const WORKS = { state: "CONDITION_SUCCEEDED" };

/** What Google says of a revision that fails as its service is created. The service exists by then. */
const REVISION_ERRORS = [
  "Permission denied on secret: projects/1/secrets/s/versions/1 for Revision service account a@p.iam.gserviceaccount.com.",
  "Google Cloud Run Service Agent s must have permission to read the image, europe-west1-docker.pkg.dev/p/r/worker.",
  "Google Cloud Run Service Agent does not have permission to get access tokens for the service account a.",
];

const afterwards = (text: string) =>
  ({ error: `Error waiting to create Service: Error code 9, message: ${text}`, leavesObject: true }) as const;

const serviceProgram = (before: string): string => `
  import * as gcp from "@pulumi/gcp";
  import * as pulumi from "@pulumi/pulumi";
  import { RunService } from "${PROJECT_DIR}/infra/services/run-service.ts";
  import { retryNotThereYet } from "${PROJECT_DIR}/infra/retry-not-there-yet.ts";
  import { settleGrants } from "${PROJECT_DIR}/infra/rollout/settle-grants.ts";
  const image = new pulumi.Config("test").get("image") ?? "image-1";
  const account = new gcp.serviceaccount.Account("runner", { accountId: "runner" });
  ${before}
  const service = new RunService("worker", {
    serviceName: "p-worker", region: "europe-west1", image, account, callers: {}, ingress: "internal",
    minInstances: 0, maxInstances: 1, concurrency: 1, requestTimeoutMs: 1_000, env: {}, protect: false,
  }, {});
  export const url = service.url;
`;

interface UpOptions extends Faults {
  readonly mode?: "preview" | "update";
  readonly image?: string;
}

/** A stack with one service, in a cloud of its own. */
async function setUpStack({ before = "retryNotThereYet({ waitMs: 0 });", cloud = new OfflineCloud() } = {}) {
  const source = serviceProgram(before);
  return {
    cloud,
    async up({ mode = "update", image = "image-1", ...faults }: UpOptions = {}): Promise<ProgramRun> {
      const { program, remove } = await makeProgram(source);
      try {
        const config = { "test:image": image };
        return await runProgramOffline({ stack: "dev", mode, config, program, cloud, ...faults }, sharedHost);
      } finally {
        await remove();
      }
    },
  };
}

function stepOf({ steps }: ProgramRun): string | undefined {
  return steps.find(({ urn }) => urn.includes(SERVICE))?.op;
}

function annotationsOf({ resources }: ProgramRun): Fields[string] | undefined {
  return at(resources.find(({ type }) => type === SERVICE)?.inputs, "template.annotations");
}

function changesOf({ steps }: ProgramRun): string[] {
  return steps.filter(({ op }) => op !== "same").map(({ urn }) => urn);
}

test.each(REVISION_ERRORS)(
  "a creation that leaves a broken service fails the update and is not retried: %s",
  async (text) => {
    const stack = await setUpStack();
    let attempts = 0;
    const run = await stack.up({
      failCreate: ({ type }, attempt) => {
        if (type !== SERVICE) return undefined;
        attempts = attempt;
        return afterwards(text);
      },
    });

    expect(run.succeeded).toBe(false);
    expect(run.output).toContain(text);
    expect(attempts).toBe(1);
    expect(stack.cloud.services.get("p-worker")?.condition?.state).toBe(FAILED);
  },
);

test("a preview shows a change while a service is broken, the next update mends it, and then there is none", async () => {
  const stack = await setUpStack();
  await stack.up({ failCreate: ({ type }) => (type === SERVICE ? afterwards("no image") : undefined) });

  const shown = await stack.up({ mode: "preview" });
  expect(shown).toMatchObject({ succeeded: true });
  expect([stepOf(shown), annotationsOf(shown)]).toEqual(["update", { "handoff/redeployments": "1" }]);

  const mended = await stack.up();
  expect(mended).toMatchObject({ succeeded: true, outputs: { url: expect.stringContaining("p-worker") } });
  expect(stack.cloud.services.get("p-worker")).toEqual({
    annotations: { "handoff/redeployments": "1" },
    condition: WORKS,
  });

  expect(changesOf(await stack.up({ mode: "preview" }))).toEqual([]);
  expect(changesOf(await stack.up())).toEqual([]);
});

test("each update tries again for as long as the service stays broken", async () => {
  const stack = await setUpStack();
  await stack.up({ failCreate: ({ type }) => (type === SERVICE ? afterwards("no image") : undefined) });
  for (const count of ["1", "2", "3"]) {
    const run = await stack.up({ failUpdate: () => afterwards("still no image") });
    expect(run.succeeded).toBe(false);
    expect(stack.cloud.services.get("p-worker")?.annotations).toEqual({ "handoff/redeployments": count });
  }
  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(stack.cloud.services.get("p-worker")?.condition).toEqual(WORKS);
});

test("an update that is refused whole fails, and the next one makes it again", async () => {
  const stack = await setUpStack();
  await stack.up();
  const refused = await stack.up({ image: "image-2", failUpdate: () => "Error updating Service: 403" });
  expect(refused).toMatchObject({ succeeded: false, output: expect.stringContaining("403") });

  expect(stepOf(await stack.up({ image: "image-2", mode: "preview" }))).toBe("update");
  expect(await stack.up({ image: "image-2" })).toMatchObject({ succeeded: true });
});

const UNREADY: readonly (readonly [string, OfflineService["condition"]])[] = [
  ["failed", { state: FAILED, message: "no instance starts" }],
  ["reconciling", { state: "CONDITION_RECONCILING" }],
  ["pending", { state: "CONDITION_PENDING" }],
  ["unspecified", { state: "STATE_UNSPECIFIED" }],
  ["in a state of a later API", { state: "CONDITION_OF_TOMORROW" }],
  ["without a state", { state: "" }],
  ["missing", undefined],
];

test.each(UNREADY)("a creation whose calls succeed fails while the terminal condition is %s", async (_, condition) => {
  const stack = await setUpStack();
  const run = await stack.up({ deployedAs: () => condition });

  expect(run).toMatchObject({ succeeded: false, output: expect.stringContaining("p-worker isn't ready") });
  expect(run.output).not.toContain("    at ");
});

test("an update whose calls succeed fails without a terminal condition, and the next preview shows a change", async () => {
  const stack = await setUpStack();
  await stack.up();
  const run = await stack.up({ image: "image-2", deployedAs: () => undefined });
  expect(run).toMatchObject({ succeeded: false, output: expect.stringContaining("no terminal condition") });

  expect(stepOf(await stack.up({ image: "image-2", mode: "preview" }))).toBe("update");
});

test("a service that breaks after its deployment is deployed again by the next update", async () => {
  const stack = await setUpStack();
  await stack.up();
  stack.cloud.services.set("p-worker", { annotations: {}, condition: { state: FAILED } });

  expect(stepOf(await stack.up({ mode: "preview" }))).toBe("update");
  expect(await stack.up()).toMatchObject({ succeeded: true });
});

test("a service that recovers by itself is not deployed again, though Pulumi's state has it as failed", async () => {
  const stack = await setUpStack();
  await stack.up({ failCreate: ({ type }) => (type === SERVICE ? afterwards("no image") : undefined) });
  stack.cloud.services.set("p-worker", { annotations: {}, condition: WORKS });

  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(stack.cloud.services.get("p-worker")).toEqual({ annotations: {}, condition: WORKS });
  expect(changesOf(await stack.up({ mode: "preview" }))).toEqual([]);
});

test("a retry that reports success over a broken service still fails the update", async () => {
  const retryAlways = `
    const hook = new pulumi.ErrorHook("always", () => true);
    pulumi.runtime.registerResourceTransform(({ props, opts }) => ({ props, opts: { ...opts, hooks: { onError: [hook] } } }));`;
  const stack = await setUpStack({ before: retryAlways });
  const run = await stack.up({ failCreate: ({ type }) => (type === SERVICE ? afterwards("no image") : undefined) });

  expect([...stack.cloud.state.keys()].some((urn) => urn.includes(SERVICE))).toBe(true);
  expect(run).toMatchObject({ succeeded: false, output: expect.stringContaining("isn't ready (CONDITION_FAILED") });
});

/** Cloud Run's API answers, but not to us. */
class ClosedCloud extends OfflineCloud {
  override invoke(): never {
    throw new Error("Error 403: Permission 'run.services.get' denied");
  }
}

test("while Cloud Run can't be asked, a preview goes on and an update fails", async () => {
  const stack = await setUpStack({ cloud: new ClosedCloud() });

  expect(await stack.up({ mode: "preview" })).toMatchObject({ succeeded: true });
  expect(await stack.up()).toMatchObject({ succeeded: false, output: expect.stringContaining("run.services.get") });
});

test("a service waits for the grants of its own update, and only for those", async () => {
  const recordWaits = `
    const waits: number[] = [];
    settleGrants({ settleMs: 120_000, sleep: async (ms) => void waits.push(ms) });
    export const waited = pulumi.output(account.id).apply(() => service.url).apply(() => waits.map((ms) => ms > 60_000 && ms <= 120_000));`;
  const stack = await setUpStack({ before: recordWaits });

  expect((await stack.up()).outputs).toMatchObject({ waited: [true] });
  expect((await stack.up({ image: "image-2" })).outputs).toMatchObject({ waited: [] });
});

test("in the whole stack, every grant and account is noted, and each service waits for them", async () => {
  const { resources } = await runFixture("production", "preview");
  const grants = resources.filter(({ type }) => /IamMember|IAMMember|account:Account/.test(type));
  const services = resources.filter(({ type }) => type === SERVICE);

  expect(grants.length).toBeGreaterThan(15);
  expect(grants.filter(({ hooks }) => hooks.create.after.length !== 1).map(({ urn }) => urn)).toEqual([]);
  expect(services.map(({ hooks }) => [hooks.create.before.length, hooks.update.before.length])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
});
