import { MAX_EMAIL_LENGTH } from "../../../shared/auth/email.ts";
import { ON_BEHALF_OF } from "../../../shared/http/on-behalf-of.ts";
import { problemResponse } from "../../../shared/http/problem.ts";
import { tryLater } from "../http/failures.ts";
import { sharedResponse } from "../http/openapi.ts";
import type { Identification } from "./identify.ts";

export type Refused = Exclude<Identification, { readonly kind: "identified" }>;

const UNAUTHENTICATED: Readonly<Partial<Record<(Refused & { readonly reason: string })["reason"], string>>> = {
  "no-token": "Send an identity token in the header Authorization, as Bearer and the token.",
  "malformed-header": "The header must be Bearer, a space, and one identity token.",
  audience: "The identity token was made for another audience. Make one for the producer's URL.",
  expired: "The identity token has expired. Make a new one.",
};

const FORBIDDEN: Readonly<Record<(Refused & { readonly kind: "forbidden" })["reason"], string>> = {
  "no-email":
    "The identity token has no e-mail address. Request a token with one: with format=full at the metadata server, with " +
    "includeEmail when you impersonate an account.",
  "email-form": "The identity token's e-mail address must be visible ASCII characters, at most 254.",
  "email-not-verified": "The identity token's e-mail address is not verified.",
  "not-the-console":
    `Only Handoff's console may send ${ON_BEHALF_OF}. Leave it out: what you may do depends on your own account, which ` +
    "GET /v1/me tells.",
  "person-form": `${ON_BEHALF_OF} must be one e-mail address: visible ASCII characters, at most ${MAX_EMAIL_LENGTH}.`,
  "person-is-ours": `${ON_BEHALF_OF} names one of Handoff's own accounts, which can't use the console.`,
  "person-without-role":
    `Whom ${ON_BEHALF_OF} names is neither an operator nor a viewer. Add the e-mail address to the setting ` +
    "handoff:operators or handoff:viewers; a group's address has no effect there.",
};

/** The refusals that every endpoint under /v1 may respond with, for the OpenAPI document. */
export const accessResponses = {
  401: sharedResponse("Unauthenticated"),
  403: sharedResponse("Forbidden"),
  429: sharedResponse("TooManyRequests"),
  500: sharedResponse("InternalError"),
  503: sharedResponse("Unavailable"),
};

/** The response to a request with an unknown sender. It says what is missing, and reveals nothing of the token. */
export function refuseCaller(refused: Refused): Response {
  switch (refused.kind) {
    case "unauthenticated": {
      const detail = UNAUTHENTICATED[refused.reason] ?? `The identity token is not valid: ${refused.reason}.`;
      const problem = { status: 401, title: "Unauthenticated", code: "unauthenticated", detail };
      return problemResponse(problem, { "www-authenticate": "Bearer" });
    }
    case "forbidden":
      return problemResponse({ status: 403, title: "Forbidden", code: "forbidden", detail: FORBIDDEN[refused.reason] });
    case "keys-unavailable":
      return tryLater(503, {
        title: "Service unavailable",
        code: "keys-unavailable",
        detail: "Google's keys can't be fetched, so nobody can be identified. Nothing was done; try again later.",
      });
  }
}

/** The response to a caller that sends too many requests. */
export function refuseRate(waitMs: number): Response {
  const problem = {
    status: 429,
    title: "Too many requests",
    code: "rate-limited",
    detail: "You send this instance more requests than one caller may. Nothing was done; see Retry-After.",
  };
  return problemResponse(problem, { "retry-after": String(Math.ceil(waitMs / 1_000)) });
}
