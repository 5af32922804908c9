import type { TokenKind } from "./token-kinds.ts";
import { isObject } from "../runtime/is-object.ts";

/** Why a request's token was refused, as a code for the log. */
export type TokenRefusal =
  | "no-token"
  | "malformed-header"
  | "malformed-token"
  | "algorithm"
  | "header-fields"
  | "audience"
  | "issuer"
  | "times"
  | "expired"
  | "issued-ahead"
  | "not-yet-valid"
  | "lifetime"
  | "subject"
  | SignatureRefusal;

/** In `verify` mode the platform must have left the signature in place; in `platform` mode it must have removed it. */
export type SignatureRefusal = "signature-removed" | "signature-not-removed";

/** Whom a token claims to be issued for and to. */
export type TokenPurpose = Pick<IdentityToken, "audience" | "email">;

/** Whether a token was issued for us. */
export type IsForUs = (token: TokenPurpose) => boolean;

/** A token's claims. None may be trusted until the signature has been checked. */
export interface IdentityToken {
  /** The token itself. It must not reach a log or an error. */
  readonly text: string;
  /** Cloud Run checked the signature and put a marker in its place. */
  readonly isSignatureRemoved: boolean;
  readonly keyId: string;
  readonly subject: string;
  readonly audience: string;
  readonly email: unknown;
  readonly emailVerified: unknown;
  readonly expiresAtMs: number;
}

export type TokenReading =
  | { readonly kind: "read"; readonly token: IdentityToken }
  | { readonly kind: "refused"; readonly reason: TokenRefusal };

/** What a token must satisfy. */
interface Expected {
  readonly kind: TokenKind;
  readonly isForUs: IsForUs;
  readonly nowMs: number;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Anchored, so that a repeated header, whose values arrive joined by commas, doesn't match. */
const TOKEN_PATTERN = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
/** What Cloud Run may put in place of a signature (https://cloud.google.com/run/docs/troubleshooting). */
const REMOVED_SIGNATURE = "SIGNATURE_REMOVED_BY_GOOGLE";
/** Google's tokens are about 1 KiB long. */
const MAX_HEADER_LENGTH = 8_192;
const MAX_KEY_ID_LENGTH = 200;
/** As IAP requires (https://cloud.google.com/iap/docs/signed-headers-howto#verifying_the_jwt_payload). */
const SKEW_MS = 30_000;
/** Header fields with which a token would bring its own key or rules. */
const FORBIDDEN_HEADER_FIELDS = ["crit", "jku", "jwk", "x5u", "x5c"];

/**
 * Reads the token in a header and checks all that can be checked without a key. So only a token that was issued for us
 * and is currently valid can cause keys to be fetched.
 *
 * @param text the header's value; null if the request doesn't have it.
 */
export function readIdentityToken(text: string | null, expected: Expected): TokenReading {
  const { prefix } = expected.kind;
  if (text === null) return refused("no-token");
  if (text.length > MAX_HEADER_LENGTH || !text.startsWith(prefix)) return refused("malformed-header");
  const [, headerPart, claimsPart, signature] = TOKEN_PATTERN.exec(text.slice(prefix.length)) ?? [];
  if (!headerPart || !claimsPart || !signature) return refused("malformed-header");

  const header = decodeObject(headerPart);
  const claims = decodeObject(claimsPart);
  if (!header || !claims) return refused("malformed-token");
  const refusal = headerRefusal(header, expected) ?? issuanceRefusal(claims, expected) ?? timeRefusal(claims, expected);
  if (refusal !== undefined) return refused(refusal);

  const keyId = header["kid"];
  const { sub: subject, aud: audience, email, email_verified: emailVerified } = claims;
  const expiresAtMs = secondsToMs(claims["exp"]);
  if (typeof keyId !== "string" || keyId === "" || keyId.length > MAX_KEY_ID_LENGTH) return refused("header-fields");
  if (typeof subject !== "string" || subject === "") return refused("subject");
  if (typeof audience !== "string") return refused("audience");
  if (expiresAtMs === undefined) return refused("times");
  const token = {
    text: text.slice(prefix.length),
    isSignatureRemoved: signature === REMOVED_SIGNATURE,
    keyId,
    subject,
    audience,
    email,
    emailVerified,
    expiresAtMs,
  };
  return { kind: "read", token };
}

function refused(reason: TokenRefusal): TokenReading {
  return { kind: "refused", reason };
}

function headerRefusal(header: JsonObject, { kind }: Expected): TokenRefusal | undefined {
  if (header["alg"] !== kind.algorithm) return "algorithm";
  if (Object.hasOwn(header, "typ") && header["typ"] !== "JWT") return "header-fields";
  if (FORBIDDEN_HEADER_FIELDS.some((field) => Object.hasOwn(header, field))) return "header-fields";
  return undefined;
}

function issuanceRefusal(
  { aud: audience, email, iss: issuer }: JsonObject,
  { isForUs, kind }: Expected,
): TokenRefusal | undefined {
  if (typeof audience !== "string" || !isForUs({ audience, email })) return "audience";
  if (issuer !== kind.issuer) return "issuer";
  return undefined;
}

function timeRefusal(claims: JsonObject, { nowMs, kind }: Expected): TokenRefusal | undefined {
  const expiresAtMs = secondsToMs(claims["exp"]);
  const issuedAtMs = secondsToMs(claims["iat"]);
  const notBeforeMs = Object.hasOwn(claims, "nbf") ? secondsToMs(claims["nbf"]) : issuedAtMs;
  if (expiresAtMs === undefined || issuedAtMs === undefined || notBeforeMs === undefined) return "times";
  if (nowMs > expiresAtMs + SKEW_MS) return "expired";
  if (issuedAtMs > nowMs + SKEW_MS) return "issued-ahead";
  if (notBeforeMs > nowMs + SKEW_MS) return "not-yet-valid";
  const lifetimeMs = expiresAtMs - issuedAtMs;
  return lifetimeMs <= 0 || lifetimeMs > kind.maxLifetimeMs ? "lifetime" : undefined;
}

function secondsToMs(seconds: unknown): number | undefined {
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeObject(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(UTF_8.decode(Buffer.from(part, "base64url")));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
