import { type Resource, fieldsOf, listOf, textOf } from "./call.ts";
import { Refusal, invalid } from "./refusal.ts";

const NOBODYS: Resource = { version: 1, etag: "ACAB" };

/**
 * Who may do what on each resource (https://cloud.google.com/iam/docs/reference/rest/v1/Policy). A write with the etag of an
 * older policy is refused. IAM is eventually consistent (https://cloud.google.com/iam/docs/overview#consistency): by
 * default nothing is late here, and `lateness` says what is.
 */
export class Policies {
  /** How many writes don't know an account that is new, and how many reads don't see a write. */
  lateness = { accounts: 0, reads: 0 };
  private readonly written = new Map<string, Resource>();
  private readonly stale = new Map<string, { readonly policy: Resource; readsLeft: number }>();
  private readonly refusals = new Map<string, number>();
  private readonly findAccount: (email: string) => Resource | undefined;
  private writes = 0;

  constructor(findAccount: (email: string) => Resource | undefined) {
    this.findAccount = findAccount;
  }

  read(key: string): Resource {
    const stale = this.stale.get(key);
    if (stale && stale.readsLeft > 0) {
      stale.readsLeft -= 1;
      return stale.policy;
    }
    return this.current(key);
  }

  /** @throws Refusal for an etag that isn't the newest, and for a member that doesn't exist, or isn't known yet. */
  write(key: string, body: Resource): Resource {
    const policy = fieldsOf(body["policy"]);
    const before = this.current(key);
    const etag = textOf(policy["etag"]);
    if (etag !== "" && etag !== before["etag"])
      throw new Refusal(
        409,
        "ABORTED",
        "There were concurrent policy changes. Please retry the whole read-modify-write.",
      );
    for (const email of accountsIn(policy)) this.refuseUnknown(email);
    this.writes += 1;
    const masked = maskedBy(textOf(body["updateMask"]), { before, policy });
    const changed = { ...masked, etag: Buffer.from(`policy-${this.writes}`).toString("base64") };
    this.written.set(key, changed);
    this.stale.set(key, { policy: before, readsLeft: this.lateness.reads });
    return changed;
  }

  forget(key: string): void {
    this.written.delete(key);
  }

  private current(key: string): Resource {
    return this.written.get(key) ?? NOBODYS;
  }

  private refuseUnknown(email: string): void {
    const refused = this.refusals.get(email) ?? 0;
    if (this.findAccount(email) && refused >= this.lateness.accounts) return;
    this.refusals.set(email, refused + 1);
    throw invalid(`Service account ${email} does not exist.`);
  }
}

/** The service accounts of projects among a policy's members. Google's own agents have other domains. */
function accountsIn(policy: Resource): readonly string[] {
  const members = listOf(policy["bindings"]).flatMap((binding) => binding["members"]);
  return members.flatMap((member) => {
    const email = /^serviceAccount:(.+@(?!gcp-sa-)[^.]+\.iam\.gserviceaccount\.com)$/.exec(textOf(member))?.[1];
    return email === undefined ? [] : [email];
  });
}

function maskedBy(
  mask: string,
  { before, policy }: { readonly before: Resource; readonly policy: Resource },
): Resource {
  if (mask === "") return policy;
  const changed = Object.fromEntries(mask.split(",").map((field) => [field, policy[field]]));
  return { ...before, ...changed, version: policy["version"] ?? before["version"] };
}
