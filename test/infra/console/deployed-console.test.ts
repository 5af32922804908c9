import { expect, onTestFinished, test } from "vitest";
import type { Fault } from "../../../infra/preview/cloud/fault.ts";
import { OfflineCloud } from "../../../infra/preview/cloud/offline-cloud.ts";
import type { ProvidedResource, RecordedResource } from "../../../infra/preview/recorded-resource.ts";
import { type ProgramRun, runProgramOffline } from "../../../infra/preview/run-program.ts";
import { textOf } from "../../../infra/preview/wire-values.ts";
import {
  type Graph,
  at,
  exampleFor,
  ofType,
  programOfFixture,
  runFixture,
  the,
  variablesOf,
} from "../support/graph.ts";
import { FIXTURE } from "../support/fixture-registry.ts";
import { sharedHost } from "../support/host/shared-host.ts";
import { makeProgram } from "../support/program.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const ACCOUNT = "serviceAccount:handoff-dev-console@my-project-123.iam.gserviceaccount.com";
const IAP_AGENT = "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com";
const PEOPLE = {
  "handoff:operators": '["on-call@example.com"]',
  "handoff:viewers": '["support@example.com","reports@my-project-123.iam.gserviceaccount.com"]',
};
const MEMBERS = [
  "user:on-call@example.com",
  "user:support@example.com",
  "serviceAccount:reports@my-project-123.iam.gserviceaccount.com",
];

const run = async (change: Readonly<Record<string, string>>): Promise<ProgramRun> => {
  const ended = await runFixture("dev", "update", { ...PEOPLE, ...change });
  expect(ended.output).toBe("");
  return ended;
};

/** All grants that name the console's service, or are its account's: role, on what, to whom. */
function grantsAround(graph: Graph): string[] {
  return graph
    .filter(({ type }) => /Iam|IAM/.test(type))
    .map(({ inputs }) => [
      inputs["role"],
      inputs["name"] ?? inputs["cloudRunServiceName"] ?? inputs["project"],
      inputs["member"],
    ])
    .filter(([, on, member]) => on === "handoff-dev-console" || member === ACCOUNT)
    .map((grant) => grant.map((part) => textOf(part)).join(" "))
    .toSorted();
}

const ITS_OWN_GRANT = `roles/run.invoker handoff-dev-producer ${ACCOUNT}`;

test("operators and viewers may find and call a console without Identity-Aware Proxy, which itself may only call the producer", async () => {
  const { resources, outputs } = await run({});
  const service = the(resources, SERVICE, "console");

  expect(grantsAround(resources)).toEqual(
    [ITS_OWN_GRANT]
      .concat(MEMBERS.map((member) => `roles/run.invoker handoff-dev-console ${member}`))
      .concat(MEMBERS.map((member) => `roles/run.viewer handoff-dev-console ${member}`))
      .toSorted(),
  );
  expect(service.inputs).toMatchObject({
    ingress: "INGRESS_TRAFFIC_ALL",
    iapEnabled: false,
    customAudiences: ["https://handoff-dev-console.my-project-123.internal"],
  });
  expect(resources.filter(({ type }) => /iap|serviceIdentity/i.test(type))).toEqual([]);
  expect(outputs["consoleUrl"]).toBe("https://handoff-dev-console-1a2b3c4-ew.a.run.app");
});

