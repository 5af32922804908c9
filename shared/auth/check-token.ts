import { OAuth2Client } from "google-auth-library";
import type { Clock } from "../runtime/clock.ts";
import {
  readIdentityToken,
  type IdentityToken,
  type SignatureRefusal,
  type IsForUs,
  type TokenRefusal,
} from "./identity-token.ts";
import type { KeyCache } from "./key-cache.ts";
import type { TokenKind } from "./token-kinds.ts";
import type { VerifiedTokens } from "./verified-tokens.ts";

export type TokenCheck =
  /** A valid signature proves the token's claims. */
  | { readonly kind: "proved"; readonly token: IdentityToken }
  /** 401: nothing proves who the caller is. The reason is a code for the log. */
  | { readonly kind: "unauthenticated"; readonly reason: TokenRefusal | "unknown-key" | "signature" }
  /** 503: nobody can be authenticated without keys. */
  | { readonly kind: "keys-unavailable" };

/**
 * Who checks a token's signature. `verify`: this service. `platform`: Cloud Run, which then removes it. `auto`: Cloud
 * Run if it has removed this token's signature, otherwise this service. The configuration decides (see auth-mode.ts).
 * If a signature can't be checked, the check is never skipped.
 */
export type AuthMode = "verify" | "platform" | "auto";

/** How tokens are checked. */
export interface TokenRules {
  /** The kind of the tokens. */
  readonly kind: TokenKind;
  /** The issuer's keys. */
  readonly keys: KeyCache;
  readonly clock: Clock;
  readonly mode: AuthMode;
  readonly verified: VerifiedTokens;
}

/**
 * Checks the identity token in a header. Never throws.
 *
 * Checks the claims first, because that is cheap. Only a valid signature over the claims proves who sent the request.
 *
 * @param given.header the header's value; null if the request doesn't have it.
 * @param given.isForUs whether a token is accepted, by its audience. It must not depend on the request.
 */
export async function checkToken(
  given: { readonly header: string | null; readonly isForUs: IsForUs },
  rules: TokenRules,
): Promise<TokenCheck> {
  const { kind, clock } = rules;
  const reading = readIdentityToken(given.header, { kind, isForUs: given.isForUs, nowMs: clock.now() });
  if (reading.kind === "refused") return { kind: "unauthenticated", reason: reading.reason };

  const proof = await prove(reading.token, rules);
  switch (proof) {
    case "proved":
      return { kind: "proved", token: reading.token };
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
  if (token.isSignatureRemoved) return rules.mode === "verify" ? "signature-removed" : "proved";
  if (rules.mode === "platform") return "signature-not-removed";
  if (rules.verified.has(token.text, rules.clock.now())) return "proved";
  const key = await rules.keys.find(token.keyId);
  if (key.kind !== "found") return key.kind;
  if (!(await isSignedBy(key.pem, token, rules.kind))) return "signature";
  rules.verified.add(token.text, token.expiresAtMs);
  return "proved";
}

/**
 * The library checks less than it seems to: it allows 300 s of skew by the wall clock, trusts the token's own
 * algorithm, and ignores nbf and email. All of that has been checked by now. Its errors contain the token, so they stay
 * inside.
 */
async function isSignedBy(
  pem: string,
  { text, keyId, audience }: IdentityToken,
  { issuer }: TokenKind,
): Promise<boolean> {
  try {
    await new OAuth2Client().verifySignedJwtWithCertsAsync(text, { [keyId]: pem }, audience, [issuer]);
    return true;
  } catch {
    return false;
  }
}
