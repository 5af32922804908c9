import { expect, onTestFinished, test } from "vitest";
import { OfflineCloud } from "../../infra/preview/cloud/offline-cloud.ts";
import type { ProvidedResource } from "../../infra/preview/recorded-resource.ts";
import { runProgramOffline } from "../../infra/preview/run-program.ts";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { RETRIES_BY_TYPE, retriesOf } from "../../infra/retry-not-there-yet.ts";
import { runFixture } from "./support/graph.ts";
import { sharedHost } from "./support/host/shared-host.ts";
import { makeProgram } from "./support/program.ts";

const DISABLED = "Cloud Tasks API has not been used in project 123 before or it is disabled.";
const FORBIDDEN = "Error 403: The caller does not have permission";

/** Runs a program with one queue that retries without waiting. */
async function runOneQueue(failCreate: (attempt: number) => string | undefined) {
  const { program, remove } = await makeProgram(
    `import * as gcp from "@pulumi/gcp";
     import { retryNotThereYet } from "${PROJECT_DIR}/infra/retry-not-there-yet.ts";
     retryNotThereYet({ waitMs: 0 });
     new gcp.cloudtasks.Queue("queue", { location: "europe-west1" });`,
  );
  onTestFinished(remove);
  let attempts = 0;
  const options = {
    stack: "dev",
    mode: "update",
    config: {},
    program,
    failCreate: ({ type }: ProvidedResource, attempt: number) => {
      if (type !== "gcp:cloudtasks/queue:Queue") return undefined;
      attempts = attempt;
      return failCreate(attempt);
    },
  } as const;
  const run = await runProgramOffline(options, sharedHost);
  return { ...run, attempts };
}

test("a creation whose API isn't enabled yet is retried until it is", async () => {
  const run = await runOneQueue((attempt) => (attempt <= 2 ? DISABLED : undefined));
  expect(run).toMatchObject({ succeeded: true, attempts: 3, output: expect.not.stringContaining("did not end") });
});

test("an error that waiting can't fix fails at once", async () => {
  const run = await runOneQueue(() => FORBIDDEN);
  expect(run).toMatchObject({ succeeded: false, attempts: 1 });
  expect(run.output).toContain(FORBIDDEN);
});

test("a creation that keeps failing is abandoned after 12 more attempts", async () => {
  const run = await runOneQueue(() => DISABLED);
  expect(run).toMatchObject({ succeeded: false, attempts: 13 });
  expect(run.output).toContain(DISABLED);
});

/** Creates a queue, then updates it with a rate; the program retries without waiting. */
async function runUpdate(failUpdate: (attempt: number) => string | undefined) {
  const cloud = new OfflineCloud();
  let attempts = 0;
  const up = async (args: string) => {
    const { program, remove } = await makeProgram(
      `import * as gcp from "@pulumi/gcp";
       import { retryNotThereYet } from "${PROJECT_DIR}/infra/retry-not-there-yet.ts";
       retryNotThereYet({ waitMs: 0 });
       new gcp.cloudtasks.Queue("queue", { location: "europe-west1", ${args} });`,
    );
    try {
      const fail = (_: ProvidedResource, attempt: number) => {
        attempts = attempt;
        return failUpdate(attempt);
      };
      const options = { stack: "dev", mode: "update", config: {}, program, cloud, failUpdate: fail } as const;
      return await runProgramOffline(options, sharedHost);
    } finally {
      await remove();
    }
  };
  await up("");
  const run = await up("rateLimits: { maxDispatchesPerSecond: 1 }");
  return { succeeded: run.succeeded, output: run.output, attempts, state: [...cloud.state.values()] };
}

test("an update for which something is still missing is retried until it is there, and then made", async () => {
  const run = await runUpdate((attempt) => (attempt <= 2 ? DISABLED : undefined));
  expect(run).toMatchObject({ succeeded: true, attempts: 3 });
  expect(run.state).toMatchObject([{ inputs: { rateLimits: { maxDispatchesPerSecond: 1 } }, failed: false }]);
});

test("an update that waiting can't help fails at once, and the state keeps what it had", async () => {
  const run = await runUpdate(() => FORBIDDEN);
  expect(run).toMatchObject({ succeeded: false, attempts: 1 });
  expect(run.state[0]?.inputs).not.toHaveProperty("rateLimits");
});

/** Types whose failed creation may leave an object, so that a retry would report success over it. */
const LEAVE_AN_OBJECT = ["gcp:cloudrunv2/service:Service", "gcp:secretmanager/secretVersion:SecretVersion"];

test("it is decided for every type of resource whether a retry is safe, and unsafe ones are never retried", async () => {
  const runs = await Promise.all([runFixture("dev", "preview"), runFixture("production", "preview")]);
  const google = runs.flatMap(({ resources }) => resources.filter(({ type }) => type.startsWith("gcp:")));
  const retried = google.filter(({ errorHooks }) => errorHooks.length > 0).map(({ type }) => type);

  expect(google.filter(({ type }) => !RETRIES_BY_TYPE.has(type)).map(({ type }) => type)).toEqual([]);
  expect(LEAVE_AN_OBJECT.filter((type) => retried.includes(type))).toEqual([]);
  expect(new Set([...retried, ...LEAVE_AN_OBJECT])).toEqual(new Set(google.map(({ type }) => type)));
});

test.each([
  ["Service account handoff-invoker@p.iam.gserviceaccount.com does not exist.", 12],
  ["googleapi: Error 403: reason: SERVICE_DISABLED", 12],
  ["Error 403: The caller does not have permission: iam.serviceAccounts.actAs", 12],
  [
    'Error 403: The principal (user or service account) lacks IAM permission "iam.serviceAccounts.actAs" for the resource ' +
      '"tick@p.iam.gserviceaccount.com" (or the resource may not exist).',
    12,
  ],
  ["Error 403: Permission 'iam.serviceaccounts.actAs' denied on service account a@p.iam (or it may not exist).", 12],
  ['Error 403: The principal lacks IAM permission "cloudscheduler.jobs.create".', 0],
  ["Permission denied on secret: projects/1/secrets/s for Revision service account", 0],
  ["Google Cloud Run Service Agent s must have permission to read the image, i", 0],
  ["Google Cloud Run Service Agent does not have permission to get access tokens for the service account a.", 0],
  ["Error waiting to create Database: Service account a@p.iam.gserviceaccount.com does not exist.", 0],
  ["Error waiting for Creating Repository: SERVICE_DISABLED", 0],
  ['Error 404: Cannot find metric(s) that match type = "logging.googleapis.com/user/handoff-deliveries".', 44],
  ["Error 403: Permission 'run.services.create' denied", 0],
  ["Error 409: Requested entity already exists", 0],
  ["Error 400: Invalid argument", 0],
])("%s: is retried %i times", (error, retries) => {
  expect(retriesOf(error)).toBe(retries);
});
