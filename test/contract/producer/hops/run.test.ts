import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import type { Caller } from "../../../../services/producer/access/caller.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import {
  bodyOf,
  commitTask,
  entryIdsOf,
  hashInQueue,
  hopsInQueue,
  relay,
  waitingAt,
} from "../../../harness/producer/outbox-tasks.ts";

const IN_TRANSACTION = { type: "ledger.transfer", payload: { from: "a", to: "b", amount: 1 } };
const KINDS = { claim: CLAIMED, transaction: IN_TRANSACTION, natural: NATURAL } as const;
const LATER = "2035-01-01T00:00:00.000Z";
const DAY_MS = 24 * 60 * 60_000;
const LOST = { rpc: "Commit", when: "after-effect", answer: { status: status.ABORTED } } as const;
const UNKNOWN_OUTCOME = { status: 503, body: { code: "outcome-unknown" } };

function run(producer: ProducerHarness, id: string, body?: object) {
  const sent = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return producer.send(`/v1/tasks/${id}/run`, { method: "POST", ...sent });
}

const enqueued = async (producer: ProducerHarness, task: object, delaySeconds = 3_600): Promise<string> =>
  (await producer.enqueue({ ...task, delaySeconds })).body.id;

test.each(["claim", "transaction", "natural"] as const)("a %s task runs now, and not at its old time", async (kind) => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, KINDS[kind]);
  const before = await bodyOf(producer, id);

  const response = await run(producer, id);

  expect(response).toMatchObject({ status: 202, body: { id, state: "queued", type: KINDS[kind].type } });
  const hops = await hopsInQueue(producer, id);
  expect(Object.keys(hops)).toEqual(["-h1"]);
  expect(hops["-h1"]).toBeLessThanOrEqual(Date.now() + 1_000);
  expect(await bodyOf(producer, id, 1)).toEqual({ ...before, hop: 1, hopAt: expect.any(String) });
  expect(await producer.recordOf(id)).toMatchObject({
    state: "waiting",
    hop: 1,
    attempts: 0,
    fence: 0,
    caller: "local",
  });
  expect(await entryIdsOf(producer, id)).toEqual([]);
});

test("a task is rescheduled repeatedly, and only the last time counts", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  const soon = new Date(Date.now() + DAY_MS).toISOString();

  expect(await run(producer, id, { scheduleTime: LATER })).toMatchObject({
    status: 202,
    body: { state: "scheduled", scheduleTime: LATER, nextRule: "run" },
  });
  expect((await hopsInQueue(producer, id))["-h1"]).toBeLessThan(Date.now() + 30 * DAY_MS);
  expect(await bodyOf(producer, id, 1)).toMatchObject({ notBefore: LATER });
  expect(await run(producer, id, { scheduleTime: soon })).toMatchObject({ status: 202, body: { scheduleTime: soon } });
  expect(await hopsInQueue(producer, id)).toEqual({ "-h2": Date.parse(soon) });
  expect(await run(producer, id)).toMatchObject({ status: 202, body: { state: "queued" } });
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual(["-h3"]);
  expect(await producer.recordOf(id)).not.toHaveProperty("notBefore");
});

test("a task that waits for its next attempt keeps what is known of the earlier ones", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  const lastError = { code: "HTTP_500", message: "500" };
  const attemptLog = [{ attempt: 1, hop: 0, outcome: "retry", code: "HTTP_500" }];
  const tried = { attempts: 1, fence: 1, lastError, attemptLog, snoozes: 3, later: "field" };
  await producer.writeRecord(id, waitingAt(0, await hashInQueue(producer, id), tried));

  expect(await run(producer, id)).toMatchObject({
    status: 202,
    body: { state: "waiting", attempts: 1, lastError, nextRule: "run" },
  });
  expect(await producer.recordOf(id)).toMatchObject({ ...tried, hop: 1 });
});

test("a task that is only in the outbox runs now, and its old entry is gone", async () => {
  const producer = await setUpProducer();
  const first = await commitTask(producer, CLAIMED, { notBefore: LATER });
  const later = await commitTask(producer, NATURAL, { hop: 4, notBefore: LATER });
  await producer.writeRecord(later.id, waitingAt(4, later.payloadHash, { type: NATURAL.type, notBefore: LATER }));
  for (const [{ id, entryId }, hop] of [
    [first, 1],
    [later, 5],
  ] as const) {
    expect(await run(producer, id)).toMatchObject({ status: 202, body: { state: "queued" } });
    expect(await relay(producer, entryId)).toBe("missing");
    expect(Object.keys(await hopsInQueue(producer, id))).toEqual([`-h${hop}`]);
    expect(await bodyOf(producer, id, hop)).not.toHaveProperty("notBefore");
  }
});

