import type { SenderIdentity } from "../../../shared/auth/cloud-run-identity.ts";
import type { PersonIdentity } from "../../../shared/auth/iap-identity.ts";

/** What proves who the visitor is: an assertion of Identity-Aware Proxy, or the token that Cloud Run checked. */
export type Proof = "iap" | "cloud-run";

type Refusal<Identity> = Exclude<Identity, { readonly kind: "identified" }>;

/** Why the visitor's identity is unknown. A `reason` is a code for the log. */
export type Refused =
  | (Refusal<PersonIdentity> & { readonly proof: "iap" })
  | (Refusal<SenderIdentity> & { readonly proof: "cloud-run" });

/** The visitor's identity, or why it is unknown. */
export type Identification =
  /** In lower case; `local` on a developer's machine. */
  { readonly kind: "identified"; readonly email: string } | Refused;

/** Finds out who sent a request from its headers. Never throws. */
export type Identify = (headers: Headers) => Promise<Identification>;

/** Identifies everybody as the one person at a developer's machine. Then no request is sent on anybody's behalf. */
export const identifyLocally: Identify = async () => ({ kind: "identified", email: "local" });
