import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { type TokenCheck, type TokenRules, checkToken } from "./check-token.ts";
import { plainEmail } from "./email.ts";
import { createKeyCache } from "./key-cache.ts";
import { IAP_ASSERTION } from "./token-kinds.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

/** The person whom Identity-Aware Proxy vouches for, or why that is unknown. */
export type PersonIdentity =
  /** In lower case. */
  | { readonly kind: "identified"; readonly email: string }
  | Exclude<TokenCheck, { readonly kind: "proved" }>
  /** 403: the assertion is valid, but names nobody. */
  | { readonly kind: "forbidden"; readonly reason: "no-email" | "email-form" | "identity-source" };

const ASSERTION = "x-goog-iap-jwt-assertion";

/**
 * The prefix of the ids of Google's accounts. People of other identity providers have another prefix, and an address
 * that Google hasn't verified (https://cloud.google.com/iap/docs/identity-howto).
 */
const GOOGLE_ACCOUNT = "accounts.google.com:";

/**
 * Makes the function that finds the person who sent a request to a service behind Identity-Aware Proxy. It uses nothing
 * but the proxy's signed assertion (https://cloud.google.com/iap/docs/signed-headers-howto). It never throws.
 *
 * @param options.audience the only one accepted: `/projects/NUMBER/locations/REGION/services/NAME`.
 * @param options.keysUrl where to fetch the keys that sign assertions.
 */
export function personIdentity(options: {
  readonly audience: string;
  readonly keysUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}): (headers: Headers) => Promise<PersonIdentity> {
  const { audience, keysUrl: url, clock, log } = options;
  const rules: TokenRules = {
    kind: IAP_ASSERTION,
    keys: createKeyCache({ url, algorithm: IAP_ASSERTION.algorithm, clock, log }),
    clock,
    // Nothing checks an assertion before this service does.
    mode: "verify",
    verified: createVerifiedTokens(),
  };
  const isForUs = ({ audience: given }: { readonly audience: string }): boolean => given === audience;
  return async (headers) => {
    const checked = await checkToken({ header: headers.get(ASSERTION), isForUs }, rules);
    if (checked.kind !== "proved") return checked;
    const { subject, email: claimed } = checked.token;
    if (!subject.startsWith(GOOGLE_ACCOUNT)) return { kind: "forbidden", reason: "identity-source" };
    if (claimed === undefined) return { kind: "forbidden", reason: "no-email" };
    const email = plainEmail(claimed);
    return email === undefined ? { kind: "forbidden", reason: "email-form" } : { kind: "identified", email };
  };
}
