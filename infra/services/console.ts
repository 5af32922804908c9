import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { RunService } from "./run-service.ts";
import { CONSOLE_MAX_INSTANCES } from "../settings/budgets.ts";
import { consoleMembers } from "../settings/access-settings.ts";
import type { ConsoleIdentity } from "../settings/console-settings.ts";
import type { Settings } from "../settings/settings.ts";

/** Its requests mostly wait for the producer and need little CPU. */
const CAPACITY = {
  minInstances: 0,
  maxInstances: CONSOLE_MAX_INSTANCES,
  concurrency: 80,
  requestTimeoutMs: 60_000,
};

interface ConsoleArgs {
  readonly settings: Pick<
    Settings,
    "project" | "prefix" | "region" | "operators" | "viewers" | "consoleSubnet" | "consoleCpus" | "consoleMemoryMib"
  >;
  readonly identity: ConsoleIdentity;
  /** The project's number. */
  readonly projectNumber: pulumi.Output<string>;
  readonly image: pulumi.Output<string>;
  readonly account: gcp.serviceaccount.Account;
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  /** The audience of the tokens that people send without Identity-Aware Proxy. */
  readonly audience: string;
}

/** The audience of Identity-Aware Proxy's assertions (https://cloud.google.com/iap/docs/signed-headers-howto). */
export function iapAudienceOf(
  { prefix, region }: Pick<Settings, "prefix" | "region">,
  projectNumber: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi.interpolate`/projects/${projectNumber}/locations/${region}/services/${consoleName({ prefix })}`;
}

/**
 * The web pages for operators and viewers. They reach it through Identity-Aware Proxy, and then only the proxy may call
 * it, or directly.
 *
 * It holds no state and is deleted when it is turned off, so unlike the other services it isn't protected.
 */
export class Console extends pulumi.ComponentResource {
  /** Known once Cloud Run reports that the service works. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ConsoleArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:Console", name, {}, options);
    const { settings, identity, account, image, env } = args;
    const people = consoleMembers(settings);
    const callers =
      identity === "iap" ? { iap: this.addIapAgent(args) } : Object.fromEntries(people.map((it) => [it, it]));
    const service = new RunService(
      "console",
      {
        serviceName: consoleName(settings),
        region: settings.region,
        protect: false,
        image,
        account,
        callers,
        ingress: "all",
        ...(identity === "iap" ? {} : { customAudiences: [args.audience] }),
        ...CAPACITY,
        cpus: settings.consoleCpus,
        memoryMib: settings.consoleMemoryMib,
        env,
        iap: identity === "iap",
        egress: settings.consoleSubnet === undefined ? undefined : { subnet: settings.consoleSubnet, traffic: "all" },
      },
      { parent: this, dependsOn: options.dependsOn ?? [] },
    );
    for (const member of people) {
      if (identity === "iap") this.letOpen(member, service.service, settings.project);
      else this.letFind(member, service.service);
    }
    this.url = service.url;
    this.registerOutputs();
  }

  /**
   * The account with which Identity-Aware Proxy calls the services behind it. Google creates it at the first request
   * (https://cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run).
   */
  private addIapAgent({ settings: { project }, projectNumber }: ConsoleArgs): pulumi.Output<string> {
    const agent = new gcp.projects.ServiceIdentity("iap", { project, service: "iap.googleapis.com" }, { parent: this });
    return pulumi
      .all([projectNumber, agent.id])
      .apply(([number]) => `serviceAccount:service-${number}@gcp-sa-iap.iam.gserviceaccount.com`);
  }

  /** Lets a member open the console through Identity-Aware Proxy. */
  private letOpen(member: string, { name, location }: gcp.cloudrunv2.Service, project: string): void {
    new gcp.iap.WebCloudRunServiceIamMember(
      `${member}-opens-console`,
      { project, location, cloudRunServiceName: name, role: "roles/iap.httpsResourceAccessor", member },
      { parent: this },
    );
  }

  /**
   * `gcloud run services proxy` reads the service, which `run.invoker` doesn't allow
   * (https://cloud.google.com/run/docs/reference/iam/roles).
   */
  private letFind(member: string, { name, location }: gcp.cloudrunv2.Service): void {
    const grant = { name, location, role: "roles/run.viewer", member };
    new gcp.cloudrunv2.ServiceIamMember(`${member}-finds-console`, grant, { parent: this });
  }
}

/** The service's name in Cloud Run. */
export function consoleName({ prefix }: Pick<Settings, "prefix">): string {
  return `${prefix}-console`;
}
