import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { PROJECT_DIR } from "../../tools/project-dir.ts";
import { printGraph } from "../../infra/preview/print-graph.ts";
import { readExample } from "../../infra/preview/stacks.ts";
import { shardKeys } from "../../shared/contract/queue-shards.ts";
import { registry } from "../../shared/tasks/index.ts";
import { idsOf } from "../../services/producer/tasks/shared-keys.ts";
import { FIXTURE } from "./support/fixture-registry.ts";
import { runRecorded } from "./support/host/ask-host.ts";
import { exampleFor, ofType, runFixture, runRegistered, the, variablesOf } from "./support/graph.ts";

test.each(["dev", "production"] as const)("a preview of %s settings requests the reviewed resources", async (kind) => {
  const run = await runFixture(kind, "preview");
  expect(run.output).toBe("");
  await expect(`${printGraph(run.resources)}\n`).toMatchFileSnapshot(`snapshots/${kind}.txt`);
});

test("an update requests the same as its preview, plus what the preview could not know", async () => {
  const [preview, update] = await Promise.all([
    runFixture("production", "preview"),
    runFixture("production", "update"),
  ]);
  const identity = ({ urn, protect }: { urn: string; protect: boolean }) => `${urn} ${protect}`;

  expect(update.resources.map(identity).toSorted()).toEqual(preview.resources.map(identity).toSorted());
  expect(JSON.stringify(preview.resources)).toContain("[unknown]");
  expect(JSON.stringify(update.resources)).not.toContain("[unknown]");
  expect(update.outputs).toEqual({
    consoleUrl: "https://handoff-console-1a2b3c4-ew.a.run.app",
    database: "handoff",
    databaseLocation: "europe-west1",
    images: {
      console: `europe-west1-docker.pkg.dev/my-project-123/console@sha256:${"0".repeat(64)}`,
      producer: `europe-west1-docker.pkg.dev/my-project-123/producer@sha256:${"0".repeat(64)}`,
      worker: `europe-west1-docker.pkg.dev/my-project-123/worker@sha256:${"0".repeat(64)}`,
    },
    invoker: "handoff-invoker@my-project-123.iam.gserviceaccount.com",
    producerUrl: "https://handoff-producer-1a2b3c4-ew.a.run.app",
    workerUrl: "https://handoff-worker-1a2b3c4-ew.a.run.app",
    queueNames: {
      bulk: ["handoff-bulk-1a2b3c4"],
      critical: ["handoff-critical-1a2b3c4"],
      default: ["handoff-default-1a2b3c4"],
    },
  });
});

test("a configured signing secret is used, and marked as a secret; one in plain text is warned of", async () => {
  const secret = "whsec_dGhlLXNlY3JldC10aGF0LXdhcy1naXZlbi1ieS1oYW5k";
  const run = await runFixture("dev", "update", { "handoff:webhookSigningSecret": secret });

  const version = run.resources.find(({ type }) => type === "gcp:secretmanager/secretVersion:SecretVersion");
  expect(version?.inputs["secretData"]).toBe("[secret]");
  expect(version?.openInputs["secretData"]).toBe(secret);
  expect(run.warnings).toEqual([
    "handoff:webhookSigningSecret is a secret, but was set without --secret, so the stack's file holds it in plain text. Set it with: " +
      "pulumi config set --secret handoff:webhookSigningSecret … If others have seen the file, use a new value.",
  ]);
  expect(run.resources.some(({ type }) => type.startsWith("random:"))).toBe(false);
});

test("an additional queue adds one queue, a grant on it for each service, and its name in the services' environment", async () => {
  const given = { "handoff:mailKey": "key", "handoff:mailSender": "us@example.com" };
  const [before, after] = await Promise.all([
    runFixture("dev", "update"),
    runFixture("dev", "update", given, "WIDER_FIXTURE"),
  ]);
  const known = new Set(before.resources.map(({ urn }) => urn));
  const added = after.resources.filter(({ urn }) => !known.has(urn)).map(({ type, name }) => `${type} ${name}`);

  expect(added.toSorted()).toEqual([
    "gcp:cloudtasks/queue:Queue handoff-dev-reports",
    "gcp:cloudtasks/queueIamMember:QueueIamMember producer-queue-reports",
    "gcp:cloudtasks/queueIamMember:QueueIamMember worker-queue-reports",
    "gcp:secretmanager/secret:Secret mail-key",
    "gcp:secretmanager/secretIamMember:SecretIamMember worker-mail-key",
    "gcp:secretmanager/secretVersion:SecretVersion mail-key",
  ]);
  expect(after.resources.length).toBe(before.resources.length + added.length);
  const variables = variablesOf(the(after.resources, "gcp:cloudrunv2/service:Service", "worker"));
  expect(variables.get("QUEUES")).toContain('"reports":["handoff-dev-reports-1a2b3c4"]');
  expect(variables.get("MAIL_SENDER")).toBe("us@example.com");
  expect(variables.has("MAIL_PAGES")).toBe(false);
});

test("the resources of the webhook secret keep their earlier names, so that Pulumi doesn't replace them", async () => {
  const { resources } = await runFixture("production", "update");
  const urns = new Set(resources.map(({ urn }) => urn));
  const known = [
    "handoff:infra:SigningSecret$gcp:secretmanager/secret:Secret::webhook-signing-secret",
    "handoff:infra:SigningSecret$gcp:secretmanager/secretVersion:SecretVersion::webhook-signing-secret",
    "handoff:infra:SigningSecret$random:index/randomBytes:RandomBytes::webhook-signing-secret",
    "handoff:infra:Grants$gcp:secretmanager/secretIamMember:SecretIamMember::worker-signing-secret",
  ];
  expect(known.filter((name) => !urns.has(`urn:pulumi:production::handoff::${name}`))).toEqual([]);
});

