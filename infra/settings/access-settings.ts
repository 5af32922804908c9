import * as z from "zod";
import { matchesTypePattern } from "../../shared/auth/access.ts";
import { MAX_EMAIL_LENGTH, isServiceAccount } from "../../shared/auth/email.ts";
import type { TaskTypes } from "../../shared/contract/registry.ts";
import { listOf } from "./setting-values.ts";

/** Who may call the producer. Callers must be listed: nobody else may call. */
export const caller = z
  .string()
  .refine((member) => !/^all(Authenticated)?Users$/.test(member), "would let everyone in: name accounts or groups")
  .regex(
    /^(serviceAccount|user|group):[^\s:@]+@[^\s:@]+$|^domain:[^\s:@]+$|^all(Authenticated)?Users$/,
    "must be an IAM member, for example serviceAccount:shop@my-project.iam.gserviceaccount.com",
  );

const A_GROUP = "is a group, and a token doesn't name the groups of its account: name each person or service account";

/** The address of one person or service account, in lower case. */
const account = z
  .string()
  .refine(
    (text) => !/^(group|domain|principal|principalSet):/i.test(text) && !/@googlegroups\.com$/i.test(text),
    A_GROUP,
  )
  .refine(
    (text) => !/^(user|serviceAccount):/i.test(text),
    "must be only an e-mail address, without user: or serviceAccount:",
  )
  .pipe(z.email("must be an e-mail address").max(MAX_EMAIL_LENGTH, "must not be longer than an e-mail address may be"))
  .transform((text) => text.toLowerCase());

export const accounts = listOf(account).refine(
  (all) => new Set(all).size === all.length,
  "must not contain duplicates",
);

/** Patterns that each match at least one registered type. */
export function typePatterns(types: TaskTypes) {
  const pattern = z
    .string()
    .regex(/^[a-z][a-z0-9.-]*(\.\*)?$/, "must be a task type, or a prefix followed by .*")
    .refine((text) => [...types.keys()].some((type) => matchesTypePattern([text], type)), {
      error: `matches no task type: the types are ${[...types.keys()].join(", ")}`,
    });
  return listOf(pattern);
}

/** The types that a caller may create: its address, and patterns. */
export function callerTypes(types: TaskTypes) {
  const patterns = typePatterns(types).min(1, "must name a type; leave the caller out if it may create every type");
  return z
    .record(z.string(), patterns, { error: "must be a map of e-mail addresses and lists" })
    .transform((given, context) => {
      const byAccount = new Map<string, string[]>();
      for (const [key, value] of Object.entries(given)) {
        const { data: email, error } = account.safeParse(key);
        for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", path: [key], message });
        if (email === undefined) continue;
        if (byAccount.has(email)) context.addIssue({ code: "custom", path: [key], message: "is there twice" });
        byAccount.set(email, value);
      }
      return byAccount;
    });
}

/** The settings about access. */
export interface AccessSettings {
  readonly project: string;
  readonly prefix: string;
  readonly callers: readonly string[];
  readonly operators: readonly string[];
  readonly viewers: readonly string[];
  readonly callerTypes: ReadonlyMap<string, readonly string[]>;
}

/** The address that one of Handoff's own accounts will have. */
function ownEmail({ prefix, project }: Pick<AccessSettings, "prefix" | "project">, account: string): string {
  return `${prefix}-${account}@${project}.iam.gserviceaccount.com`;
}

/** Handoff's own accounts. */
const OWN_ACCOUNTS = ["producer", "worker", "invoker", "trigger", "tick", "console"] as const;

interface AccessProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Entries that would have no effect, or not the expected one: the path of each, and a sentence. */
export function accessProblems(settings: AccessSettings): readonly AccessProblem[] {
  const groups = new Set(
    settings.callers.map((member) => member.toLowerCase()).filter((it) => it.startsWith("group:")),
  );
  const own = new Set(OWN_ACCOUNTS.map((name) => ownEmail(settings, name)));
  const [operators, viewers] = [new Set(settings.operators), new Set(settings.viewers)];
  const entries = [
    ...listed(
      "callers",
      settings.callers.map((member) => member.toLowerCase().replace(/^\w+:/, "")),
    ),
    ...listed("operators", settings.operators),
    ...listed("viewers", settings.viewers),
    ...[...settings.callerTypes.keys()].map((email) => ({
      email,
      setting: "callerTypes",
      path: ["callerTypes", email],
    })),
  ];
  return entries.flatMap(({ email, setting, path }) => {
    if (own.has(email)) return [{ path, message: "is an account of Handoff itself, whose role can't be changed" }];
    if (setting === "callers") return [];
    if (groups.has(`group:${email}`)) return [{ path, message: A_GROUP }];
    if (setting === "operators") return [];
    if (operators.has(email)) return [{ path, message: "is an operator, who may do everything" }];
    if (setting === "viewers" || !viewers.has(email)) return [];
    return [{ path, message: "is a viewer, who may create no task" }];
  });
}

function listed(setting: string, emails: readonly string[]) {
  return emails.map((email, index) => ({ email, setting, path: [setting, index] }));
}

/** The IAM members of operators and viewers, who may use the console. */
export function consoleMembers({ operators, viewers }: Pick<AccessSettings, "operators" | "viewers">): string[] {
  return [...operators, ...viewers].map((email) => `${isServiceAccount(email) ? "serviceAccount" : "user"}:${email}`);
}

/** The IAM members that may call the producer: callers, operators and viewers, without duplicates. */
export function callerMembers(settings: AccessSettings): readonly string[] {
  const { callers } = settings;
  const people = consoleMembers(settings);
  const known = new Set(callers.map((member) => member.toLowerCase().replace(/^serviceaccount:/, "serviceAccount:")));
  return [...callers, ...people.filter((member) => !known.has(member))];
}
