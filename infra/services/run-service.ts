import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { annotationsFor, requireReady } from "../rollout/deployed-service.ts";
import type { StoredSecret } from "../task-secrets.ts";

const PORT = 8080;

/** A subnet, and the traffic that is sent through it. */
export interface Egress {
  readonly subnet: pulumi.Input<string>;
  readonly traffic: "all" | "private-ranges";
}

/** What differs between our Cloud Run services. */
interface RunServiceArgs {
  readonly serviceName: string;
  readonly region: string;
  readonly image: pulumi.Input<string>;
  readonly account: gcp.serviceaccount.Account;
  /**
   * Who may call the service, as IAM members. The keys name the grants, so they must not change when other callers are
   * added or removed.
   */
  readonly callers: Readonly<Record<string, pulumi.Input<string>>>;
  readonly ingress: "all" | "internal";
  readonly customAudiences?: readonly string[];
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Requests that one instance handles at once. */
  readonly concurrency: number;
  /** The vCPUs of one instance. */
  readonly cpus: string;
  readonly memoryMib: number;
  readonly requestTimeoutMs: number;
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secretEnv?: Readonly<Record<string, StoredSecret>>;
  /** Variables whose values are in existing secrets. */
  readonly givenSecrets?: ReadonlyMap<string, { readonly secret: string; readonly version: string }>;
  readonly protect: boolean;
  /** Whether Identity-Aware Proxy is in front of it. Default: no. */
  readonly iap?: boolean;
  /** The subnet for its own requests. Default: none. */
  readonly egress?: Egress | undefined;
  /** The annotations of its template. A change makes a new revision. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Cloud Run service that runs as its own service account and only accepts the named callers. */
export class RunService extends pulumi.ComponentResource {
  readonly service: gcp.cloudrunv2.Service;
  /** Known once Cloud Run reports that the service works. If it doesn't, the update fails. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RunServiceArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:RunService", name, {}, options);
    const place = { name: args.serviceName, location: args.region };
    this.service = new gcp.cloudrunv2.Service(
      name,
      {
        name: args.serviceName,
        location: args.region,
        ingress: `INGRESS_TRAFFIC_${args.ingress === "all" ? "ALL" : "INTERNAL_ONLY"}`,
        ...(args.customAudiences ? { customAudiences: [...args.customAudiences] } : {}),
        ...(args.iap === undefined ? {} : { iapEnabled: args.iap }),
        // This only protects the service, which holds no state. The database and the queues have their own protection.
        deletionProtection: args.protect,
        template: {
          annotations: annotationsFor(place, args.annotations, { parent: this }),
          serviceAccount: args.account.email,
          maxInstanceRequestConcurrency: args.concurrency,
          timeout: `${args.requestTimeoutMs / 1_000}s`,
          scaling: { minInstanceCount: args.minInstances, maxInstanceCount: args.maxInstances },
          containers: [describeContainer(args)],
          ...(args.egress === undefined ? {} : { vpcAccess: through(args.egress) }),
        },
      },
      // gcloud and the Cloud console overwrite these fields with their own names.
      { parent: this, ignoreChanges: ["client", "clientVersion"], dependsOn: options.dependsOn ?? [] },
    );
    this.url = this.service.uri.apply(async (uri) => {
      await requireReady(place, { parent: this });
      return uri;
    });
    for (const [key, member] of Object.entries(args.callers)) this.letCall(`${key}-calls-${name}`, member, args.region);
    this.registerOutputs();
  }

  private letCall(name: string, member: pulumi.Input<string>, location: string): pulumi.Resource {
    const grant = { name: this.service.name, location, role: "roles/run.invoker", member };
    return new gcp.cloudrunv2.ServiceIamMember(name, grant, { parent: this });
  }
}

function describeContainer({ image, cpus, memoryMib, env, secretEnv = {}, givenSecrets = new Map() }: RunServiceArgs) {
  return {
    image,
    ports: { containerPort: PORT },
    envs: [
      ...Object.entries({ ...env, MEMORY_MIB: String(memoryMib) }).map(([name, value]) => ({ name, value })),
      ...Object.entries(secretEnv).map(([name, { secret, version }]) => ({
        name,
        // A version, not "latest": changing the secret creates a new revision, and rolling back to an old one still
        // works.
        valueSource: { secretKeyRef: { secret: secret.secretId, version: version.version } },
      })),
      ...[...givenSecrets].map(([name, { secret, version }]) => ({
        name,
        valueSource: { secretKeyRef: { secret, version } },
      })),
    ],
    resources: { limits: { cpu: cpus, memory: `${memoryMib}Mi` }, cpuIdle: true, startupCpuBoost: true },
    startupProbe: aliveProbe({ periodSeconds: 2, failureThreshold: 15 }),
    livenessProbe: aliveProbe({ periodSeconds: 10, failureThreshold: 3 }),
  };
}

/**
 * Direct VPC egress. All traffic by default, since other services have public addresses, to which requests would
 * otherwise bypass the network (https://cloud.google.com/run/docs/securing/ingress).
 */
function through({ subnet: subnetwork, traffic }: Egress) {
  return { egress: traffic === "all" ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY", networkInterfaces: [{ subnetwork }] };
}

/**
 * Checks for liveness, not readiness: an instance that can't reach Firestore must stay up to respond to Cloud Tasks
 * with 503.
 */
function aliveProbe(times: { readonly periodSeconds: number; readonly failureThreshold: number }) {
  return { httpGet: { path: "/live" }, timeoutSeconds: 2, ...times };
}
