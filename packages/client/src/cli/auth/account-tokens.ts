import type { GoogleAuth } from "google-auth-library";
import { type TokenSource, googleTokens } from "../../tokens.ts";
import { RefusedError } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";
import { printToken } from "./gcloud.ts";

/**
 * The tokens of the service account of this machine or of its default credentials. Undefined if there is none: a
 * person's credentials can't issue tokens for an audience.
 */
export async function accountTokens(): Promise<TokenSource | undefined> {
  const { GoogleAuth: Auth, UserRefreshClient } = await import("google-auth-library");
  const client = await defaultClient(new Auth());
  const isAccount = client !== undefined && "fetchIdToken" in client && !(client instanceof UserRefreshClient);
  return isAccount ? googleTokens() : undefined;
}

/**
 * The tokens of a service account that the default credentials or gcloud's account may impersonate.
 *
 * @param account its e-mail address.
 */
export function impersonatedTokens(account: string, surroundings: Surroundings): TokenSource {
  return async (audience) => {
    const { GoogleAuth: Auth, Impersonated } = await import("google-auth-library");
    const sourceClient = await defaultClient(new Auth({ scopes: "https://www.googleapis.com/auth/cloud-platform" }));
    const asked = [`--audiences=${audience}`, "--include-email", `--impersonate-service-account=${account}`];
    if (!sourceClient) return await printToken(asked, surroundings);
    try {
      const impersonated = new Impersonated({ sourceClient, targetPrincipal: account });
      return await impersonated.fetchIdToken(audience, { includeEmail: true });
    } catch (cause) {
      const needed = "The default credentials need roles/iam.serviceAccountTokenCreator on it.";
      throw new RefusedError(`No token could be made for ${account}. ${needed}`, { cause });
    }
  };
}

async function defaultClient(auth: GoogleAuth) {
  try {
    return await auth.getClient();
  } catch {
    return undefined;
  }
}
