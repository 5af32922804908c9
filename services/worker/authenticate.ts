import { OAuth2Client } from "google-auth-library";
import type { Clock } from "../../shared/runtime/clock.ts";
import {
  ISSUER,
  readIdentityToken,
  type IdentityToken,
  type SignatureRefusal,
  type TokenRefusal,
} from "../../shared/auth/identity-token.ts";
import type { KeyCache } from "../../shared/auth/key-cache.ts";
import { createVerifiedTokens, type VerifiedTokens } from "../../shared/auth/verified-tokens.ts";

export type Authentication =
  | {
      readonly kind: "authenticated";
      readonly email: string;
      /** The service account's numeric id. */
      readonly subject: string;
      readonly expiresAtMs: number;
    }
  /** 401: no token proves who is calling. The reason is a code for the log. */
  | { readonly kind: "unauthenticated"; readonly reason: TokenRefusal | "unknown-key" | "signature" }
  /** 403: the token is valid, but not the invoker's. */
  | { readonly kind: "forbidden"; readonly reason: "email" | "email-not-verified" }
  /** 503: nobody can be authenticated without keys. */
  | { readonly kind: "keys-unavailable" };

/**
 * Who checks a token's signature: this service (`verify`), or only Cloud Run, which then removes it (`platform`). The
 * configuration decides. Being unable to check a signature never means skipping the check.
 */
export type AuthMode = "verify" | "platform";

/** The rules for the tokens of deliveries. */
export interface TokenRules {
  readonly keys: KeyCache;
  /** The only audience that tokens may have. Never taken from a request. */
  readonly audience: string;
  /** The email address of the only account that may deliver. */
  readonly invoker: string;
  readonly clock: Clock;
  readonly mode: AuthMode;
  readonly verified: VerifiedTokens;
}

/**
 * Creates the rules for one audience and one invoker.
 *
 * @param options.mode default `verify`.
 * @throws TypeError if either is empty.
 */
export function createTokenRules(options: Omit<TokenRules, "verified" | "mode"> & { mode?: AuthMode }): TokenRules {
  if (options.audience === "" || options.invoker === "")
    throw new TypeError("Token rules need an audience and an invoker.");
  return { mode: "verify", ...options, verified: createVerifiedTokens() };
}

/**
 * Decides whether the invoker sent a request, by the identity token that Cloud Tasks puts in its Authorization header
 * (https://cloud.google.com/tasks/docs/creating-http-target-tasks#token). Never throws.
 *
 * Checks the claims first, because that is cheap. But only a valid signature over these claims proves that the request
 * comes from the invoker, or from another account.
 */
export async function authenticate(headers: Headers, rules: TokenRules): Promise<Authentication> {
  const reading = readIdentityToken(headers, { audience: rules.audience, nowMs: rules.clock.now() });
  if (reading.kind === "refused") return { kind: "unauthenticated", reason: reading.reason };

  const proof = await prove(reading.token, rules);
  switch (proof) {
    case "proved":
      return admit(reading.token, rules.invoker);
    case "no-keys":
      return { kind: "keys-unavailable" };
    case "unknown-key":
    case "signature":
    case "signature-removed":
    case "signature-not-removed":
      return { kind: "unauthenticated", reason: proof };
  }
}

type Proof = "proved" | "no-keys" | "unknown-key" | "signature" | SignatureRefusal;

async function prove(token: IdentityToken, rules: TokenRules): Promise<Proof> {
  if (rules.mode === "platform") return token.isSignatureRemoved ? "proved" : "signature-not-removed";
  if (token.isSignatureRemoved) return "signature-removed";
  if (rules.verified.has(token.text, rules.clock.now())) return "proved";
  const key = await rules.keys.find(token.keyId);
  if (key.kind !== "found") return key.kind;
  if (!(await isSignedBy(key.pem, token, rules.audience))) return "signature";
  rules.verified.add(token.text, token.expiresAtMs);
  return "proved";
}

/**
 * The library checks less than it seems to: it allows 300 s of skew by the wall clock, trusts the token's own
 * algorithm, and ignores nbf and email. All of that has been checked by now. Its errors contain the token, so they stay
 * in here.
 */
async function isSignedBy(pem: string, token: IdentityToken, audience: string): Promise<boolean> {
  try {
    await new OAuth2Client().verifySignedJwtWithCertsAsync(token.text, { [token.keyId]: pem }, audience, [ISSUER]);
    return true;
  } catch {
    return false;
  }
}

function admit(token: IdentityToken, invoker: string): Authentication {
  const { email, subject, expiresAtMs } = token;
  if (typeof email !== "string" || email !== invoker) return { kind: "forbidden", reason: "email" };
  if (token.emailVerified !== true) return { kind: "forbidden", reason: "email-not-verified" };
  return { kind: "authenticated", email, subject, expiresAtMs };
}
