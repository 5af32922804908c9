import { expect, test } from "vitest";
import { providerStack } from "../engine/provider-stack.ts";
import { type Fault, faults } from "../fake-google/faults.ts";

const QUEUES = /^POST tasks\/.+\/queues$/;
const JOBS = /^POST scheduler\/.+\/jobs$/;
const SERVICES = /^POST run\/.+\/services$/;
const ANY_WRITE = /^(POST|PATCH) (?!.*:getIamPolicy)/;

/** What an update survives: the provider repeats the call, or the program the creation. */
const SURVIVED: readonly (readonly [string, readonly Fault[]])[] = [
  ["an API that was enabled just now", [faults.apiOff(QUEUES, "Cloud Tasks API", 3)]],
  ["a grant that isn't in effect yet", [faults.notYetAllowed(JOBS, "iam.serviceAccounts.actAs", 2)]],
  ["too many calls a minute", [faults.tooManyCalls(ANY_WRITE, 5)]],
  ["an API that is down for a moment", [faults.unavailable(ANY_WRITE, 3)]],
  ["a connection that is cut before a call", [faults.cut(/^GET /, 2)]],
  ["an operation that takes its time", [faults.slow(SERVICES, 2)]],
];

test.each(SURVIVED)("an update survives %s", async (_, script) => {
  const { stack, google } = await providerStack("dev");
  google.faults.set(script);

  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
});

test("an update survives IAM that is late with accounts and policies", async () => {
  const { stack, google } = await providerStack("dev");
  google.world.policies.lateness = { accounts: 3, reads: 2 };

  expect(await stack.up()).toMatchObject({ succeeded: true });
  expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
});

/** What ends an update, and what it says. */
const ENDED: readonly (readonly [string, Fault, string])[] = [
  ["a permission that nobody gives", faults.forbidden(QUEUES, "cloudtasks.queues.create"), "cloudtasks.queues.create"],
  ["a region without vCPUs to spare", faults.noQuota(SERVICES), "CpuAllocPerProjectRegion"],
  ["a name that is taken", faults.taken(/^POST firestore\/.+\/databases$/), "already exists"],
  ["a revision that doesn't start", faults.endsBadly(SERVICES, "no instance starts"), "no instance starts"],
];

test.each(ENDED)(
  "%s ends an update with its sentence, and once it is gone the next one goes on",
  async (_, fault, says) => {
    const { stack, google } = await providerStack("dev");
    google.faults.set([fault]);
    expect(await stack.up()).toMatchObject({ succeeded: false, output: expect.stringContaining(says) });

    google.faults.set([]);
    expect(await stack.up()).toMatchObject({ succeeded: true });
    expect(await stack.preview()).toMatchObject({ succeeded: true, steps: [] });
  },
);
