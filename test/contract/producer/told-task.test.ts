import { expect, it } from "vitest";
import { googleConsole } from "../../../services/producer/http/google-console.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { parseTaskId } from "../../../shared/contract/task-id.ts";
import { letterFields } from "../../../shared/records/letters/letter-fields.ts";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../harness/auth/callers.ts";
import { commitTask, hashInQueue, waitingAt } from "../../harness/producer/outbox-tasks.ts";
import { CLAIMED, NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { validatorOf } from "../../harness/openapi/json-schema.ts";
import { deployTestQueues } from "../../harness/registry/test-queues.ts";
import { TEST_REGISTRY } from "../../harness/registry/test-registry.ts";

const told = ({ text }: { readonly text: string }): Record<string, unknown> => JSON.parse(text);

it("an operator who requests it sees a task's payload, wherever that still is", async () => {
  const { access } = await setUpCallers();
  const producer = await setUpProducer({ access });
  const as = (email: string) => ({ headers: { authorization: bearerOf(email) } });
  const create = async (body: object) => {
    const headers = { authorization: bearerOf(ACCOUNTS.caller) };
    return (await producer.post(JSON.stringify(body), headers)).body.id;
  };
  const ask = (id: string, email: string = ACCOUNTS.operator) =>
    producer.send(`/v1/tasks/${id}?include=payload`, as(email));

  const scheduled = await create({ ...CLAIMED, delaySeconds: 60 });
  const waiting = await create(CLAIMED);
  await producer.writeRecord(waiting, { ...waitingAt(0, await hashInQueue(producer, waiting)), attempts: 1 });
  const { id: entered } = await commitTask(producer, NATURAL);
  const dead = parseTaskId(await create(CLAIMED))!;
  const envelope = {
    id: dead,
    ...CLAIMED,
    payloadHash: hashPayload(CLAIMED.payload),
    enqueuedAt: "2026-05-01T10:00:00Z",
  };
  const error = { code: "GONE", message: "410" };
  const on = { attempts: 1, error, log: [], nowMs: Date.now() };
  await producer
    .letters()
    .doc(dead)
    .set({ ...letterFields({ envelope, leaseMs: 0, deadLetterRetentionMs: 1e9 }, on) });
  await producer.writeRecord(dead, { state: "dead", lastError: error, caller: ACCOUNTS.caller });
  await producer.admin.deleteTask({ name: producer.taskName(dead) });
  const running = await create(CLAIMED);
  await producer.writeRecord(running, { state: "running", finishedAt: null, result: null });

  const found = await Promise.all([scheduled, waiting, entered, dead, running].map((id) => ask(id)));
  expect(found.map((response) => [told(response)["state"], told(response)["payload"]])).toEqual([
    ["scheduled", CLAIMED.payload],
    ["waiting", CLAIMED.payload],
    ["queued", NATURAL.payload],
    ["dead", CLAIMED.payload],
    ["running", undefined],
  ]);
  const plain = await producer.send(`/v1/tasks/${scheduled}`, as(ACCOUNTS.operator));
  expect(told(plain)).not.toHaveProperty("payload");
  expect(plain.headers.get("etag")).not.toBe(found[0]?.headers.get("etag"));

  const calls = producer.calls("GetTask");
  for (const email of [ACCOUNTS.caller, ACCOUNTS.viewer]) {
    const refused = await ask(scheduled, email);
    expect(refused).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect(refused.body.detail).toContain("These roles may: operator.");
  }
  expect(producer.calls("GetTask")).toBe(calls);
});

it("query parameters that are unknown, repeated or meaningless get 400 with their names, and nothing is looked up", async () => {
  const producer = await setUpProducer();
  const path = `/v1/tasks/${"0".repeat(32)}-default`;
  const queries: readonly [query: string, ...paths: string[]][] = [
    ["token=1&wait=2", "token", "wait"],
    ["include=payload&include=payload", "include"],
    ["include=result", "include"],
    ["waitSeconds=31", "waitSeconds"],
    ["waitSeconds=-1", "waitSeconds"],
    ["waitSeconds=1.5", "waitSeconds"],
    ["waitSeconds=", "waitSeconds"],
    ["since=0123456789abcdefghijkl", "since"],
    ['waitSeconds=1&since="0123', "since"],
    ["waitSeconds=99&since=x&more", "more", "waitSeconds", "since"],
  ];
  for (const [query, ...paths] of queries) {
    const response = await producer.send(`${path}?${query}`);
    expect([query, response.status, response.body.problems.map((problem) => problem.path)]).toEqual([
      query,
      400,
      paths,
    ]);
  }
  expect(await producer.send("/v1/task-types?page=2")).toMatchObject({
    status: 400,
    body: { problems: [{ path: "page" }] },
  });
  expect(producer.calls("GetTask")).toBe(0);
});

it("with Google's console, a task links to its queue and to its log lines there", async () => {
  const queues = deployTestQueues((key) => `${key}-9f3`);
  const console = googleConsole({ project: "my-project", location: "europe-west1", queues });
  const producer = await setUpProducer({ console });
  const { text, body } = await producer.enqueue(CLAIMED);
  expect(told({ text })["links"]).toEqual({
    self: `/v1/tasks/${body.id}`,
    queue: "/v1/queues/default",
    console: "https://console.cloud.google.com/cloudtasks/queue/europe-west1/default-9f3/tasks?project=my-project",
    logs:
      "https://console.cloud.google.com/logs/query;query=" +
      `labels.taskId%3D%22${body.id}%22%20OR%20jsonPayload.taskId%3D%22${body.id}%22;duration=P30D?project=my-project`,
  });
  expect((await producer.send(`/v1/tasks/${body.id}`)).text).toBe(text);
});

it("the types are listed with schemas of their payloads", async () => {
  const producer = await setUpProducer();
  const { text, status } = await producer.send("/v1/task-types");
  const { items }: { items: { type: string; payloadSchema: object }[] } = JSON.parse(text);
  expect(status).toBe(200);
  expect(items.map(({ payloadSchema: _schema, ...item }) => item)).toEqual(
    [...TEST_REGISTRY.types.values()].map(({ type, queue, idempotency, timeoutMs, attempts }) => {
      return { type, queue, idempotency, timeoutMs, attempts };
    }),
  );
  const isAllowed = validatorOf({ schema: items.find(({ type }) => type === NATURAL.type)?.payloadSchema }, "/schema");
  expect([isAllowed(NATURAL.payload), isAllowed({ ...NATURAL.payload, version: -1 })]).toEqual([true, false]);
});
