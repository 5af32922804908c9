import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { audienceCheck } from "./audiences.ts";
import { authModeOf, isCheckedByCloudRun } from "./auth-mode.ts";
import { type AuthMode, type TokenCheck, type TokenRules, checkToken } from "./check-token.ts";
import { plainEmail } from "./email.ts";
import type { IsForUs } from "./identity-token.ts";
import { createKeyCache } from "./key-cache.ts";
import { IDENTITY_TOKEN } from "./token-kinds.ts";
import { createVerifiedTokens } from "./verified-tokens.ts";

/** The account that sent a request, or why it is unknown. */
export type SenderIdentity =
  /** In lower case. */
  | { readonly kind: "identified"; readonly email: string }
  | Exclude<TokenCheck, { readonly kind: "proved" }>
  /** 403: the token is valid, but names nobody. */
  | { readonly kind: "forbidden"; readonly reason: "no-email" | "email-form" | "email-not-verified" };

const SERVERLESS_AUTHORIZATION = "x-serverless-authorization";

/**
 * Makes the function that finds the account that sent a request to a service on Cloud Run. It reads the identity token
 * in the header that Cloud Run checked: X-Serverless-Authorization if the request has it, otherwise Authorization
 * (https://cloud.google.com/run/docs/authenticating/service-to-service). Cloud Run passes the other header on
 * unchecked, so that one proves nothing. The function never throws.
 *
 * @param service.audience a constant that infra sets as the service's custom audience.
 * @param service.url the service's address with the project number.
 * @throws ConfigError if the mode isn't allowed here; see `authModeOf`.
 */
export function senderIdentity(
  config: {
    readonly AUTH_MODE: AuthMode;
    readonly INVOKER_CHECK?: "on" | undefined;
    readonly K_SERVICE?: string | undefined;
    readonly OIDC_CERTS_URL: string;
  },
  service: { readonly audience: string; readonly url: string },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): (headers: Headers) => Promise<SenderIdentity> {
  const { K_SERVICE, OIDC_CERTS_URL: url } = config;
  const checked = isCheckedByCloudRun(config) && K_SERVICE ? { checkedService: K_SERVICE } : {};
  const isForUs = audienceCheck({ custom: service.audience, url: service.url, ...checked });
  const mode = authModeOf(config);
  const tokens: TokenRules = {
    kind: IDENTITY_TOKEN,
    keys: createKeyCache({ url, algorithm: IDENTITY_TOKEN.algorithm, clock, log }),
    clock,
    mode,
    verified: createVerifiedTokens(),
  };
  return async (headers) => await identify(headers, { tokens, isForUs });
}

async function identify(
  headers: Headers,
  { tokens, isForUs }: { readonly tokens: TokenRules; readonly isForUs: IsForUs },
): Promise<SenderIdentity> {
  const header = headers.get(SERVERLESS_AUTHORIZATION) ?? headers.get("authorization");
  const checked = await checkToken({ header, isForUs }, tokens);
  if (checked.kind !== "proved") return checked;
  const { email: claimed, emailVerified } = checked.token;
  if (claimed === undefined) return { kind: "forbidden", reason: "no-email" };
  const email = plainEmail(claimed);
  if (email === undefined) return { kind: "forbidden", reason: "email-form" };
  if (emailVerified !== true) return { kind: "forbidden", reason: "email-not-verified" };
  return { kind: "identified", email };
}
