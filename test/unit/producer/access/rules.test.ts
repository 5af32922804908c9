import { describe, expect, it } from "vitest";
import { type Caller, callerWith } from "../../../../services/producer/access/caller.ts";
import {
  type Access,
  mayAct,
  mayCancelTask,
  mayCreate,
  mayReadTask,
  mayRunTask,
} from "../../../../services/producer/access/rules.ts";
import { ROLES, type Role, accessSchema, matchesTypePattern } from "../../../../shared/auth/access.ts";

const ME = "me@example.com";
const OTHER = "other@example.com";

/** Who may do it: to one's own task, to another's, to one of which nobody knows whose it is. */
const READ: Readonly<Record<Role, string>> = {
  caller: "own",
  viewer: "own other",
  operator: "own other unknown",
  relay: "",
  console: "",
  none: "",
};
const CANCEL: typeof READ = { ...READ, viewer: "" };

const allowedTo = (may: (caller: Caller, owner: string | undefined) => Access, role: Role): string => {
  const owners = [
    ["own", ME],
    ["other", OTHER],
    ["unknown", undefined],
  ] as const;
  return owners.flatMap(([name, owner]) => (may({ email: ME, role }, owner).allowed ? [name] : [])).join(" ");
};

it.each(ROLES)("a %s may read, cancel and run the tasks that its role allows", (role) => {
  expect(allowedTo(mayReadTask, role)).toBe(READ[role]);
  expect(allowedTo(mayCancelTask, role)).toBe(CANCEL[role]);
  expect(allowedTo(mayRunTask, role)).toBe(CANCEL[role]);
  expect(mayAct({ email: ME, role }, "replay dead letters").allowed).toBe(role === "operator");
});

it.each<[Role, boolean, boolean]>([
  ["caller", true, false],
  ["viewer", false, false],
  ["operator", true, true],
  ["relay", false, false],
  ["console", false, false],
  ["none", false, false],
])("a %s with listed types may create one of them: %s, another: %s", (role, named, other) => {
  const caller: Caller = { email: ME, role, types: ["webhook.*"] };
  expect(mayCreate(caller, "webhook.deliver").allowed).toBe(named);
  expect(mayCreate(caller, "ledger.transfer").allowed).toBe(other);
  expect(mayAct(caller, "create tasks").allowed).toBe(named);
});

it("a caller that isn't listed may create every type, one with an empty list none", () => {
  expect(mayCreate({ email: ME, role: "caller" }, "any.thing").allowed).toBe(true);
  expect(mayCreate({ email: ME, role: "caller", types: [] }, "any.thing").allowed).toBe(false);
});

describe("a refusal", () => {
  const detailOf = (access: Access) => (access.allowed ? "allowed" : access.problem.detail);

  it("names what is missing", () => {
    const viewer: Caller = { email: ME, role: "viewer" };
    const caller: Caller = { email: ME, role: "caller" };
    expect(detailOf(mayCancelTask(viewer, ME))).toBe(
      "me@example.com has the role viewer, which may not cancel tasks. These roles may: caller (its own), operator.",
    );
    expect(detailOf(mayReadTask(caller, OTHER))).toBe(
      "me@example.com did not create this task. These roles may read tasks: caller (its own), viewer, operator.",
    );
    expect(detailOf(mayReadTask(viewer, undefined))).toBe(
      "It is not known who created this task. Only operators may read such tasks.",
    );
  });

  it("tells the console to name a person", () => {
    expect(detailOf(mayAct({ email: ME, role: "console" }, "read queues"))).toBe(
      "The console may do nothing for itself. Send Handoff-On-Behalf-Of with the e-mail address of an operator or a viewer.",
    );
  });

  it("doesn't name the owner", () => {
    expect(detailOf(mayReadTask({ email: ME, role: "caller" }, OTHER))).not.toContain(OTHER);
  });
});

it.each<[pattern: string, type: string, named: boolean]>([
  ["webhook.deliver", "webhook.deliver", true],
  ["webhook.deliver", "webhook.deliver.now", false],
  ["webhook.*", "webhook.deliver", true],
  ["webhook.*", "webhook.deliver.now", true],
  ["webhook.*", "webhook", false],
  ["webhook.*", "webhooks.deliver", false],
  ["webhook", "webhook.deliver", false],
  ["web*", "webhook.deliver", false],
])("the pattern %s matches the type %s: %s", (pattern, type, named) => {
  expect(matchesTypePattern([pattern], type)).toBe(named);
});

it("the first list that contains an account decides: Handoff's own, operators, viewers, then callers", () => {
  const lists = accessSchema.parse({
    accounts: { "own@p.cc": "relay" },
    operators: ["own@p.cc", "Op@p.cc"],
    viewers: ["op@p.cc", "viewer@p.cc"],
    callerTypes: { "own@p.cc": ["c.*"], "viewer@p.cc": ["c.*"], "caller@p.cc": ["c.*"] },
  });
  const of = (email: string) => callerWith(email, lists);
  expect(of("own@p.cc")).toEqual({ email: "own@p.cc", role: "relay" });
  expect(of("op@p.cc")).toEqual({ email: "op@p.cc", role: "operator" });
  expect(of("viewer@p.cc")).toEqual({ email: "viewer@p.cc", role: "viewer" });
  expect(of("caller@p.cc")).toEqual({ email: "caller@p.cc", role: "caller", types: ["c.*"] });
  expect(of("else@p.cc")).toEqual({ email: "else@p.cc", role: "caller" });
});
