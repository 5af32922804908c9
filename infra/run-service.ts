import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { StoredSecret } from "./task-secrets.ts";

const PORT = 8080;

/** What sets one service on Cloud Run apart from another. */
interface RunServiceArgs {
  readonly serviceName: string;
  readonly region: string;
  readonly image: pulumi.Input<string>;
  readonly account: gcp.serviceaccount.Account;
  /** Who may call it, as IAM members, by names that stay theirs when others come or go. */
  readonly callers: Readonly<Record<string, pulumi.Input<string>>>;
  readonly ingress: "all" | "internal";
  readonly customAudiences?: readonly string[];
  readonly minInstances: number;
  readonly maxInstances: number;
  /** Requests that one instance takes at once. */
  readonly concurrency: number;
  readonly requestTimeoutMs: number;
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  readonly secretEnv?: Readonly<Record<string, StoredSecret>>;
  readonly protect: boolean;
}

/** A service on Cloud Run that runs as an account of its own and lets in only who is named. */
export class RunService extends pulumi.ComponentResource {
  readonly service: gcp.cloudrunv2.Service;
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RunServiceArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:RunService", name, {}, options);
    this.service = new gcp.cloudrunv2.Service(
      name,
      {
        name: args.serviceName,
        location: args.region,
        ingress: `INGRESS_TRAFFIC_${args.ingress === "all" ? "ALL" : "INTERNAL_ONLY"}`,
        ...(args.customAudiences ? { customAudiences: [...args.customAudiences] } : {}),
        // It holds no state: what protects against loss is on the database and the queues.
        deletionProtection: args.protect,
        template: {
          serviceAccount: args.account.email,
          maxInstanceRequestConcurrency: args.concurrency,
          timeout: `${args.requestTimeoutMs / 1_000}s`,
          scaling: { minInstanceCount: args.minInstances, maxInstanceCount: args.maxInstances },
          containers: [describeContainer(args)],
        },
      },
      // gcloud and the console write their own names here.
      { parent: this, ignoreChanges: ["client", "clientVersion"], dependsOn: options.dependsOn ?? [] },
    );
    this.url = this.service.uri;
    for (const [key, member] of Object.entries(args.callers)) this.letCall(`${key}-calls-${name}`, member, args.region);
    this.registerOutputs();
  }

  private letCall(name: string, member: pulumi.Input<string>, location: string): pulumi.Resource {
    const grant = { name: this.service.name, location, role: "roles/run.invoker", member };
    return new gcp.cloudrunv2.ServiceIamMember(name, grant, { parent: this });
  }
}

function describeContainer({ image, env, secretEnv = {} }: RunServiceArgs) {
  return {
    image,
    ports: { containerPort: PORT },
    envs: [
      ...Object.entries(env).map(([name, value]) => ({ name, value })),
      ...Object.entries(secretEnv).map(([name, { secret, version }]) => ({
        name,
        // A version, not "latest": a changed secret makes a new revision, and an old one can be gone back to.
        valueSource: { secretKeyRef: { secret: secret.secretId, version: version.version } },
      })),
    ],
    resources: { limits: { cpu: "1", memory: "512Mi" }, cpuIdle: true, startupCpuBoost: true },
    startupProbe: aliveProbe({ periodSeconds: 2, failureThreshold: 15 }),
    livenessProbe: aliveProbe({ periodSeconds: 10, failureThreshold: 3 }),
  };
}

/** Alive, not ready: an instance that can't reach Firestore must still say so to Cloud Tasks, with a 503. */
function aliveProbe(times: { readonly periodSeconds: number; readonly failureThreshold: number }) {
  return { httpGet: { path: "/live" }, timeoutSeconds: 2, ...times };
}
