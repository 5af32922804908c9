import fs from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { parseDeployerSettings } from "../../../infra/deployer/deployer-settings.ts";
import { DATABASES_VIEWER, GRANTED_BY_A_STACK, ROLES_BY_TYPE, rolesTo } from "../../../infra/deployer/roles.ts";
import { SettingsError } from "../../../infra/settings/settings.ts";
import { runProgramOffline } from "../../../infra/preview/run-program.ts";
import { textOf } from "../../../infra/preview/wire-values.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { type Graph, at, ofType, runFixture, the } from "../support/graph.ts";
import { sharedHost } from "../support/host/shared-host.ts";

const GRANT = "gcp:projects/iAMMember:IAMMember";
const PROVIDER = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider";
const FOLDER = path.join(PROJECT_DIR, "infra/deployer");

const example = z
  .object({ config: z.record(z.string(), z.string()) })
  .parse(parse(fs.readFileSync(path.join(FOLDER, "Pulumi.staging.yaml.example"), "utf8"))).config;

/** Runs the program itself, as Pulumi would. */
function runDeployer(change: Readonly<Record<string, string>> = {}) {
  const config = { ...example, ...change };
  return runProgramOffline({ stack: "staging", mode: "update", config, program: FOLDER }, sharedHost);
}

/** Graphs of stacks that have, together, everything that a stack may have. */
let graphs: readonly Graph[] = [];

beforeAll(async () => {
  const everything = {
    "handoff:monthlyBudget": "250",
    "handoff:billingAccount": "012345-6789AB-CDEF01",
    "handoff:logRetentionDays": "90",
  };
  const runs = [await runFixture("dev", "update"), await runFixture("production", "update", everything)];
  const failed = runs.find(({ succeeded }) => !succeeded);
  if (failed) throw new Error(failed.output);
  graphs = runs.map(({ resources }) => resources);
}, 300_000);

/** The roles that one of the accounts has on the project. */
function rolesOf(name: string, graph: Graph): string[] {
  const grants = ofType(graph, GRANT).filter(({ inputs }) =>
    textOf(inputs["member"]).startsWith(`serviceAccount:handoff-staging-${name}@`),
  );
  return grants.map(({ inputs }) => textOf(inputs["role"])).toSorted();
}

test("every type of resource that a stack may have is in the table of roles, and no other", () => {
  const types = new Set(
    graphs.flatMap((graph) => graph.filter(({ custom }) => custom).map(({ type }) => type)).filter(isNoProvider),
  );
  expect([...ROLES_BY_TYPE.keys()].toSorted()).toEqual([...types].toSorted());
});

const isNoProvider = (type: string) => !type.startsWith("pulumi:providers:");

test("a deployer has the roles of the table on the project, and none of the basic ones", async () => {
  const { resources, output } = await runDeployer();
  expect(output).toBe("");
  expect(rolesOf("deployer", resources)).toEqual(rolesTo("change"));
  expect(rolesTo("change").filter((role) => /^roles\/(owner|editor|viewer)$/.test(role))).toEqual([]);
});

test("a previewer changes nothing and reads no documents", async () => {
  const { resources } = await runDeployer();
  const own = "projects/my-project-123/roles/handoff_staging_databases_viewer";
  const named = rolesTo("look").filter((role) => role !== DATABASES_VIEWER);
  expect(rolesOf("previewer", resources)).toEqual([own, ...named].toSorted());
  const changing = named.filter((role) => !/([vV]iewer|Accessor|[rR]eader|Reviewer)$/.test(role));
  expect(changing).toEqual([]);
  const role = the(resources, "gcp:projects/iAMCustomRole:IAMCustomRole", DATABASES_VIEWER);
  expect(JSON.stringify(role.inputs["permissions"])).not.toMatch(/entities|create|update|delete/);
});

test("a deployer may grant on the project what a stack grants there, and nothing else", async () => {
  const granted = new Set(graphs.flatMap((graph) => ofType(graph, GRANT).map(({ inputs }) => textOf(inputs["role"]))));
  expect([...GRANTED_BY_A_STACK].toSorted()).toEqual([...granted].toSorted());

  const { resources } = await runDeployer();
  const limited = ofType(resources, GRANT).filter(({ inputs }) => at(inputs, "condition.expression") !== undefined);
  expect(limited.map(({ inputs }) => [inputs["role"], at(inputs, "condition.expression")])).toEqual([
    [
      "roles/resourcemanager.projectIamAdmin",
      "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/datastore.user', " +
        "'roles/eventarc.eventReceiver', 'roles/monitoring.viewer', 'roles/telemetry.tracesWriter'])",
    ],
  ]);
});

