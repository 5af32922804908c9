import { ON_BEHALF_OF } from "../../../shared/http/on-behalf-of.ts";
import type { Problem } from "../../../shared/http/problem.ts";
import { matchesTypePattern } from "../../../shared/auth/access.ts";
import type { Caller, Role } from "./caller.ts";

/** Whether a caller may do something. If not, the problem is the response and says what is missing. */
export type Access = { readonly allowed: true } | { readonly allowed: false; readonly problem: Problem };

/** The tasks that an action is limited to. */
type Extent = "all" | "own" | "its types";

/** The API's actions, and the roles that may do them. Roles that aren't listed may not. */
const RULES = {
  "create tasks": { caller: "its types", operator: "all" },
  "read tasks": { caller: "own", viewer: "all", operator: "all" },
  "cancel tasks": { caller: "own", operator: "all" },
  "run tasks": { caller: "own", operator: "all" },
  "read task types": { caller: "all", viewer: "all", operator: "all" },
  // Payloads of tasks and dead letters may contain personal data.
  "read payloads": { operator: "all" },
  "read dead letters": { viewer: "all", operator: "all" },
  "replay dead letters": { operator: "all" },
  "delete dead letters": { operator: "all" },
  "read queues": { viewer: "all", operator: "all" },
  "pause, resume or purge queues": { operator: "all" },
  "read schedules": { viewer: "all", operator: "all" },
  "pause, resume or run schedules": { operator: "all" },
  "read throughput": { viewer: "all", operator: "all" },
  // An entry's id says which task it is, and relaying one early does no harm: it would be relayed anyway.
  "relay tasks": { caller: "all", operator: "all", relay: "all" },
  "do what is due": { operator: "all", relay: "all" },
  // It reveals only the caller's own token and the settings that name them.
  "read own access": { caller: "own", viewer: "own", operator: "own", relay: "own", console: "own", none: "own" },
} as const satisfies Record<string, Partial<Record<Role, Extent>>>;

export type Action = keyof typeof RULES;

/** All actions. */
export const ACTIONS = Object.keys(RULES).filter((action): action is Action => action in RULES);

const FOR_NOBODY = `The console may do nothing for itself. Send ${ON_BEHALF_OF} with the e-mail address of an operator or a viewer.`;

const ALLOWED: Access = { allowed: true };

/** Whether a caller's role allows an action for any task. */
export function mayAct(caller: Caller, action: Action): Access {
  if (extentOf(caller, action) !== undefined) return ALLOWED;
  if (caller.role === "console") return refuse(FOR_NOBODY);
  const who = `${caller.email} has the role ${caller.role}, which may not ${action}`;
  return refuse(`${who}. These roles may: ${rolesOf(action)}.`);
}

/** The actions that a caller's role allows for any task. */
export function actionsOf(caller: Caller): Action[] {
  return ACTIONS.filter((action) => extentOf(caller, action) !== undefined);
}

/** Whether a caller may create tasks of a type. */
export function mayCreate(caller: Caller, type: string): Access {
  const role = mayAct(caller, "create tasks");
  if (!role.allowed || extentOf(caller, "create tasks") === "all") return role;
  if (caller.types === undefined || matchesTypePattern(caller.types, type)) return ALLOWED;
  return refuse(
    `${caller.email} may not create tasks of type ${type}, only: ${caller.types.join(", ") || "none"}. ` +
      "The setting handoff:callerTypes says so.",
  );
}

/** Whether a caller may read a task. `owner` is the address of the caller that created it; undefined if unknown. */
export function mayReadTask(caller: Caller, owner: string | undefined): Access {
  return mayDoWithTask(caller, "read tasks", owner);
}

/** Whether a caller may cancel a task. `owner` is the address of the caller that created it; undefined if unknown. */
export function mayCancelTask(caller: Caller, owner: string | undefined): Access {
  return mayDoWithTask(caller, "cancel tasks", owner);
}

/** Whether a caller may reschedule a task. `owner` is the address of the caller that created it, if known. */
export function mayRunTask(caller: Caller, owner: string | undefined): Access {
  return mayDoWithTask(caller, "run tasks", owner);
}

/** A task with an unknown owner could be anybody's, so only operators may act on it. */
function mayDoWithTask(caller: Caller, action: Action, owner: string | undefined): Access {
  const role = mayAct(caller, action);
  if (!role.allowed || caller.role === "operator") return role;
  if (owner === undefined) {
    const such = action.replace("tasks", "such tasks");
    return refuse(`It is not known who created this task. Only operators may ${such}.`);
  }
  if (extentOf(caller, action) === "all" || owner === caller.email) return ALLOWED;
  return refuse(`${caller.email} did not create this task. These roles may ${action}: ${rolesOf(action)}.`);
}

function extentOf({ role }: Caller, action: Action): Extent | undefined {
  const byRole: Partial<Record<Role, Extent>> = RULES[action];
  return byRole[role];
}

const WITH: Readonly<Record<Extent, string>> = { all: "", own: " (its own)", "its types": " (of its types)" };

function rolesOf(action: Action): string {
  return Object.entries(RULES[action])
    .map(([role, extent]) => `${role}${WITH[extent]}`)
    .join(", ");
}

function refuse(detail: string): Access {
  return { allowed: false, problem: { status: 403, title: "Forbidden", code: "forbidden", detail } };
}
