/** Why a request carries no acceptable token, as a word for the log. */
export type TokenRefusal =
  | "serverless-authorization"
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

/** In `verify` mode the platform must not have removed the signature, in `platform` mode it must have. */
export type SignatureRefusal = "signature-removed" | "signature-not-removed";

/** What a token says of itself. Nothing of it may be believed before its signature has been checked. */
export interface IdentityToken {
  /** The token itself. Belongs in no log and no error. */
  readonly text: string;
  /** Cloud Run checked the signature itself and put a marker in its place. */
  readonly isSignatureRemoved: boolean;
  readonly keyId: string;
  readonly subject: string;
  readonly email: unknown;
  readonly emailVerified: unknown;
  readonly expiresAtMs: number;
}

export type TokenReading =
  | { readonly kind: "read"; readonly token: IdentityToken }
  | { readonly kind: "refused"; readonly reason: TokenRefusal };

type JsonObject = Readonly<Record<string, unknown>>;

/** The issuer of Google's identity tokens (https://cloud.google.com/docs/authentication/token-types#id). */
export const ISSUER = "https://accounts.google.com";

/** Anchored, so that repeated headers, which arrive joined by a comma, don't match. */
const BEARER_PATTERN = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/;
/** What Cloud Run may put in a signature's place (https://cloud.google.com/run/docs/troubleshooting). */
const REMOVED_SIGNATURE = "SIGNATURE_REMOVED_BY_GOOGLE";
/** Google's tokens have about 1 KiB. */
const LONGEST_HEADER = 8_192;
const LONGEST_KEY_ID = 200;
const SKEW_MS = 30_000;
/** Google's tokens live for an hour. */
const LONGEST_LIFE_MS = 65 * 60_000;
/** Header fields that would name another key, or other rules, than ours. */
const FORBIDDEN_HEADER_FIELDS = ["crit", "jku", "jwk", "x5u", "x5c"];

/**
 * Reads the token of a request's Authorization header and checks all that can be checked without a key, so that
 * nothing but a token made for us at this time ever costs a look at the keys.
 */
export function readIdentityToken(headers: Headers, expected: { audience: string; nowMs: number }): TokenReading {
  if (headers.has("x-serverless-authorization")) return refused("serverless-authorization");
  const authorization = headers.get("authorization");
  if (authorization === null) return refused("no-token");
  if (authorization.length > LONGEST_HEADER) return refused("malformed-header");
  const [, headerPart, claimsPart, signature] = BEARER_PATTERN.exec(authorization) ?? [];
  if (!headerPart || !claimsPart || !signature) return refused("malformed-header");

  const header = decodeObject(headerPart);
  const claims = decodeObject(claimsPart);
  if (!header || !claims) return refused("malformed-token");
  const refusal = headerRefusal(header) ?? addressRefusal(claims, expected.audience) ?? timeRefusal(claims, expected);
  if (refusal !== undefined) return refused(refusal);

  const keyId = header["kid"];
  const subject = claims["sub"];
  const expiresAtMs = secondsToMs(claims["exp"]);
  if (typeof keyId !== "string" || keyId === "" || keyId.length > LONGEST_KEY_ID) return refused("header-fields");
  if (typeof subject !== "string" || subject === "") return refused("subject");
  if (expiresAtMs === undefined) return refused("times");
  const text = `${headerPart}.${claimsPart}.${signature}`;
  const { email, email_verified: emailVerified } = claims;
  const isSignatureRemoved = signature === REMOVED_SIGNATURE;
  return { kind: "read", token: { text, isSignatureRemoved, keyId, subject, email, emailVerified, expiresAtMs } };
}

function refused(reason: TokenRefusal): TokenReading {
  return { kind: "refused", reason };
}

function headerRefusal(header: JsonObject): TokenRefusal | undefined {
  if (header["alg"] !== "RS256") return "algorithm";
  if (Object.hasOwn(header, "typ") && header["typ"] !== "JWT") return "header-fields";
  if (FORBIDDEN_HEADER_FIELDS.some((field) => Object.hasOwn(header, field))) return "header-fields";
  return undefined;
}

function addressRefusal(claims: JsonObject, audience: string): TokenRefusal | undefined {
  if (typeof claims["aud"] !== "string" || claims["aud"] !== audience) return "audience";
  if (claims["iss"] !== ISSUER) return "issuer";
  return undefined;
}

function timeRefusal(claims: JsonObject, { nowMs }: { nowMs: number }): TokenRefusal | undefined {
  const expiresAtMs = secondsToMs(claims["exp"]);
  const issuedAtMs = secondsToMs(claims["iat"]);
  const notBeforeMs = Object.hasOwn(claims, "nbf") ? secondsToMs(claims["nbf"]) : issuedAtMs;
  if (expiresAtMs === undefined || issuedAtMs === undefined || notBeforeMs === undefined) return "times";
  if (nowMs > expiresAtMs + SKEW_MS) return "expired";
  if (issuedAtMs > nowMs + SKEW_MS) return "issued-ahead";
  if (notBeforeMs > nowMs + SKEW_MS) return "not-yet-valid";
  const lifeMs = expiresAtMs - issuedAtMs;
  return lifeMs <= 0 || lifeMs > LONGEST_LIFE_MS ? "lifetime" : undefined;
}

function secondsToMs(seconds: unknown): number | undefined {
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}

function decodeObject(part: string): JsonObject | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, "base64url"));
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