test.each([
  [
    { "handoff-deployer:previewsPullRequests": "true" },
    "assertion.repository_id == '123456789' && (assertion.ref == 'refs/heads/main' || assertion.event_name == 'pull_request')",
  ],
  [
    { "handoff-deployer:previewsPullRequests": "false" },
    "assertion.repository_id == '123456789' && assertion.ref == 'refs/heads/main'",
  ],
])("jobs of one repository get in, by what they run for: %j", async (change, looking) => {
  const { resources } = await runDeployer(change);
  expect(the(resources, PROVIDER, "deployer").inputs["attributeCondition"]).toBe(
    "assertion.repository_id == '123456789' && assertion.environment == 'staging' && assertion.ref == 'refs/heads/main'",
  );
  expect(the(resources, PROVIDER, "previewer").inputs["attributeCondition"]).toBe(looking);
});

test("each account can be had through its own pool alone", async () => {
  const { resources } = await runDeployer();
  const grants = ofType(resources, "gcp:serviceaccount/iAMMember:IAMMember").map(({ inputs }) => inputs);
  expect(grants).toEqual(
    ["deployer", "previewer"].map((name) => ({
      serviceAccountId: `projects/my-project-123/serviceAccounts/handoff-staging-${name}@my-project-123.iam.gserviceaccount.com`,
      role: "roles/iam.workloadIdentityUser",
      member: `principalSet://iam.googleapis.com/${name}-1a2b3c4/*`,
    })),
  );
  expect(resources.filter(({ type }) => type.includes("serviceaccount/key"))).toEqual([]);
});

test("the state keeps its versions and is nobody else's, and it and the key are protected", async () => {
  const { resources } = await runDeployer();
  const bucket = the(resources, "gcp:storage/bucket:Bucket", "state");
  expect(bucket.inputs).toMatchObject({
    name: "my-project-123-handoff-staging-state",
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    versioning: { enabled: true },
  });
  const kept = resources.filter(({ protect }) => protect).map(({ type }) => type.replace(/^.*:/, ""));
  expect(kept.toSorted()).toEqual(["Bucket", "CryptoKey", "KeyRing"]);
  const ofState = ofType(resources, "gcp:storage/bucketIAMMember:BucketIAMMember").map(({ inputs }) =>
    textOf(inputs["role"]),
  );
  expect(ofState.toSorted()).toEqual(["roles/storage.objectAdmin", "roles/storage.objectViewer"]);
});

test("the outputs are what the workflows read", async () => {
  const { outputs } = await runDeployer();
  expect(outputs).toEqual({
    github: {
      state: "gs://my-project-123-handoff-staging-state",
      deploy: {
        provider: "deployer-1a2b3c4",
        account: "handoff-staging-deployer@my-project-123.iam.gserviceaccount.com",
      },
      preview: {
        provider: "previewer-1a2b3c4",
        account: "handoff-staging-previewer@my-project-123.iam.gserviceaccount.com",
      },
    },
    secretsProvider: "gcpkms://pulumi-id",
  });
  const workflows = path.join(PROJECT_DIR, ".github/workflows");
  const read = fs
    .readdirSync(workflows)
    .flatMap((name) =>
      [...fs.readFileSync(path.join(workflows, name), "utf8").matchAll(/fromJSON\(vars\.\w+\)\.([\w.]+)/g)].map(
        ([, key = ""]) => key,
      ),
    );
  expect(new Set(read)).toEqual(
    new Set(["state", "deploy.provider", "deploy.account", "preview.provider", "preview.account"]),
  );
});

test.each([
  [{ "handoff-deployer:repositoryId": "OWNER/handoff" }, "repositoryId: must be the repository's number"],
  [{ "handoff-deployer:repositoryId": "1' || true || '" }, "repositoryId: must be the repository's number"],
  [{ "handoff-deployer:environment": "staging' || true" }, "environment: must be lower-case letters"],
  [{ "handoff-deployer:branch": "main' || 'a' == 'a" }, "branch: must be a branch's name"],
  [
    { "handoff-deployer:repo": "1" },
    "handoff-deployer:repo: there is no such setting. The settings are: project, region,",
  ],
])("%j is refused with an explanation", (change, sentence) => {
  const parseChanged = () => parseDeployerSettings({ ...example, ...change });
  expect(parseChanged).toThrow(SettingsError);
  expect(parseChanged).toThrow(sentence);
});

test("a setting that is missing is named", () => {
  expect(() => parseDeployerSettings({})).toThrow(
    "handoff-deployer:repositoryId: is not set. Set it with: pulumi config set handoff-deployer:repositoryId …",
  );
});