test("a relay that has read the old entry deletes its task again", async () => {
  const producer = await setUpProducer();
  const { id, entryId } = await commitTask(producer, NATURAL, { notBefore: LATER });
  void producer.tasksProxy.inject({
    rpc: "CreateTask",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      expect(await run(producer, id)).toMatchObject({ status: 202 });
    },
  });
  expect(await relay(producer, entryId)).toBe("changed");
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual(["-h1"]);
});

const atWork = { state: "running", fence: 1, attempts: 1, claimedAt: Timestamp.now(), leaseMs: 600_000 };

test.each<[string, object, string]>([
  ["runs", atWork, "task-running"],
  ["runs and was told to end", { ...atWork, cancelRequestedAt: Timestamp.now() }, "task-running"],
  [
    "was told to end, and whose attempt was lost",
    { ...atWork, leaseMs: 0, cancelRequestedAt: Timestamp.now() },
    "task-running",
  ],
  ["succeeded", { state: "succeeded" }, "already-finished"],
  ["is dead", { state: "dead" }, "already-finished"],
  ["is cancelled", { state: "cancelled" }, "already-finished"],
])("a task that %s is 409, and nothing is written", async (_, fields, code) => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  await producer.writeRecord(id, waitingAt(0, await hashInQueue(producer, id), fields));
  const record = await producer.recordOf(id);

  expect(await run(producer, id)).toMatchObject({ status: 409, body: { code } });
  expect(await producer.recordOf(id)).toEqual(record);
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual([""]);
});

test("a task whose attempt was lost runs now, and its log says so", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  await producer.writeRecord(id, waitingAt(0, await hashInQueue(producer, id), { ...atWork, leaseMs: 0 }));
  // The queue's view is of a task at work; the lease is over.
  expect(await run(producer, id)).toMatchObject({ status: 202, body: { state: "waiting" } });
  expect(await producer.recordOf(id)).toMatchObject({ state: "waiting", hop: 1, attemptLog: [{ outcome: "lost" }] });
});

test("a task that has left its queue has no payload any more, and one that never existed is unknown", async () => {
  const producer = await setUpProducer();
  const [removed, recorded, natural] = [
    await enqueued(producer, CLAIMED),
    await enqueued(producer, CLAIMED),
    await enqueued(producer, NATURAL),
  ];
  await producer.writeRecord(recorded, waitingAt(0, await hashInQueue(producer, recorded)));
  for (const id of [removed, recorded, natural]) await producer.admin.deleteTask({ name: producer.taskName(id) });

  expect(await run(producer, removed)).toMatchObject({ status: 409, body: { code: "task-removed" } });
  expect(await run(producer, recorded)).toMatchObject({ status: 409, body: { code: "task-removed" } });
  expect(await run(producer, natural)).toMatchObject({ status: 409, body: { code: "already-finished" } });
  for (const id of [`${"0".repeat(32)}-default`, `${"0".repeat(32)}-nowhere`, "x"]) {
    expect(await run(producer, id)).toMatchObject({ status: 404, body: { code: "task-not-found" } });
  }
  expect(await producer.recordOf(removed)).toBeUndefined();
});

test("a task of another service, of a later revision, or beside another record is left alone", async () => {
  const producer = await setUpProducer();
  const httpRequest = { url: "https://worker.example/tasks/webhook.deliver", body: Buffer.from("of a later format") };
  const id = `${"e".repeat(32)}-default`;
  const [parent = ""] = producer.taskName(id).split("/tasks/");
  await producer.admin.createTask({ parent, task: { name: producer.taskName(id), httpRequest } });
  const conflicting = await enqueued(producer, CLAIMED);
  await producer.writeRecord(conflicting, waitingAt(0, "another payload's"));
  for (const left of [id, conflicting]) {
    expect(await run(producer, left)).toMatchObject({ status: 409, body: { code: "foreign-task" } });
    expect(Object.keys(await hopsInQueue(producer, left))).toEqual([""]);
  }
});

test.each(["claim", "natural"] as const)("a %s task whose commit lost its response moves once", async (kind) => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, KINDS[kind]);
  void producer.recordsProxy.inject(LOST);
  expect(await run(producer, id, { scheduleTime: LATER })).toMatchObject({
    status: 202,
    body: { scheduleTime: LATER },
  });
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual(["-h1"]);
});

