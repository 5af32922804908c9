import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { retryNotThereYet } from "../retry-not-there-yet.ts";
import type { DeployerSettings } from "./deployer-settings.ts";
import { FederatedAccount } from "./federation.ts";
import { DATABASES_VIEWER, GRANTED_BY_A_STACK, PERMISSIONS_OF_DATABASES_VIEWER, rolesTo } from "./roles.ts";

const APIS = [
  "cloudkms.googleapis.com",
  "cloudresourcemanager.googleapis.com",
  "iam.googleapis.com",
  "iamcredentials.googleapis.com",
  "storage.googleapis.com",
  "sts.googleapis.com",
];

const STATES_KEPT = 100;

/** The only role that may change a project's policy, so its grant has a condition. */
const GRANTS_ROLES = "roles/resourcemanager.projectIamAdmin";

interface Granted {
  readonly settings: DeployerSettings;
  readonly account: gcp.serviceaccount.Account;
  readonly options: pulumi.ResourceOptions;
}

/** Declares what one environment's workflows need. Returns the values for GitHub, and the stack's secrets provider. */
export function provisionDeployer(settings: DeployerSettings) {
  retryNotThereYet();
  const options = providerBehindApis(settings);
  const { prefix, environment } = settings;
  const deployer = new FederatedAccount(
    "deployer",
    {
      role: "deployer",
      prefix,
      displayName: `Handoff: deploys to ${environment}`,
      condition: mayDeploy(settings),
    },
    { providers: [options.provider] },
  );
  const previewer = new FederatedAccount(
    "previewer",
    { role: "previewer", prefix, displayName: `Handoff: looks at ${environment}`, condition: mayLook(settings) },
    { providers: [options.provider] },
  );
  grantRoles("deployer", { settings, account: deployer.account, options });
  grantLooking({ settings, account: previewer.account, options });
  const state = stateOf(settings, options);
  const key = keyOf(settings, options);
  for (const [name, { account }, role] of [
    ["deployer", deployer, "roles/storage.objectAdmin"],
    ["previewer", previewer, "roles/storage.objectViewer"],
  ] as const) {
    new gcp.storage.BucketIAMMember(`${name}-state`, { bucket: state.name, role, member: account.member }, options);
    new gcp.kms.CryptoKeyIAMMember(
      `${name}-secrets`,
      // Pulumi has the stack's data key decrypted, and encrypts with it locally.
      { cryptoKeyId: key.id, role: "roles/cloudkms.cryptoKeyDecrypter", member: account.member },
      options,
    );
  }
  return {
    github: { state: pulumi.interpolate`gs://${state.name}`, deploy: deployer.login, preview: previewer.login },
    secretsProvider: pulumi.interpolate`gcpkms://${key.id}`,
  };
}

/** Everything but the APIs themselves waits for them. */
function providerBehindApis({ project, region }: DeployerSettings) {
  const enabler = new gcp.Provider("enabler", { project, region });
  const apis = APIS.map(
    (service) => new gcp.projects.Service(service, { service, disableOnDestroy: false }, { provider: enabler }),
  );
  return { provider: new gcp.Provider("google", { project, region }, { dependsOn: apis }) };
}

/** Jobs of the environment, on the branch: GitHub asks the environment's reviewers before such a job gets a token. */
function mayDeploy({ repositoryId, environment, branch }: DeployerSettings): string {
  return `assertion.repository_id == '${repositoryId}' && assertion.environment == '${environment}' && assertion.ref == 'refs/heads/${branch}'`;
}

/** A pull request from a fork gets no token at all. */
function mayLook({ repositoryId, branch, previewsPullRequests }: DeployerSettings): string {
  const onBranch = `assertion.ref == 'refs/heads/${branch}'`;
  const when = previewsPullRequests ? `(${onBranch} || assertion.event_name == 'pull_request')` : onBranch;
  return `assertion.repository_id == '${repositoryId}' && ${when}`;
}

function grantRoles(name: string, { settings: { project }, account, options }: Granted): void {
  for (const role of rolesTo("change")) {
    const condition = role === GRANTS_ROLES ? { condition: LIMITED } : {};
    new gcp.projects.IAMMember(`${name}-${role}`, { project, role, member: account.member, ...condition }, options);
  }
}

/** https://cloud.google.com/iam/docs/setting-limits-on-granting-roles */
const LIMITED = {
  title: "roles-of-a-stack",
  expression: `api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${GRANTED_BY_A_STACK.map((role) => `'${role}'`).join(", ")}])`,
};

function grantLooking({ settings: { project, prefix }, account, options }: Granted): void {
  const databases = new gcp.projects.IAMCustomRole(
    DATABASES_VIEWER,
    {
      // An id has no hyphens (https://cloud.google.com/iam/docs/creating-custom-roles), and a prefix no underscores.
      roleId: `${prefix.replaceAll("-", "_")}_databases_viewer`,
      title: `${prefix}: how databases are set up`,
      permissions: [...PERMISSIONS_OF_DATABASES_VIEWER],
    },
    options,
  );
  for (const name of rolesTo("look")) {
    const role = name === DATABASES_VIEWER ? databases.name : name;
    new gcp.projects.IAMMember(`previewer-${name}`, { project, role, member: account.member }, options);
  }
}

/** The environment's Pulumi state. This program's state is elsewhere: deployers mustn't change their permissions. */
function stateOf({ project, prefix, region }: DeployerSettings, options: pulumi.ResourceOptions): gcp.storage.Bucket {
  return new gcp.storage.Bucket(
    "state",
    {
      name: `${project}-${prefix}-state`,
      location: region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      lifecycleRules: [{ action: { type: "Delete" }, condition: { numNewerVersions: STATES_KEPT } }],
    },
    { ...options, protect: true },
  );
}

/** Encrypts the environment's secrets in its state and settings. Key rings and keys can only be abandoned. */
function keyOf({ prefix, region }: DeployerSettings, options: pulumi.ResourceOptions): gcp.kms.CryptoKey {
  const ring = new gcp.kms.KeyRing("pulumi", { name: prefix, location: region }, { ...options, protect: true });
  return new gcp.kms.CryptoKey(
    "pulumi",
    { name: "pulumi", keyRing: ring.id, rotationPeriod: "7776000s" },
    { ...options, protect: true },
  );
}
