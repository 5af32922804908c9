import type { TokenSource } from "../../tokens.ts";
import { isThisMachine } from "../../producer.ts";
import { UsageError } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";

/** What requests carry, and whose it is. */
export interface ChosenTokens {
  readonly tokens: TokenSource | null;
  /** Where they come from, in a few words. */
  readonly origin: string;
}

/**
 * Chooses the tokens that the producer is called with:
 *
 * 1. none on this machine, where nobody asks for one;
 * 2. those of the account that is to be impersonated;
 * 3. those of the service account that this machine or its default credentials have;
 * 4. gcloud's. A person's token is accepted by every Cloud Run service, so it goes only where the person has confirmed it.
 *
 * @throws UsageError for an address that no token may go to, RefusedError where there is no token.
 */
export async function chooseTokens(
  { url, impersonate }: { readonly url: URL; readonly impersonate: string | undefined },
  surroundings: Surroundings,
): Promise<ChosenTokens> {
  if (isThisMachine(url)) return { tokens: null, origin: "none: this machine asks for no token" };
  if (url.protocol !== "https:") {
    throw new UsageError("The producer's address must begin with https, since whoever sees a token can use it.");
  }
  // Only now, since most commands are for this machine.
  const { accountTokens, impersonatedTokens } = await import("./account-tokens.ts");
  if (impersonate !== undefined) {
    const tokens = impersonatedTokens(impersonate, surroundings);
    return { tokens, origin: `${impersonate}, impersonated` };
  }
  const account = await accountTokens();
  if (account) return { tokens: account, origin: "the default credentials" };
  const { gcloudTokens } = await import("./gcloud.ts");
  const { confirmUrl } = await import("./confirmed-urls.ts");
  const gcloud = await gcloudTokens({ audience: url.origin }, surroundings);
  if (gcloud.isPersons) await confirmUrl(url.origin, surroundings);
  return { tokens: gcloud.tokens, origin: gcloud.isPersons ? "your own, of gcloud" : "gcloud's service account" };
}
