import type { AccessLists } from "../../../shared/auth/access.ts";
import { plainEmail } from "../../../shared/auth/email.ts";
import { type Caller, callerWith } from "./caller.ts";

/** The caller whose role applies, or why there is none. */
export type Representation =
  | { readonly kind: "identified"; readonly caller: Caller }
  | {
      readonly kind: "forbidden";
      readonly reason: "not-the-console" | "person-form" | "person-is-ours" | "person-without-role";
      /** For the log, if known. */
      readonly who: Pick<Caller, "email" | "through">;
    };

/**
 * Finds the person for whom the console sends a request, and applies that person's role. The person must be an operator
 * or a viewer, so that the console can't be used to bypass the list of callers.
 *
 * @param person the value of the Handoff-On-Behalf-Of header; null if the request doesn't have it.
 */
export function representedBy(sender: Caller, person: string | null, lists: AccessLists): Representation {
  if (person === null) return { kind: "identified", caller: sender };
  const who = { email: sender.email };
  if (sender.role !== "console") return { kind: "forbidden", reason: "not-the-console", who };
  // A repeated header arrives as one value with a comma and a space, which isn't a valid address.
  const email = plainEmail(person);
  if (email === undefined) return { kind: "forbidden", reason: "person-form", who };
  const named = { email, through: sender.email };
  if (lists.accounts.has(email)) return { kind: "forbidden", reason: "person-is-ours", who: named };
  const { role } = callerWith(email, lists);
  if (role !== "operator" && role !== "viewer") return { kind: "forbidden", reason: "person-without-role", who: named };
  return { kind: "identified", caller: { ...named, role } };
}
