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
    "The identity token has no e-mail address. Ask for a token that has one: with format=full at the metadata server, with " +
    "includeEmail when you impersonate an account.",
  "email-form": "The identity token's e-mail address must be visible ASCII characters, at most 254.",
  "email-not-verified": "The identity token's e-mail address is not verified.",
};

/** What every endpoint under /v1 may respond, for its description. */
export const accessResponses = {
  401: sharedResponse("Unauthenticated"),
  403: sharedResponse("Forbidden"),
  429: sharedResponse("TooManyRequests"),
  500: sharedResponse("InternalError"),
  503: sharedResponse("Unavailable"),
};

/** The response to a request whose sender isn't known. It says what is missing, and nothing of the token. */
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
