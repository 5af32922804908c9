import type { TokenSource } from "../../tokens.ts";
import { isThisMachine } from "../../producer.ts";
import { UsageError } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";

/** The tokens that requests carry, and their origin. */
export interface ChosenTokens {
  readonly tokens: TokenSource | null;
  /** Where they are from, in a few words. */
  readonly origin: string;
}

/**
 * Chooses the tokens that the producer is called with:
 *
 * 1. none for a producer on this machine, which needs none;
 * 2. those of the account to impersonate;
 * 3. those of the service account of this machine or of its default credentials;
 * 4. gcloud's. Every Cloud Run service accepts a person's token, so it is only sent to addresses that the person has
 *    confirmed.
 *
 * @throws UsageError for an address that no token may be sent to, RefusedError if there is no token.
 */
export async function chooseTokens(
  { url, impersonate }: { readonly url: URL; readonly impersonate: string | undefined },
  surroundings: Surroundings,
): Promise<ChosenTokens> {
  if (isThisMachine(url)) return { tokens: null, origin: "none: this machine asks for no token" };
  if (url.protocol !== "https:") {
    throw new UsageError("The producer's address must begin with https, since whoever sees a token can use it.");
  }
  // Loaded only now, since most commands are for this machine.
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
