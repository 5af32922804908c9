import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { TaskSetting } from "../shared/contract/task-settings.ts";

/** A secret in Secret Manager, and the version that services use. */
export interface StoredSecret {
  /** The logical name of its resources. */
  readonly name: string;
  readonly secret: gcp.secretmanager.Secret;
  readonly version: gcp.secretmanager.SecretVersion;
}

/**
 * The secrets that task types declare, kept in Secret Manager. Their values are from the stack's configuration, or are
 * generated here once.
 */
export class TaskSecrets extends pulumi.ComponentResource {
  /** The secrets by environment variable. */
  readonly byVariable: Readonly<Record<string, StoredSecret>>;

  constructor(
    name: string,
    args: {
      readonly prefix: string;
      readonly protect: boolean;
      readonly declared: ReadonlyMap<string, TaskSetting>;
      /** The values from the stack's configuration, by variable name. */
      readonly given: ReadonlyMap<string, string>;
    },
    options: pulumi.ComponentResourceOptions,
  ) {
    // The name dates from when there was only one secret, and existing stacks know the component by it. Under another
    // name, Pulumi would recreate every secret and delete the existing ones; a rollback to an earlier revision would do
    // the same.
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
        // Keep replaced versions: an older revision, which may be rolled back to, still refers to its own.
        deletionPolicy: "ABANDON",
      },
      { parent: this },
    );
    return { name, secret, version };
  }

  /** A generated secret isn't protected: it is deleted once the configuration provides one instead. */
  private dataOf(name: string, given: string | undefined, generated: TaskSetting["generated"]): pulumi.Output<string> {
    if (given !== undefined) return pulumi.secret(given);
    if (!generated) throw new Error(`The stack's configuration must set the secret ${name}.`);
    const bytes = new random.RandomBytes(name, { length: generated.bytes }, { parent: this });
    return pulumi.secret(pulumi.interpolate`${generated.prefix}${bytes.base64}`);
  }
}