test("behind Identity-Aware Proxy, only its agent may call the console, and operators and viewers pass through it", async () => {
  const { resources } = await run({ "handoff:console": "iap" });
  const service = the(resources, SERVICE, "console");
  const agent = the(resources, "gcp:projects/serviceIdentity:ServiceIdentity", "iap");
  const mayCall = the(resources, "gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "iap-calls-console");

  expect(grantsAround(resources)).toEqual(
    [ITS_OWN_GRANT, `roles/run.invoker handoff-dev-console ${IAP_AGENT}`]
      .concat(MEMBERS.map((member) => `roles/iap.httpsResourceAccessor handoff-dev-console ${member}`))
      .toSorted(),
  );
  expect(service.inputs).toMatchObject({ ingress: "INGRESS_TRAFFIC_ALL", iapEnabled: true });
  expect(service.inputs["customAudiences"]).toBeUndefined();
  expect(agent.inputs).toEqual({ project: "my-project-123", service: "iap.googleapis.com" });
  expect(mayCall.dependencies).toContain(agent.urn);
});

const TOLD = {
  GOOGLE_CLOUD_PROJECT: "my-project-123",
  LOG_LEVEL: "debug",
  PRODUCER_URL: "https://handoff-dev-producer-123456789012.europe-west1.run.app",
  PRODUCER_AUDIENCE: "https://handoff-dev-producer.my-project-123.internal",
  CONSOLE_URL: "https://handoff-dev-console-123456789012.europe-west1.run.app",
  AUTH_MODE: "auto",
  INVOKER_CHECK: "on",
  MEMORY_MIB: "512",
};

test.each([
  ["cloud-run", { CONSOLE_AUDIENCE: "https://handoff-dev-console.my-project-123.internal" }],
  ["iap", { IAP_AUDIENCE: "/projects/123456789012/locations/europe-west1/services/handoff-dev-console" }],
])(
  "with %s the console is told exactly who may prove to be whom, and where the producer is",
  async (identity, audience) => {
    const { resources } = await run({ "handoff:console": identity, "handoff:traceSampleRatio": "0.5" });

    expect(Object.fromEntries(variablesOf(the(resources, SERVICE, "console")))).toEqual({
      ...TOLD,
      CONSOLE_IDENTITY: identity,
      ...audience,
    });
  },
);

test("the producer knows the console's account by a role of its own", async () => {
  const { resources } = await run({});
  const access: unknown = JSON.parse(variablesOf(the(resources, SERVICE, "producer")).get("ACCESS") ?? "{}");

  expect(access).toMatchObject({ accounts: { [ACCOUNT.replace("serviceAccount:", "")]: "console" } });
});

test("a console that is off leaves nothing behind, and takes away nothing else", async () => {
  const [on, off] = [await run({ "handoff:console": "iap" }), await run({ "handoff:console": "off" })];
  const left = new Set(off.resources.map(({ urn }) => urn));
  const gone = on.resources.filter(({ urn }) => !left.has(urn)).map(({ name, type }) => `${type} ${name}`);

  expect(gone.toSorted()).toEqual(
    [
      "docker-build:index:Image console",
      "gcp:cloudrunv2/service:Service console",
      "gcp:cloudrunv2/serviceIamMember:ServiceIamMember console-calls-producer",
      "gcp:cloudrunv2/serviceIamMember:ServiceIamMember iap-calls-console",
      ...MEMBERS.map((it) => `gcp:iap/webCloudRunServiceIamMember:WebCloudRunServiceIamMember ${it}-opens-console`),
      "gcp:projects/service:Service iap.googleapis.com",
      "gcp:projects/serviceIdentity:ServiceIdentity iap",
      "gcp:serviceaccount/account:Account handoff-dev-console",
      "handoff:infra:Console console",
      "handoff:infra:RunService console",
    ].toSorted(),
  );
  expect(off.resources.length).toBe(on.resources.length - gone.length);
  expect(JSON.stringify(off.resources)).not.toMatch(/console/i);
  expect(off.outputs["consoleUrl"]).toBeUndefined();
});

test("turning the console off deletes nothing that is protected, in production either", async () => {
  const { resources } = await runFixture("production", "preview");
  const console = the(resources, SERVICE, "console");

  expect([console.protect, console.inputs["deletionProtection"]]).toEqual([false, false]);
  expect(the(resources, SERVICE, "worker").inputs["deletionProtection"]).toBe(true);
});

test("a console of an internal producer sends all its requests through the subnet, and no other service does", async () => {
  const subnet = "projects/network-host/regions/europe-west1/subnetworks/services";
  const { resources } = await run({ "handoff:producerIngress": "internal", "handoff:consoleSubnet": subnet });

  expect(at(the(resources, SERVICE, "console").inputs, "template.vpcAccess")).toEqual({
    egress: "ALL_TRAFFIC",
    networkInterfaces: [{ subnetwork: subnet }],
  });
  const others = ["worker", "producer"].map((name) => at(the(resources, SERVICE, name).inputs, "template.vpcAccess"));
  expect(others).toEqual([undefined, undefined]);
});

/** An update of the whole stack in which some calls fail, in an empty cloud. */
async function runFailing(failCreate: (resource: ProvidedResource) => Fault | undefined) {
  const { program, remove } = await makeProgram(programOfFixture("FIXTURE"));
  onTestFinished(remove);
  const cloud = new OfflineCloud();
  const example = exampleFor("dev", FIXTURE);
  const ended = await runProgramOffline(
    { stack: "dev", mode: "update", ...example, program, cloud, failCreate },
    sharedHost,
  );
  return { ...ended, cloud };
}

const BROKEN = { error: "Error waiting to create Service: no instance starts", leavesObject: true } as const;
const failing = (name: string) => (it: ProvidedResource) =>
  it.type === SERVICE && it.name === name ? BROKEN : undefined;

test("a console that doesn't start fails the update, once the other services and what calls them are there", async () => {
  const { succeeded, output, cloud, resources } = await runFailing(failing("console"));
  const { dependencies } = the(resources, SERVICE, "console");
  const needed = [
    the(resources, SERVICE, "producer"),
    the(resources, "gcp:eventarc/trigger:Trigger", "outbox"),
    the(resources, "gcp:cloudscheduler/job:Job", "handoff-dev-tick"),
  ];

  expect([succeeded, output]).toEqual([false, expect.stringContaining("no instance starts")]);
  expect(needed.filter(({ urn }) => !dependencies.includes(urn)).map(({ name }) => name)).toEqual([]);
  expect(needed.filter(({ urn }) => !cloud.state.has(urn)).map(({ name }) => name)).toEqual([]);
  const states = ["worker", "producer"].map((name) => cloud.services.get(`handoff-dev-${name}`)?.condition?.state);
  expect(states).toEqual(["CONDITION_SUCCEEDED", "CONDITION_SUCCEEDED"]);
});

test("a producer that doesn't start keeps the console from being deployed", async () => {
  const { succeeded, cloud } = await runFailing(failing("producer"));

  expect([succeeded, cloud.services.has("handoff-dev-worker"), cloud.services.has("handoff-dev-console")]).toEqual([
    false,
    true,
    false,
  ]);
});

test("no service but the console changes when it is turned on, except that the producer knows its account", async () => {
  const [on, off] = [await run({ "handoff:console": "iap" }), await run({ "handoff:console": "off" })];
  const others = ({ resources }: ProgramRun) => ofType(resources, SERVICE).filter(({ name }) => name !== "console");
  const withoutAccess = ({ inputs }: RecordedResource) =>
    JSON.stringify(inputs).replace(/"name":"ACCESS","value":"(\\.|[^"])*"/, "");

  expect(others(on).map(withoutAccess)).toEqual(others(off).map(withoutAccess));
});
