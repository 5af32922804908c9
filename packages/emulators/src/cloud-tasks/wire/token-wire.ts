import { invalidArgument } from "../api/service-errors.ts";
import type { TokenRequest } from "../state/task.ts";
import type { WireHttpRequest } from "./wire.ts";

/** The token of a request, as a task or a queue's target has it. */
type WireToken = Pick<WireHttpRequest, "oidcToken" | "oauthToken">;

/** The scope of an OAuth token that names none. */
const DEFAULT_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Reads a token without checking it. Undefined when there is none. */
export function tokenFromWire({ oidcToken, oauthToken }: WireToken): TokenRequest | undefined {
  if (oidcToken) {
    const { serviceAccountEmail, audience } = oidcToken;
    return { kind: "oidc", email: serviceAccountEmail ?? "", ...(audience ? { audience } : {}) };
  }
  if (!oauthToken) return undefined;
  const { serviceAccountEmail, scope } = oauthToken;
  return { kind: "oauth", email: serviceAccountEmail ?? "", ...(scope ? { scope } : {}) };
}

/** @throws RpcError INVALID_ARGUMENT when the service account is missing, or is no e-mail address. */
export function checkToken({ email }: TokenRequest): void {
  if (email === "") throw invalidArgument("service_account_email must be set.");
  if (!/^[^@]+@[^@]+$/.test(email)) throw invalidArgument("Request contains an invalid argument.");
}

/**
 * A token as it is stored with a task: an OIDC token has the task's URL as its audience, and an OAuth token all of Google
 * Cloud as its scope, unless they say otherwise.
 *
 * @throws RpcError INVALID_ARGUMENT for an OAuth token to a host that isn't Google's.
 */
export function storedToken(token: TokenRequest, url: string): TokenRequest {
  if (token.kind === "oidc") return { ...token, audience: token.audience ?? url };
  if (!new URL(url).hostname.endsWith(".googleapis.com")) {
    throw invalidArgument(
      'Invalid url for HttpRequest.oauth_token. The hostname in the url must end with ".googleapis.com"',
    );
  }
  return { ...token, scope: token.scope ?? DEFAULT_SCOPE };
}

/** A token as a reply has it. */
export function tokenToWire(token: TokenRequest | undefined): WireToken {
  if (!token) return {};
  const { email: serviceAccountEmail } = token;
  if (token.kind === "oidc") {
    return { oidcToken: { serviceAccountEmail, ...(token.audience ? { audience: token.audience } : {}) } };
  }
  return { oauthToken: { serviceAccountEmail, ...(token.scope ? { scope: token.scope } : {}) } };
}
