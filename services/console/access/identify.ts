import type { TokenCheck } from "../../../shared/auth/check-token.ts";

/** Who looks at the console, or why nobody knows. */
export type Identification =
  /** In lower case; `local` on a developer's machine. */
  { readonly kind: "identified"; readonly email: string } | Refused;

export type Refused =
  | Exclude<TokenCheck, { readonly kind: "proved" }>
  /** 403: what was proved names nobody. */
  | { readonly kind: "forbidden"; readonly reason: "no-email" | "email-form" | "email-not-verified" };

/** Finds out who sent a request, by its headers. Never throws. */
export type Identify = (headers: Headers) => Promise<Identification>;

/** Everybody, on a developer's machine. No request of the console is then on anybody's behalf. */
export const LOCAL_PERSON = "local";
