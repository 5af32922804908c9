import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { TaskSetting } from "../shared/contract/task-settings.ts";

/** A secret in Secret Manager, and the version of it that services are given. */
export interface StoredSecret {
  /** What its resources are called. */
  readonly name: string;
  readonly secret: gcp.secretmanager.Secret;
  readonly version: gcp.secretmanager.SecretVersion;
}

/** What task types declare as secrets, in Secret Manager: given by the stack's configuration, or made up here once. */
export class TaskSecrets extends pulumi.ComponentResource {
  /** By the names of the variables that they become. */
  readonly byVariable: Readonly<Record<string, StoredSecret>>;

  constructor(
    name: string,
    args: {
      readonly prefix: string;
      readonly protect: boolean;
      readonly declared: ReadonlyMap<string, TaskSetting>;
      /** The values that the stack's configuration gives, by the variables' names. */
      readonly given: ReadonlyMap<string, string>;
    },
    options: pulumi.ComponentResourceOptions,
  ) {
    // The type that it had when it held one secret, and that stacks know it by: under another one Pulumi would make every
    // secret anew and delete what there is, as would going back to an earlier revision.
    super("handoff:infra:SigningSecret", name, {}, options);
    const secrets = [...args.declared].filter(([, { kind }]) => kind === "secret");
    this.byVariable = Object.fromEntries(
      secrets.map(([variable, declared]) => [variable, this.store(variable, declared, args)]),
    );
    this.registerOutputs();
  }

  private store(
    variable: string,
    { generated }: TaskSetting,
    { prefix, protect, given }: { prefix: string; protect: boolean; given: ReadonlyMap<string, string> },
  ): StoredSecret {
    const name = variable.toLowerCase().replaceAll("_", "-");
    const secret = new gcp.secretmanager.Secret(
      name,
      { secretId: `${prefix}-${name}`, replication: { auto: {} } },
      { parent: this, protect },
    );
    const version = new gcp.secretmanager.SecretVersion(
      name,
      {
        secret: secret.id,
        secretData: this.dataOf(name, given.get(variable), generated),
        // A replaced version is kept: an older revision, which may be gone back to, still names it.
        deletionPolicy: "ABANDON",
      },
      { parent: this },
    );
    return { name, secret, version };
  }

  /** What is made up is not protected: it goes when a secret is given in its place. */
  private dataOf(name: string, given: string | undefined, generated: TaskSetting["generated"]): pulumi.Output<string> {
    if (given !== undefined) return pulumi.secret(given);
    if (!generated) throw new Error(`The settings must give the secret ${name}.`);
    const bytes = new random.RandomBytes(name, { length: generated.bytes }, { parent: this });
    return pulumi.secret(pulumi.interpolate`${generated.prefix}${bytes.base64}`);
  }
}
