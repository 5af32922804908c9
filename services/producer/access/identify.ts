import type { AccessLists } from "../../../shared/auth/access.ts";
import type { SenderIdentity } from "../../../shared/auth/cloud-run-identity.ts";
import { ON_BEHALF_OF } from "../../../shared/http/on-behalf-of.ts";
import { LOCAL_CALLER, callerWith } from "./caller.ts";
import { type Representation, representedBy } from "./on-behalf-of.ts";

export type Identification = Representation | Exclude<SenderIdentity, { readonly kind: "identified" }>;

/** Finds out who sent a request from its headers. Never throws. */
export type Identify = (headers: Headers) => Promise<Identification>;

/** Identifies callers by their identity tokens, and people for whom the console sends a request by its header. */
export function identifyByToken(on: {
  readonly sender: (headers: Headers) => Promise<SenderIdentity>;
  readonly lists: AccessLists;
}): Identify {
  return async (headers) => {
    const sender = await on.sender(headers);
    if (sender.kind !== "identified") return sender;
    return representedBy(callerWith(sender.email, on.lists), headers.get(ON_BEHALF_OF), on.lists);
  };
}

/** Identifies everybody as the one operator of a laptop, whatever a request's headers say. */
export const identifyLocally: Identify = async () => ({ kind: "identified", caller: LOCAL_CALLER });
