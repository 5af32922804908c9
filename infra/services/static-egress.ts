import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Egress } from "./run-service.ts";
import type { Settings } from "../settings/settings.ts";

/** 4,092 addresses: Direct VPC egress reserves them in blocks of 16, and an instance that stops keeps its own for a while. */
const RANGE = "10.0.0.0/20";
/**
 * How many connections at once an instance may have to one host and port. One address has 64,512 ports
 * (https://cloud.google.com/nat/docs/ports-and-addresses), which is enough for 1,000 instances with the least, and more than
 * 1,000 is no setting.
 */
const PORTS = { minPortsPerVm: 64, maxPortsPerVm: 1_024 };

/** How the worker's own requests leave, and from which address if the stack has one for it. */
export function workersWayOut(
  { workerEgress, prefix, region, protect }: Pick<Settings, "workerEgress" | "prefix" | "region" | "protect">,
  options: pulumi.ComponentResourceOptions,
): { readonly egress?: Egress; readonly address?: pulumi.Output<string> } {
  if (workerEgress === undefined) return {};
  if (workerEgress !== "static-ip") return { egress: workerEgress };
  const { subnet, address } = new StaticEgress("worker-egress", { prefix, region, protect }, options);
  return { egress: { subnet, traffic: "all" }, address };
}

/**
 * A way out to the internet with an address that stays: a network with one subnet, and a Cloud NAT with one address
 * (https://cloud.google.com/run/docs/configuring/static-outbound-ip). Nothing else is in the network, and nothing comes in.
 */
class StaticEgress extends pulumi.ComponentResource {
  /** The name of the subnet, once requests through it find the way out. */
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
      // With Google's own APIs, such as Firestore, the worker talks past the NAT, which would cost by the GiB.
      { ...named, network: network.id, ipCidrRange: RANGE, privateIpGoogleAccess: true },
      { parent: this },
    );
    // Subscribers have it on their lists, and nobody gets the same one again.
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
        // Without ports, connections fail: that is worth a line.
        logConfig: { enable: true, filter: "ERRORS_ONLY" },
      },
      { parent: this },
    );
  }
}
