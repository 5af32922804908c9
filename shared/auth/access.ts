import * as z from "zod";
import { plainEmail } from "./email.ts";

/**
 * The roles of the producer's callers; the producer's `access/rules.ts` says what each may do. The first match counts:
 * one of Handoff's own accounts has the role that infra gives it; then operators, then viewers; everybody else is a
 * caller.
 *
 * `relay` is for accounts that relay tasks without choosing them. `none` is for Handoff's accounts that don't call the
 * producer. `console` is the console's: what it may do depends on the person that it sends a request for.
 */
export const ROLES = ["caller", "viewer", "operator", "relay", "console", "none"] as const;
export type Role = (typeof ROLES)[number];

/** How many requests a second each caller may send to each producer instance: as many as a queue can dispatch. */
export const DEFAULT_CALLER_REQUESTS_PER_SECOND = 500;

const ANY_SUFFIX = ".*";

/** Whether a pattern matches a task type: exactly, or by a prefix that ends in `.*`. */
export function matchesTypePattern(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith(ANY_SUFFIX) ? type.startsWith(pattern.slice(0, 1 - ANY_SUFFIX.length)) : pattern === type,
  );
}

const email = z.string().transform((text, context) => {
  const plain = plainEmail(text);
  if (plain !== undefined) return plain;
  context.addIssue({ code: "custom", message: "must be an e-mail address" });
  return z.NEVER;
});

/** The access lists that infra passes to the producer. All addresses are in lower case. */
export const accessSchema = z.strictObject({
  /** Handoff's own accounts, and the one role of each. */
  accounts: z.record(email, z.enum(ROLES)).transform(asMap),
  operators: z.array(email).transform(asSet),
  viewers: z.array(email).transform(asSet),
  /** Which types a caller may create. A caller that isn't listed may create every type. */
  callerTypes: z.record(email, z.array(z.string())).transform(asMap),
});

/** The form that infra writes. */
export type GivenAccess = z.input<typeof accessSchema>;
/** The form that the producer reads. */
export type AccessLists = z.output<typeof accessSchema>;

function asMap<Value>(record: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(record));
}

function asSet(list: readonly string[]): ReadonlySet<string> {
  return new Set(list);
}
