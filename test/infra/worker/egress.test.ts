import { expect, test } from "vitest";
import { importCommands } from "../../../infra/preview/recovery.ts";
import type { ProgramRun } from "../../../infra/preview/run-program.ts";
import { FIXTURE } from "../support/fixture-registry.ts";
import { at, ofType, runFixture, the } from "../support/graph.ts";
import { POLICIES } from "../support/policies.ts";

const SERVICE = "gcp:cloudrunv2/service:Service";
const STATIC = { "handoff:workerEgress": "static-ip" };

const run = async (change: Readonly<Record<string, string>>) => {
  const ended = await runFixture("production", "update", change);
  expect(ended.output).toBe("");
  return ended;
};

const accessOf = ({ resources }: ProgramRun, name: string) =>
  at(the(resources, SERVICE, name).inputs, "template.vpcAccess");

test("without the setting, nothing goes through a network, and the stack has none", async () => {
  const ended = await run({});
  expect([accessOf(ended, "worker"), accessOf(ended, "producer")]).toEqual([undefined, undefined]);
  expect(ended.resources.filter(({ type }) => type.startsWith("gcp:compute/"))).toEqual([]);
  expect(ended.outputs["workerAddress"]).toBeUndefined();
});

test("with a fixed address, all that the worker sends leaves by a NAT that has that address alone, and the output tells it", async () => {
  const ended = await run(STATIC);
  const named = (kind: string) => the(ended.resources, `gcp:compute/${kind}`, "egress");

  expect(accessOf(ended, "worker")).toEqual({
    egress: "ALL_TRAFFIC",
    networkInterfaces: [{ subnetwork: "handoff-egress" }],
  });
  expect(accessOf(ended, "producer")).toBeUndefined();
  expect(named("network:Network").inputs["autoCreateSubnetworks"]).toBe(false);
  expect(named("subnetwork:Subnetwork").inputs).toMatchObject({
    name: "handoff-egress",
    region: "europe-west1",
    privateIpGoogleAccess: true,
  });
  expect(named("routerNat:RouterNat").inputs).toMatchObject({
    natIpAllocateOption: "MANUAL_ONLY",
    natIps: ["addresses/handoff-egress"],
    sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
    subnetworks: [{ name: "egress-id", sourceIpRangesToNats: ["ALL_IP_RANGES"] }],
  });
  expect(ended.outputs["workerAddress"]).toBe("203.0.113.7");
});

test("the worker gets its revision once the way out works, and the address is protected as state is", async () => {
  const { resources } = await run(STATIC);
  const dev = await runFixture("dev", "update", STATIC);
  const address = "gcp:compute/address:Address";

  const { dependencies } = the(resources, SERVICE, "worker");
  expect(dependencies).toContain(the(resources, "gcp:compute/routerNat:RouterNat", "egress").urn);
  expect(the(resources, address, "egress").protect).toBe(true);
  expect(the(dev.resources, address, "egress").protect).toBe(false);
});

test("the ports of one address are enough for as many instances as a setting allows", async () => {
  const { resources } = await run(STATIC);
  const { inputs } = the(resources, "gcp:compute/routerNat:RouterNat", "egress");
  // 65,536 without the 1,024 that are well known (https://cloud.google.com/nat/docs/ports-and-addresses).
  expect(Number(inputs["minPortsPerVm"]) * 1_000).toBeLessThanOrEqual(64_512);
  expect(inputs["enableDynamicPortAllocation"]).toBe(true);
});

test.each([
  ["all", "ALL_TRAFFIC"],
  ["private-ranges", "PRIVATE_RANGES_ONLY"],
])(
  "with a subnet that exists and traffic %s, the worker sends %s through it, and the stack makes no network",
  async (traffic, egress) => {
    const ended = await run({ "handoff:workerEgress": JSON.stringify({ subnet: "services", traffic }) });
    expect(accessOf(ended, "worker")).toEqual({ egress, networkInterfaces: [{ subnetwork: "services" }] });
    expect(ofType(ended.resources, "gcp:compute/network:Network")).toEqual([]);
  },
);

test("a stack with a fixed address keeps every policy, and what a killed update left of it can be imported", async () => {
  const { resources } = await run(STATIC);
  for (const [name, policy] of Object.entries(POLICIES)) {
    expect([name, policy(resources, "production", FIXTURE)]).toEqual([name, []]);
  }
  const commands = importCommands(resources, "my-project-123").filter((command) => command.includes("gcp:compute/"));
  expect(commands.map((command) => command.split(" ").at(-1) ?? "").toSorted()).toEqual([
    "'projects/my-project-123/global/networks/handoff-egress'",
    "'projects/my-project-123/regions/europe-west1/addresses/handoff-egress'",
    "'projects/my-project-123/regions/europe-west1/routers/handoff-egress'",
    "'projects/my-project-123/regions/europe-west1/routers/handoff-egress/handoff-egress'",
    "'projects/my-project-123/regions/europe-west1/subnetworks/handoff-egress'",
  ]);
});
