import { expect, test } from "vitest";
import { parseSettings } from "../../../infra/settings/settings.ts";
import type { ProgramRun } from "../../../infra/preview/run-program.ts";
import { textOf } from "../../../infra/preview/wire-values.ts";
import { FIXTURE } from "../support/fixture-registry.ts";
import { type Graph, at, ofType, runFixture, the, variablesOf } from "../support/graph.ts";
import { POLICIES } from "../support/policies.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const NEEDED = { "handoff:project": "my-project-123", "handoff:region": "europe-west1", "handoff:prefix": "handoff" };
const OWN = {
  "handoff:workerEnvironment": '{"SENTRY_ENVIRONMENT":"staging"}',
  "handoff:workerSecrets": JSON.stringify({
    SENTRY_DSN: "projects/my-project-123/secrets/sentry-dsn/versions/7",
    OLD_DSN: "projects/my-project-123/secrets/sentry-dsn/versions/6",
    SHARED_KEY: "projects/vault-456/secrets/shared-key/versions/1",
  }),
};

const run = async (): Promise<ProgramRun> => {
  const ended = await runFixture("production", "update", OWN);
  expect(ended.output).toBe("");
  return ended;
};

/** What a service reads from Secret Manager: variable, secret, version. */
function secretsRead(service: Graph[number]): string[] {
  const envs = Object.values(at(service.inputs, "template.containers[0].envs") ?? {});
  return envs.flatMap((env) => {
    const from = at(env, "valueSource.secretKeyRef");
    if (from === undefined) return [];
    return [[at(env, "name"), at(from, "secret"), at(from, "version")].map((it) => textOf(it)).join(" ")];
  });
}

test("the worker alone gets the stack's own variables, and reads its secrets at the versions that are named", async () => {
  const { resources } = await run();
  const worker = the(resources, SERVICE, "worker");

  expect(variablesOf(worker).get("SENTRY_ENVIRONMENT")).toBe("staging");
  expect(secretsRead(worker).filter((read) => !read.startsWith("WEBHOOK_"))).toEqual([
    "SENTRY_DSN sentry-dsn 7",
    "OLD_DSN sentry-dsn 6",
    "SHARED_KEY projects/vault-456/secrets/shared-key 1",
  ]);
  for (const name of ["producer", "console"]) {
    const service = the(resources, SERVICE, name);
    expect([variablesOf(service).has("SENTRY_ENVIRONMENT"), secretsRead(service)]).toEqual([false, []]);
  }
});

test("the worker's account may read each of its secrets, once, before the worker starts", async () => {
  const { resources } = await run();
  const grants = ofType(resources, "gcp:secretmanager/secretIamMember:SecretIamMember").filter(({ name }) =>
    name.startsWith("worker-reads-"),
  );
  expect(grants.map(({ inputs }) => [inputs["secretId"], inputs["role"], inputs["member"]])).toEqual(
    ["projects/my-project-123/secrets/sentry-dsn", "projects/vault-456/secrets/shared-key"].map((secret) => [
      secret,
      "roles/secretmanager.secretAccessor",
      "serviceAccount:handoff-worker@my-project-123.iam.gserviceaccount.com",
    ]),
  );
  const worker = the(resources, SERVICE, "worker");
  for (const { urn } of grants) expect(worker.dependencies).toContain(urn);
});

test("a stack with variables and secrets of its own keeps every policy", async () => {
  const { resources } = await run();
  for (const [name, policy] of Object.entries(POLICIES)) {
    expect([name, policy(resources, "production", FIXTURE)]).toEqual([name, []]);
  }
});

test("no variable that a service is given by Handoff can be shadowed", async () => {
  const { resources } = await run();
  const given = new Set(
    ["worker", "producer"].flatMap((name) => [...variablesOf(the(resources, SERVICE, name)).keys()]),
  );
  given.delete("SENTRY_ENVIRONMENT");
  expect(given.size).toBeGreaterThan(15);
  for (const name of given) {
    const settings = { ...NEEDED, "handoff:workerEnvironment": JSON.stringify({ [name]: "x" }) };
    expect(() => parseSettings(settings, FIXTURE)).toThrow(`handoff:workerEnvironment.${name}: is `);
  }
});