test("a preview of an example with the real registry requests each queue and its grants", async () => {
  const run = await runRegistered("dev", "preview");
  const queues = ofType(run.resources, "gcp:cloudtasks/queue:Queue").map(({ name }) => name);
  const grants = ofType(run.resources, "gcp:cloudtasks/queueIamMember:QueueIamMember").map(({ name }) => name);

  expect(run.output).toBe("");
  const shards = [...registry.queues].flatMap(([key, queue]) => shardKeys(key, queue));
  expect(queues.toSorted()).toEqual(shards.map((key) => `handoff-dev-${key}`).toSorted());
  expect(grants).toHaveLength(2 * shards.length);
});

test("wrong settings end a preview with a sentence each, and nothing is requested", async () => {
  const run = await runFixture("dev", "preview", { "handoff:region": "mars", "handoff:workerMaxInstances": "none" });

  expect(run.succeeded).toBe(false);
  expect(run.output).toContain("handoff:region: must be a region, for example europe-west1.");
  expect(run.output).toContain("handoff:workerMaxInstances: must be a whole number from 1 to 1000, in plain digits.");
  expect(run.resources.filter(({ custom }) => custom)).toEqual([]);
});

test("an exceeded budget ends a preview with a sentence, and nothing is requested", async () => {
  const run = await runFixture("dev", "preview", { "handoff:workerMaxInstances": "2" });

  expect(run.succeeded).toBe(false);
  expect(run.output).toContain("The queues send up to 220 deliveries at once, but the worker accepts only 80");
  expect(run.resources.filter(({ custom }) => custom)).toEqual([]);
});

test("a stack's name becomes a label that Google Cloud accepts", async () => {
  const run = await runRecorded({ stack: "Prod.v1", mode: "preview", ...exampleFor("dev", registry) });
  const google = run.resources.find(({ name, type }) => type === "pulumi:providers:gcp" && name === "google");
  expect(google?.inputs["defaultLabels"]).toBe('{"app":"handoff","stack":"prod-v1"}');
});

test("the program requires a Pulumi no older than the package it was tested with", async () => {
  const { pulumiVersions } = await runFixture("dev", "preview");
  const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });
  const { devDependencies } = manifest.parse(
    JSON.parse(fs.readFileSync(path.join(PROJECT_DIR, "package.json"), "utf8")),
  );
  expect(pulumiVersions).toBe(`>=${devDependencies["@pulumi/pulumi"]}`);
});

test("a program that requests one resource twice is refused, as by Pulumi", async () => {
  const source = `
    import * as gcp from "@pulumi/gcp";
    for (const location of ["a", "b"]) new gcp.cloudtasks.Queue("queue", { location });`;
  const run = await runRecorded({ stack: "dev", mode: "preview", config: {}, source });

  expect(run.succeeded).toBe(false);
  expect(run.output).toContain("Duplicate resource URN");
});

test("a caller keeps its grant when others come or go", async () => {
  const both = await runFixture("dev", "update", { "handoff:callers": '["user:a@example.com","user:b@example.com"]' });
  const one = await runFixture("dev", "update", { "handoff:callers": '["user:b@example.com"]' });
  const grantOf = ({ resources }: typeof both, member: string) =>
    resources.filter(({ type, inputs }) => type.endsWith(":ServiceIamMember") && inputs["member"] === member);

  expect(grantOf(one, "user:b@example.com")).toHaveLength(1);
  expect(grantOf(both, "user:b@example.com").map(({ urn }) => urn)).toEqual(
    grantOf(one, "user:b@example.com").map(({ urn }) => urn),
  );
});

test("changing a production stack's signing secret deletes nothing that is protected", async () => {
  const secret = "whsec_dGhlLXNlY3JldC10aGF0LXdhcy1naXZlbi1ieS1oYW5k";
  const [before, after] = await Promise.all([
    runFixture("production", "update"),
    runFixture("production", "update", { "handoff:webhookSigningSecret": secret }),
  ]);
  const left = new Set(after.resources.map(({ urn }) => urn));
  const gone = before.resources.filter(({ urn }) => !left.has(urn));

  expect(gone.map(({ type, protect }) => [type, protect])).toEqual([["random:index/randomBytes:RandomBytes", false]]);
});

test("docs/deploy.md says how many resources each example creates", async () => {
  const [dev, production] = await Promise.all([runFixture("dev", "preview"), runFixture("production", "preview")]);
  const count = ({ resources }: typeof dev): number => resources.filter(({ custom }) => custom).length;

  const text = fs.readFileSync(path.join(PROJECT_DIR, "docs/deploy.md"), "utf8");
  expect(text).toContain(`${count(dev)} resources for the dev example, ${count(production)} for production's`);
});

test("the examples hold nothing but our settings, which a preview has accepted", () => {
  for (const kind of ["dev", "production"] as const) {
    expect(
      Object.keys(readExample(kind, FIXTURE.settings).config).filter((key) => !key.startsWith("handoff:")),
    ).toEqual([]);
  }
});

test("the examples, which are for new stacks, look for no keys that callers once shared", () => {
  const taskType = FIXTURE.listed[0];
  const task = { taskType, key: { text: "k" }, caller: { email: "shop@example.com", role: "caller" } } as const;
  for (const kind of ["dev", "production"] as const) {
    const callerKeysFromMs = Date.parse(readExample(kind, FIXTURE.settings).config["handoff:callerKeysFrom"] ?? "");
    expect(callerKeysFromMs).not.toBeNaN();
    expect(Object.keys(idsOf(task, { nowMs: Date.now(), callerKeysFromMs }))).toEqual(["id"]);
  }
});
