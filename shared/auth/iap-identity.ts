import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { type TokenCheck, type TokenRules, checkToken } from "./check-token.ts";
import { plainEmail } from "./email.ts";
import { createKeyCache } from "./key-cache.ts";
import { IAP_ASSERTION } from "./token-kinds.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

/** For whom Identity-Aware Proxy vouches, or why nobody knows. */
export type PersonIdentity =
  /** In lower case. */
  | { readonly kind: "identified"; readonly email: string }
  | Exclude<TokenCheck, { readonly kind: "proved" }>
  /** 403: the assertion is valid, but names nobody. */
  | { readonly kind: "forbidden"; readonly reason: "no-email" | "email-form" | "identity-source" };

const ASSERTION = "x-goog-iap-jwt-assertion";

/**
 * What Google's accounts have before their ids. People of other identity providers have another prefix, and an address that
 * nobody at Google has checked (https://cloud.google.com/iap/docs/identity-howto).
 */
const GOOGLE_ACCOUNT = "accounts.google.com:";

/**
 * Makes the function that tells who sent a request to a service behind Identity-Aware Proxy, by its signed assertion alone
 * (https://cloud.google.com/iap/docs/signed-headers-howto). The function never throws.
 *
 * @param options.audience the only one that counts: `/projects/NUMBER/locations/REGION/services/NAME`.
 * @param options.keysUrl where the keys are that sign assertions.
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
    // Nobody checks an assertion before this service does.
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
