import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";

/** The issuer of GitHub's tokens for jobs (https://docs.github.com/en/actions/concepts/security/openid-connect). */
const ISSUER = "https://token.actions.githubusercontent.com";

interface FederatedArgs {
  /** The part after the prefix in the account's name, `${prefix}-${role}`. */
  readonly role: "deployer" | "previewer";
  readonly prefix: string;
  readonly displayName: string;
  /** The GitHub tokens that are accepted, in CEL: the issuer signs tokens for everybody's repositories. */
  readonly condition: string;
}

/**
 * A service account without a key, and the jobs that may act as it. Each account has its own pool, so that a job
 * accepted by one condition can't become the other account.
 */
export class FederatedAccount extends pulumi.ComponentResource {
  readonly account: gcp.serviceaccount.Account;
  private readonly provider: gcp.iam.WorkloadIdentityPoolProvider;

  constructor(name: string, args: FederatedArgs, options: pulumi.ComponentResourceOptions) {
    super("handoff:infra:FederatedAccount", name, {}, options);
    const { role, prefix, displayName, condition } = args;
    const parent = { parent: this };
    this.account = new gcp.serviceaccount.Account(
      role,
      { accountId: `${prefix}-${role}`, displayName, createIgnoreAlreadyExists: true },
      parent,
    );
    const pool = new gcp.iam.WorkloadIdentityPool(
      role,
      { workloadIdentityPoolId: `${prefix}-${role}`, displayName: role },
      parent,
    );
    this.provider = new gcp.iam.WorkloadIdentityPoolProvider(
      role,
      {
        workloadIdentityPoolId: pool.workloadIdentityPoolId,
        workloadIdentityPoolProviderId: "github",
        oidc: { issuerUri: ISSUER },
        attributeMapping: { "google.subject": "assertion.sub" },
        attributeCondition: condition,
      },
      parent,
    );
    new gcp.serviceaccount.IAMMember(
      role,
      {
        serviceAccountId: this.account.name,
        role: "roles/iam.workloadIdentityUser",
        member: pulumi.interpolate`principalSet://iam.googleapis.com/${pool.name}/*`,
      },
      parent,
    );
    this.registerOutputs();
  }

  /** What a workflow needs to log in. */
  get login(): { readonly provider: pulumi.Output<string>; readonly account: pulumi.Output<string> } {
    return { provider: this.provider.name, account: this.account.email };
  }
}
