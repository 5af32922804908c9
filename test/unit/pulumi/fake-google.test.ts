import { expect, onTestFinished, test } from "vitest";
import { fieldsOf, textOf } from "../../pulumi/fake-google/call.ts";
import { FakeGoogle } from "../../pulumi/fake-google/fake-google.ts";
import { faults } from "../../pulumi/fake-google/faults.ts";

const PROJECT = "projects/my-project-123";
const QUEUES = `tasks/v2/${PROJECT}/locations/europe-west1/queues`;
const QUEUE = `${PROJECT}/locations/europe-west1/queues/q`;
const ACCOUNT = "worker@my-project-123.iam.gserviceaccount.com";
const SERVICES = `run/v2/${PROJECT}/locations/europe-west1/services`;

async function setUp() {
  const google = await FakeGoogle.start();
  onTestFinished(() => google.stop());
  const call = async (method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${google.url}/${path}`, { method, ...init });
    return { status: response.status, body: fieldsOf(await response.json()) };
  };
  const grant = (member: string, etag: string) => ({
    policy: { etag, bindings: [{ role: "roles/cloudtasks.viewer", members: [member] }] },
  });
  return { google, call, grant };
}

test("a resource is made once, read, listed, changed by its mask, and gone once it is deleted", async () => {
  const { call } = await setUp();
  const body = { name: QUEUE, rateLimits: { maxDispatchesPerSecond: 5 } };

  expect(await call("POST", QUEUES, body)).toMatchObject({ status: 200, body: { name: QUEUE, state: "RUNNING" } });
  expect(await call("POST", QUEUES, body)).toMatchObject({
    status: 409,
    body: { error: { status: "ALREADY_EXISTS" } },
  });
  const changed = { rateLimits: { maxDispatchesPerSecond: 7, maxConcurrentDispatches: 1 } };
  await call("PATCH", `tasks/v2/${QUEUE}?updateMask=rateLimits.maxDispatchesPerSecond`, changed);
  const expected = { rateLimits: { maxDispatchesPerSecond: 7, maxConcurrentDispatches: 1_000 } };
  expect(await call("GET", `tasks/v2/${QUEUE}`)).toMatchObject({ status: 200, body: expected });
  expect(await call("GET", QUEUES)).toMatchObject({ body: { queues: [expected] } });
  expect(await call("DELETE", `tasks/v2/${QUEUE}`)).toMatchObject({ status: 200 });
  expect(await call("GET", `tasks/v2/${QUEUE}`)).toMatchObject({
    status: 404,
    body: { error: { status: "NOT_FOUND" } },
  });
});

test("a policy is written by its newest etag alone", async () => {
  const { google, call, grant } = await setUp();
  google.world.addAccount("worker");
  await call("POST", QUEUES, { name: QUEUE });
  const { body: read } = await call("POST", `tasks/v2/${QUEUE}:getIamPolicy`);
  const member = `serviceAccount:${ACCOUNT}`;

  const written = await call("POST", `tasks/v2/${QUEUE}:setIamPolicy`, grant(member, textOf(read["etag"])));
  expect(written).toMatchObject({ status: 200, body: { bindings: [{ members: [member] }] } });
  expect(written.body["etag"]).not.toBe(read["etag"]);
  const late = await call(
    "POST",
    `tasks/v2/${QUEUE}:setIamPolicy`,
    grant("user:late@example.com", textOf(read["etag"])),
  );
  expect(late).toMatchObject({ status: 409, body: { error: { status: "ABORTED" } } });
  expect(await call("POST", `tasks/v2/${QUEUE}:getIamPolicy`)).toEqual(written);
});

test("a new account is unknown to policies for as many writes as are asked for, and one that doesn't exist always", async () => {
  const { google, call, grant } = await setUp();
  google.world.policies.lateness = { accounts: 2, reads: 0 };
  await call("POST", QUEUES, { name: QUEUE });
  await call("POST", `iam/v1/${PROJECT}/serviceAccounts`, { accountId: "worker" });
  const write = async (email: string) =>
    (await call("POST", `tasks/v2/${QUEUE}:setIamPolicy`, grant(`serviceAccount:${email}`, ""))).status;

  expect([await write(ACCOUNT), await write(ACCOUNT), await write(ACCOUNT)]).toEqual([400, 400, 200]);
  const nobody = ACCOUNT.replace("worker", "nobody");
  expect([await write(nobody), await write(nobody), await write(nobody)]).toEqual([400, 400, 400]);
});

test("a policy's readers see the policy from before for as many reads as are asked for", async () => {
  const { google, call, grant } = await setUp();
  google.world.policies.lateness = { accounts: 0, reads: 2 };
  await call("POST", QUEUES, { name: QUEUE });
  const read = async () => (await call("POST", `tasks/v2/${QUEUE}:getIamPolicy`)).body["etag"];
  const before = await read();
  const { body } = await call("POST", `tasks/v2/${QUEUE}:setIamPolicy`, grant("user:a@example.com", ""));

  expect([await read(), await read(), await read()]).toEqual([before, before, body["etag"]]);
});

test("an operation is done at once, or after as many polls as are asked for, or ends with an error", async () => {
  const { google, call } = await setUp();
  google.faults.set([faults.slow(/POST run\//, 2), faults.endsBadly(/POST run\//, "no image")]);
  const create = (id: string) => call("POST", `${SERVICES}?serviceId=${id}`, { template: {} });

  const { body: slow } = await create("slow");
  expect(slow).not.toHaveProperty("done");
  const poll = async () => (await call("GET", `run/v2/${textOf(slow["name"])}`)).body["done"] ?? false;
  expect([await poll(), await poll()]).toEqual([false, true]);
  expect((await create("bad")).body).toMatchObject({ done: true, error: { code: 9, message: "no image" } });
  // It is there nevertheless, and doesn't work.
  expect((await call("GET", `${SERVICES}/bad`)).body).toMatchObject({
    terminalCondition: { state: "CONDITION_FAILED" },
  });
  expect((await create("good")).body).toMatchObject({
    done: true,
    response: { terminalCondition: { state: "CONDITION_SUCCEEDED" } },
  });
});

const REFUSALS = [
  [faults.apiOff(/./, "Cloud Tasks API", 1), 403, "before or it is disabled"],
  [faults.notYetAllowed(/./, "iam.serviceAccounts.actAs", 1), 403, 'lacks IAM permission "iam.serviceAccounts.actAs"'],
  [faults.tooManyCalls(/./, 1), 429, "Quota exceeded"],
  [faults.unavailable(/./, 1), 503, "unavailable"],
] as const;

test.each(REFUSALS)(
  "a fault of the menu refuses a call without carrying it out, and passes: %o",
  async (fault, status, text) => {
    const { google, call } = await setUp();
    google.faults.set([fault]);

    const refused = await call("POST", QUEUES, { name: QUEUE });
    expect(refused.status).toBe(status);
    expect(JSON.stringify(refused.body)).toContain(JSON.stringify(text).slice(1, -1));
    expect(google.world.keys).toEqual([]);
    expect(await call("POST", QUEUES, { name: QUEUE })).toMatchObject({ status: 200 });
  },
);

test("a connection is cut before the call is carried out, or after it", async () => {
  const { google, call } = await setUp();
  google.faults.set([faults.cut(/./, 1), faults.answerLost(/./, 1)]);

  await expect(call("POST", QUEUES, { name: QUEUE })).rejects.toThrow("fetch failed");
  expect(google.world.keys).toEqual([]);
  await expect(call("POST", QUEUES, { name: QUEUE })).rejects.toThrow("fetch failed");
  expect(google.world.keys).toEqual([`tasks/${QUEUE}`]);
  expect(google.journal.map(({ status }) => status)).toEqual([undefined, undefined]);
});

test("a secret is named by the project's number, is found by either, and its version gives back what it holds", async () => {
  const { call } = await setUp();
  const { body } = await call("POST", `secrets/v1/${PROJECT}/secrets?secretId=s`, { replication: { automatic: {} } });
  expect(body).toMatchObject({ name: "projects/123456789012/secrets/s" });

  await call("POST", `secrets/v1/${PROJECT}/secrets/s:addVersion`, { payload: { data: "aGk=" } });
  const access = await call("GET", "secrets/v1/projects/123456789012/secrets/s/versions/1:access");
  expect(access).toMatchObject({ status: 200, body: { payload: { data: "aGk=" } } });
});

test("a database with protection isn't deleted, and a cleared field tells whose indexes it would have", async () => {
  const { call } = await setUp();
  const database = `firestore/v1/${PROJECT}/databases/d`;
  const body = { type: "FIRESTORE_NATIVE", deleteProtectionState: "DELETE_PROTECTION_ENABLED" };
  await call("POST", `firestore/v1/${PROJECT}/databases?databaseId=d`, body);

  expect(await call("DELETE", database)).toMatchObject({
    status: 400,
    body: { error: { status: "FAILED_PRECONDITION" } },
  });
  const { body: patched } = await call("PATCH", `${database}/collectionGroups/c/fields/f`, {
    indexConfig: {},
    ttlConfig: {},
  });
  const ancestorField = `${PROJECT}/databases/d/collectionGroups/__default__/fields/*`;
  expect(patched["response"]).toMatchObject({ indexConfig: { ancestorField }, ttlConfig: { state: "ACTIVE" } });
  expect(patched["response"]).not.toHaveProperty("indexConfig.indexes");
});

test("a call that it has no answer to is refused and journaled", async () => {
  const { google, call } = await setUp();
  expect(await call("POST", "tasks/v2/projects/p:sing")).toMatchObject({ status: 501 });
  expect(google.journal).toMatchObject([{ line: "POST tasks/projects/p:sing", status: 501 }]);
});
