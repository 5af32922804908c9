import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/** The specification asks for 24 to 64 bytes (https://github.com/standard-webhooks/standard-webhooks). */
const SECRET_BYTES = 32;

/** The secret that webhooks are signed with, in Secret Manager: the given one, or one that is made here once. */
export class SigningSecret extends pulumi.ComponentResource {
  readonly secret: gcp.secretmanager.Secret;
  readonly version: gcp.secretmanager.SecretVersion;

  constructor(
    name: string,
    args: { prefix: string; protect: boolean; given: string | undefined },
    options: pulumi.ComponentResourceOptions,
  ) {
    super("handoff:infra:SigningSecret", name, {}, options);
    this.secret = new gcp.secretmanager.Secret(
      "webhook-signing-secret",
      { secretId: `${args.prefix}-webhook-signing-secret`, replication: { auto: {} } },
      { parent: this, protect: args.protect },
    );
    this.version = new gcp.secretmanager.SecretVersion(
      "webhook-signing-secret",
      {
        secret: this.secret.id,
        secretData: args.given === undefined ? this.make() : pulumi.secret(args.given),
        // A replaced version is kept: an older revision, which may be gone back to, still names it.
        deletionPolicy: "ABANDON",
      },
      { parent: this },
    );
    this.registerOutputs();
  }

  /** Not protected: it goes when a secret is given in its place. */
  private make(): pulumi.Output<string> {
    const bytes = new random.RandomBytes("webhook-signing-secret", { length: SECRET_BYTES }, { parent: this });
    return pulumi.secret(pulumi.interpolate`whsec_${bytes.base64}`);
  }
}
