import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { PARENT, createQueue, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const VIEWER = "roles/cloudtasks.viewer";

async function setup() {
  const harness = await startHarness();
  return { ...harness, resource: await createQueue(harness) };
}

const base64 = (etag: Uint8Array | string | null | undefined): string => Buffer.from(etag ?? "").toString("base64");

test("a queue that never had a policy has an empty one with a fixed etag", async () => {
  const { client, resource } = await setup();
  const [policy] = await client.getIamPolicy({ resource });
  expect([policy.version, policy.bindings, base64(policy.etag)]).toEqual([0, [], "ACAB"]);
});

test("a policy is stored as version 1, with each role and member once, in order", async () => {
  const { client, resource } = await setup();
  const bindings = [
    { role: VIEWER, members: ["user:b@example.com", "user:a@example.com", "user:b@example.com"] },
    { role: "roles/cloudtasks.enqueuer", members: ["allUsers"] },
    { role: VIEWER, members: ["user:c@example.com"] },
    { role: "roles/cloudtasks.admin", members: [] },
  ];
  const [set] = await client.setIamPolicy({ resource, policy: { bindings } });
  expect(set.version).toBe(1);
  expect(set.bindings).toMatchObject([
    { role: "roles/cloudtasks.enqueuer", members: ["allUsers"] },
    { role: VIEWER, members: ["user:a@example.com", "user:b@example.com", "user:c@example.com"] },
  ]);
  expect((await client.getIamPolicy({ resource }))[0]).toEqual(set);
});

test("every policy has an etag of its own, and one based on an older policy is refused", async () => {
  const { client, resource } = await setup();
  const bindings = [{ role: VIEWER, members: ["user:a@example.com"] }];
  const [first] = await client.setIamPolicy({ resource, policy: { bindings } });
  const [second] = await client.setIamPolicy({ resource, policy: { bindings, etag: first.etag ?? "" } });
  expect(base64(second.etag)).not.toBe(base64(first.etag));

  const concurrent =
    "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request's ETag '";
  const stale = await rejectionOf(() =>
    client.setIamPolicy({ resource, policy: { bindings: [], etag: first.etag ?? "" } }),
  );
  expect([stale.code, stale.message.startsWith(concurrent)]).toEqual([status.ABORTED, true]);
  const never = await rejectionOf(() =>
    client.setIamPolicy({ resource, policy: { bindings: [], etag: Buffer.from("ACAB", "base64") } }),
  );
  expect(never.message).toContain(String.raw`The request's ETag '\000 \001' did not match`);
  expect((await client.getIamPolicy({ resource }))[0]).toEqual(second);
});

const member = (name: string): object => ({ bindings: [{ role: VIEWER, members: [name] }] });

it.each<[what: string, policy: object, message: string]>([
  [
    "a role without roles/",
    { bindings: [{ role: "viewer", members: ["allUsers"] }] },
    'The role name must be in the form "roles/{role}", "organizations/{organization_id}/roles/{role}", or "projects/{project_id}/roles/{role}".',
  ],
  [
    "a member without a type",
    member("nobody"),
    "The member nobody is of an unknown type. Please set a valid type prefix for the member.",
  ],
  [
    "a member of an unknown type",
    member("robot:x@example.com"),
    "The member robot:x@example.com is of an unknown type. Please set a valid type prefix for the member.",
  ],
  [
    "a condition",
    { version: 3, bindings: [{ role: VIEWER, members: ["allUsers"], condition: { title: "until 2030" } }] },
    "Can't set conditional policy on this resource",
  ],
  [
    "the version 4",
    { version: 4 },
    "Specified policy version (4) is not supported. For more information, please refer to https://cloud.google.com/iam/help/allow-policies/versions.",
  ],
])("refuses a policy with %s, and keeps the old one", async (_what, policy, message) => {
  const { client, resource } = await setup();
  const rejection = await rejectionOf(() => client.setIamPolicy({ resource, policy }));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
  expect(base64((await client.getIamPolicy({ resource }))[0].etag)).toBe("ACAB");
});

test.each(["serviceAccount:a@example.com", "group:g@example.com", "domain:example.com", "allAuthenticatedUsers"])(
  "takes the member %s",
  async (name) => {
    const { client, resource } = await setup();
    expect((await client.setIamPolicy({ resource, policy: member(name) }))[0].bindings).toMatchObject([
      { members: [name] },
    ]);
  },
);

test("grants what a queue can grant, in order, as often as it is asked for", async () => {
  const { client, resource } = await setup();
  const permissions = ["cloudtasks.tasks.run", "cloudtasks.queues.get", "cloudtasks.tasks.run"];
  expect((await client.testIamPermissions({ resource, permissions }))[0].permissions).toEqual([
    "cloudtasks.queues.get",
    "cloudtasks.tasks.run",
    "cloudtasks.tasks.run",
  ]);
});

it.each<[permissions: string[], message: string]>([
  [[], "At least one permission must be specified."],
  [["foo"], "The permission foo is invalid."],
  [["cloudtasks.queues."], "The permission cloudtasks.queues. is invalid."],
  [["cloudtasks.*"], "The permission cloudtasks.* is invalid."],
  [["storage.objects.get"], "Permission storage.objects.get is not valid for this resource."],
  [["cloudtasks.queues.create"], "Permission cloudtasks.queues.create is not valid for this resource."],
  [["cloudtasks.queues.get", "storage.objects.get"], "Permission storage.objects.get is not valid for this resource."],
])("doesn't test the permissions %j", async (permissions, message) => {
  const { client, resource } = await setup();
  const rejection = await rejectionOf(() => client.testIamPermissions({ resource, permissions }));
  expect([rejection.code, rejection.message]).toEqual([status.INVALID_ARGUMENT, message]);
});

test("finds no unknown queue to test", async () => {
  const { client } = await startHarness();
  const resource = `${PARENT}/queues/none`;
  const permissions = ["cloudtasks.queues.get"];
  expect((await rejectionOf(() => client.testIamPermissions({ resource, permissions }))).code).toBe(status.NOT_FOUND);
});
