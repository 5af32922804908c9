import { type AuthMode, type TokenCheck, type TokenRules, checkToken } from "../../shared/auth/check-token.ts";
import type { IdentityToken, IsForUs } from "../../shared/auth/identity-token.ts";
import { IDENTITY_TOKEN } from "../../shared/auth/token-kinds.ts";
import { createVerifiedTokens } from "../../shared/auth/verified-tokens.ts";

export type Authentication =
  | {
      readonly kind: "authenticated";
      readonly email: string;
      /** The service account's numeric id. */
      readonly subject: string;
      readonly expiresAtMs: number;
    }
  | Exclude<TokenCheck, { readonly kind: "proved" }>
  /** 401: Cloud Tasks never sends this header. */
  | { readonly kind: "unauthenticated"; readonly reason: "serverless-authorization" }
  /** 403: the token is valid, but not the invoker's. */
  | { readonly kind: "forbidden"; readonly reason: "email" | "email-not-verified" };

/** The rules for the tokens of deliveries. */
export interface DeliveryTokenRules extends TokenRules {
  /** The only audience that tokens may have. Never taken from a request. */
  readonly audience: string;
  /** The email address of the only account that may deliver. */
  readonly invoker: string;
}

/**
 * Creates the rules for one audience and one invoker.
 *
 * @param options.mode default `verify`.
 * @throws TypeError if either is empty.
 */
export function createTokenRules(
  options: Omit<DeliveryTokenRules, "kind" | "verified" | "mode"> & { mode?: AuthMode },
): DeliveryTokenRules {
  if (options.audience === "" || options.invoker === "")
    throw new TypeError("Token rules need an audience and an invoker.");
  return { kind: IDENTITY_TOKEN, mode: "verify", ...options, verified: createVerifiedTokens() };
}

/**
 * Decides whether the invoker sent a request, by the identity token that Cloud Tasks puts in its Authorization header
 * (https://cloud.google.com/tasks/docs/creating-http-target-tasks#token). Never throws.
 */
export async function authenticate(headers: Headers, rules: DeliveryTokenRules): Promise<Authentication> {
  if (headers.has("x-serverless-authorization")) {
    return { kind: "unauthenticated", reason: "serverless-authorization" };
  }
  const isForUs: IsForUs = ({ audience }) => audience === rules.audience;
  const checked = await checkToken({ header: headers.get("authorization"), isForUs }, rules);
  return checked.kind === "proved" ? admit(checked.token, rules.invoker) : checked;
}

function admit(token: IdentityToken, invoker: string): Authentication {
  const { email, subject, expiresAtMs } = token;
  if (typeof email !== "string" || email !== invoker) return { kind: "forbidden", reason: "email" };
  if (token.emailVerified !== true) return { kind: "forbidden", reason: "email-not-verified" };
  return { kind: "authenticated", email, subject, expiresAtMs };
}
