import type { AccessLists, Role } from "../../../shared/auth/access.ts";

export type { Role };

/** Who sent a request. */
export interface Caller {
  /** The e-mail address of the account or person, in lower case; `local` on a laptop, where no tokens are used. */
  readonly email: string;
  readonly role: Role;
  /** The console's account, if it sent the request on this person's behalf. */
  readonly through?: string;
  /** The types that it may create, if its role depends on that (see `matchesTypePattern`). Default: every type. */
  readonly types?: readonly string[];
}

/** Everybody, on a laptop. */
export const LOCAL_CALLER: Caller = { email: "local", role: "operator" };

/** The caller with this address. The first list that contains it decides the role. */
export function callerWith(email: string, lists: AccessLists): Caller {
  const ownRole = lists.accounts.get(email);
  if (ownRole !== undefined) return { email, role: ownRole };
  if (lists.operators.has(email)) return { email, role: "operator" };
  if (lists.viewers.has(email)) return { email, role: "viewer" };
  const types = lists.callerTypes.get(email);
  return types === undefined ? { email, role: "caller" } : { email, role: "caller", types };
}
