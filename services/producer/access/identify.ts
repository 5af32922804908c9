import type { AccessLists } from "../../../shared/auth/access.ts";
import { type TokenCheck, type TokenRules, checkToken } from "../../../shared/auth/check-token.ts";
import { plainEmail } from "../../../shared/auth/email.ts";
import type { IsForUs } from "../../../shared/auth/identity-token.ts";
import { type Caller, LOCAL_CALLER, callerWith } from "./caller.ts";

export type Identification =
  | { readonly kind: "identified"; readonly caller: Caller }
  | Exclude<TokenCheck, { readonly kind: "proved" }>
  /** 403: the token is valid, but names nobody. */
  | { readonly kind: "forbidden"; readonly reason: "no-email" | "email-form" | "email-not-verified" };

/** Finds out who sent a request, by its headers. Never throws. */
export type Identify = (headers: Headers) => Promise<Identification>;

const SERVERLESS_AUTHORIZATION = "x-serverless-authorization";

/**
 * Identifies callers by the identity token in the header that Cloud Run checked: X-Serverless-Authorization if the request
 * has it, otherwise Authorization (https://cloud.google.com/run/docs/authenticating/service-to-service). Cloud Run passes
 * the other one on as it came, so it proves nothing, whatever the first one says.
 */
export function identifyByToken(rules: {
  readonly tokens: TokenRules;
  readonly isForUs: IsForUs;
  readonly lists: AccessLists;
}): Identify {
  const { tokens, isForUs, lists } = rules;
  return async (headers) => {
    const header = headers.get(SERVERLESS_AUTHORIZATION) ?? headers.get("authorization");
    const checked = await checkToken({ header, isForUs }, tokens);
    if (checked.kind !== "proved") return checked;
    const { email: claimed, emailVerified } = checked.token;
    if (claimed === undefined) return { kind: "forbidden", reason: "no-email" };
    const email = plainEmail(claimed);
    if (email === undefined) return { kind: "forbidden", reason: "email-form" };
    if (emailVerified !== true) return { kind: "forbidden", reason: "email-not-verified" };
    return { kind: "identified", caller: callerWith(email, lists) };
  };
}

/** Identifies everybody as the one operator of a laptop. */
export const identifyLocally: Identify = async () => ({ kind: "identified", caller: LOCAL_CALLER });
