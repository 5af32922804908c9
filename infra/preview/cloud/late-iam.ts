import type { Fault } from "./fault.ts";
import type { ProvidedResource } from "../recorded-resource.ts";
import { type Fields, type Value, fieldsOf, textOf } from "../wire-values.ts";

const MEMBER = /:\w*I[aA][mM]Member$/;
const SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember";

/** How late IAM is. It is eventually consistent (https://cloud.google.com/iam/docs/access-change-propagation). */
export interface Lateness {
  /** How often each resource that names a new account is refused. */
  readonly refusals: number;
  /** How long after a grant was made it is in effect, in milliseconds. */
  readonly grantsMs: number;
}

/** IAM as a project sees it in the first minutes: accounts that aren't known everywhere, and grants that don't count yet. */
export class LateIam {
  private readonly lateness: Lateness;
  private readonly accounts = new Set<string>();
  /** When each grant on a secret was made, by secret and member. */
  private readonly grantedMs = new Map<string, number>();
  private readonly refused = new Map<string, number>();

  constructor(lateness: Lateness) {
    this.lateness = lateness;
  }

  /** How making a resource fails for now, in the providers' own words. */
  faultOf(resource: ProvidedResource): Fault | undefined {
    const account = accountNamedBy(resource);
    const refused = this.refused.get(resource.urn) ?? 0;
    if (account !== undefined && this.accounts.has(account) && refused < this.lateness.refusals) {
      this.refused.set(resource.urn, refused + 1);
      return refusalFor(resource, account);
    }
    const secret = this.secretOutOfReach(resource);
    if (secret === undefined) return undefined;
    const error = `Error waiting to create Service: Error code 9, message: Permission denied on secret: ${secret} for Revision service account ${accountOf(resource)}.`;
    return { error, leavesObject: true };
  }

  /** Something was made. */
  note({ type, openInputs }: ProvidedResource, outputs: Fields): void {
    if (type === "gcp:serviceaccount/account:Account") this.accounts.add(textOf(outputs["email"]));
    if (type !== SECRET_MEMBER) return;
    this.grantedMs.set(grantKey(textOf(openInputs["secretId"]), textOf(openInputs["member"])), performance.now());
  }

  /** A secret that a service mounts, and that its account may not read yet. */
  private secretOutOfReach(resource: ProvidedResource): string | undefined {
    if (resource.type !== "gcp:cloudrunv2/service:Service") return undefined;
    const member = `serviceAccount:${accountOf(resource)}`;
    return secretsIn(fieldsOf(resource.openInputs["template"] ?? null)).find((secret) => {
      const madeMs = this.grantedMs.get(grantKey(secret, member));
      return madeMs === undefined || performance.now() < madeMs + this.lateness.grantsMs;
    });
  }
}

function grantKey(secret: string, member: string): string {
  return `${secret.split("/").at(-1)} ${member}`;
}

function accountOf({ openInputs }: ProvidedResource): string {
  return textOf(fieldsOf(openInputs["template"] ?? null)["serviceAccount"]);
}

/** The account that a resource can't be made without: a member, or whose tokens it sends. */
function accountNamedBy({ type, openInputs }: ProvidedResource): string | undefined {
  if (MEMBER.test(type)) return /^serviceAccount:(.+)$/.exec(textOf(openInputs["member"]))?.[1];
  if (type === "gcp:eventarc/trigger:Trigger") return textOf(openInputs["serviceAccount"]);
  if (type !== "gcp:cloudscheduler/job:Job") return undefined;
  const { oidcToken = null } = fieldsOf(openInputs["httpTarget"] ?? null);
  return textOf(fieldsOf(oidcToken)["serviceAccountEmail"]);
}

function refusalFor({ type }: ProvidedResource, account: string): string {
  if (MEMBER.test(type))
    return `Error applying IAM policy: Error setting IAM policy: googleapi: Error 400: Service account ${account} does not exist., badRequest`;
  const kind = type.split(":").at(-1);
  return `Error creating ${kind}: googleapi: Error 403: The principal (user or service account) lacks IAM permission "iam.serviceAccounts.actAs" for the resource "${account}" (or the resource may not exist).`;
}

/** The secrets that a template's containers mount. */
function secretsIn({ containers = null }: Fields): string[] {
  const envs = elementsOf(containers).flatMap((container) => elementsOf(fieldsOf(container)["envs"] ?? null));
  return envs.flatMap((env) => {
    const { secretKeyRef = null } = fieldsOf(fieldsOf(env)["valueSource"] ?? null);
    const { secret } = fieldsOf(secretKeyRef);
    return secret === undefined ? [] : [textOf(secret)];
  });
}

function elementsOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [];
}