test("a natural task isn't reported as rescheduled before its old hop is known to be gone", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, NATURAL);
  const fail = () =>
    void producer.tasksProxy.inject({ rpc: "DeleteTask", when: "before-effect", answer: { status: status.INTERNAL } });
  fail();
  expect(await run(producer, id)).toMatchObject(UNKNOWN_OUTCOME);
  expect(Object.keys(await hopsInQueue(producer, id)).toSorted()).toEqual(["", "-h1"]);
  expect(await run(producer, id)).toMatchObject({ status: 202 });
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual(["-h2"]);

  const done = await enqueued(producer, NATURAL);
  fail();
  expect(await run(producer, done)).toMatchObject(UNKNOWN_OUTCOME);
  await producer.admin.deleteTask({ name: `${producer.taskName(done)}-h1` });
  expect(await run(producer, done)).toMatchObject({ status: 409, body: { code: "already-finished" } });
  expect(await hopsInQueue(producer, done)).toEqual({});
});

test("a claimed task moves even if Cloud Tasks doesn't delete its old hop, and nothing relays the new one yet", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  for (const rpc of ["DeleteTask", "CreateTask"]) {
    void producer.tasksProxy.inject({ rpc, when: "before-effect", answer: { status: status.INTERNAL } });
  }
  expect(await run(producer, id)).toMatchObject({ status: 202, body: { state: "queued" } });
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual([""]);
  expect(await relay(producer, `${id}.h1`)).toBe("relayed");
});

test("a task that moves meanwhile is looked up again", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  const payloadHash = await hashInQueue(producer, id);
  const { entryId, id: other } = await commitTask(producer, CLAIMED, { hop: 1, notBefore: LATER });
  const [entry] = await producer.entriesOf(other);
  expect(entry?.id).toBe(entryId);
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      await producer.writeRecord(id, waitingAt(1, payloadHash, { type: CLAIMED.type, notBefore: LATER }));
      await producer
        .outboxEntries()
        .doc(`${id}.h1`)
        .set(entry?.data ?? {});
      await producer.admin.deleteTask({ name: producer.taskName(id) });
    },
  });
  expect(await run(producer, id)).toMatchObject({ status: 202, body: { state: "queued" } });
  expect(Object.keys(await hopsInQueue(producer, id))).toEqual(["-h2"]);
  expect(await entryIdsOf(producer, id)).toEqual([]);
});

test("an invalid new time is refused before anything is read", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  const bodies = [
    { scheduleTime: "soon" },
    { scheduleTime: "2020-01-01T00:00:00Z" },
    { scheduleTime: "2099-01-01T00:00:00Z" },
    { more: 1 },
    [],
  ];
  for (const body of bodies) {
    expect(await run(producer, id, body)).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  }
  const post = (init: RequestInit) => producer.send(`/v1/tasks/${id}/run`, { method: "POST", ...init });
  expect(await post({ body: "now" })).toMatchObject({ status: 415 });
  expect(await post({ headers: { "content-type": "application/json" }, body: "now" })).toMatchObject({ status: 400 });
  expect(await post({ headers: { "content-type": "application/json" }, body: "x".repeat(2_000) })).toMatchObject({
    status: 413,
  });
  expect(producer.calls("GetTask") + producer.calls("Commit")).toBe(0);
});

test("a caller runs its own tasks, an operator any, and a viewer none", async () => {
  let caller: Caller = { email: "shop@example.com", role: "caller" };
  const identify = () => Promise.resolve({ kind: "identified", caller } as const);
  const producer = await setUpProducer({ access: { identify } });
  const [own, others] = [await enqueued(producer, CLAIMED), await enqueued(producer, CLAIMED)];
  for (const stranger of [
    { email: "blog@example.com", role: "caller" },
    { email: "eve@example.com", role: "viewer" },
  ] as const) {
    caller = stranger;
    expect(await run(producer, own)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  }
  expect(await producer.recordOf(own)).toBeUndefined();
  caller = { email: "shop@example.com", role: "caller" };
  expect(await run(producer, own)).toMatchObject({ status: 202 });
  caller = { email: "ops@example.com", role: "operator" };
  expect(await run(producer, others)).toMatchObject({ status: 202 });
  expect(await bodyOf(producer, others, 1)).toMatchObject({ caller: "shop@example.com" });
});
