import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Egress } from "./run-service.ts";
import type { Settings } from "../settings/settings.ts";

/** 4,092 addresses. Direct VPC egress reserves blocks of 16, and a stopped instance keeps its own for a while. */
const RANGE = "10.0.0.0/20";
/**
 * How many connections an instance may have to one host and port at the same time. One address has 64,512 ports
 * (https://cloud.google.com/nat/docs/ports-and-addresses). With the minimum, that is enough for 1,000 instances, and
 * settings allow no more.
 */
const PORTS = { minPortsPerVm: 64, maxPortsPerVm: 1_024 };

/** How the worker's own requests leave the stack, and their fixed address if it has one. */
export function provisionWorkerEgress(
  { workerEgress, prefix, region, protect }: Pick<Settings, "workerEgress" | "prefix" | "region" | "protect">,
  options: pulumi.ComponentResourceOptions,
): { readonly egress?: Egress; readonly address?: pulumi.Output<string> } {
  if (workerEgress === undefined) return {};
  if (workerEgress !== "static-ip") return { egress: workerEgress };
  const { subnet, address } = new StaticEgress("worker-egress", { prefix, region, protect }, options);
  return { egress: { subnet, traffic: "all" }, address };
}

/**
 * Egress to the internet from a fixed address: a network with one subnet, and a Cloud NAT with one address
 * (https://cloud.google.com/run/docs/configuring/static-outbound-ip). The network has no ingress.
 */
class StaticEgress extends pulumi.ComponentResource {
  /** The name of the subnet, once egress through it works. */
  readonly subnet: pulumi.Output<string>;
  /** The address that subscribers see. */
  readonly address: pulumi.Output<string>;

  constructor(
    name: string,
    { prefix, region, protect }: { readonly prefix: string; readonly region: string; readonly protect: boolean },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:StaticEgress", name, {}, options);
    const named = { name: `${prefix}-egress`, region };
    const network = new gcp.compute.Network(
      "egress",
      { name: named.name, autoCreateSubnetworks: false },
      { parent: this },
    );
    const subnet = new gcp.compute.Subnetwork(
      "egress",
      // Requests to Google's own APIs, such as Firestore, bypass the NAT, which charges by the GiB.
      { ...named, network: network.id, ipCidrRange: RANGE, privateIpGoogleAccess: true },
      { parent: this },
    );
    // Subscribers put it on their allow lists, and a released address can't be recovered.
    const address = new gcp.compute.Address("egress", named, { parent: this, protect });
    const nat = this.addNat({ ...named, network, subnet, address });
    this.subnet = pulumi.all([subnet.name, nat.id]).apply(([its]) => its);
    this.address = address.address;
    this.registerOutputs();
  }

  private addNat(parts: {
    readonly name: string;
    readonly region: string;
    readonly network: gcp.compute.Network;
    readonly subnet: gcp.compute.Subnetwork;
    readonly address: gcp.compute.Address;
  }): gcp.compute.RouterNat {
    const { name, region, network, subnet, address } = parts;
    const router = new gcp.compute.Router("egress", { name, region, network: network.id }, { parent: this });
    return new gcp.compute.RouterNat(
      "egress",
      {
        name,
        region,
        router: router.name,
        natIpAllocateOption: "MANUAL_ONLY",
        natIps: [address.selfLink],
        sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
        subnetworks: [{ name: subnet.id, sourceIpRangesToNats: ["ALL_IP_RANGES"] }],
        enableDynamicPortAllocation: true,
        ...PORTS,
        // Without free ports, connections fail, which must be logged.
        logConfig: { enable: true, filter: "ERRORS_ONLY" },
      },
      { parent: this },
    );
  }
}
