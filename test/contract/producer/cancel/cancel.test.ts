import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import type { Caller } from "../../../../services/producer/access/caller.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const IN_TRANSACTION = { type: "ledger.transfer", payload: { from: "a", to: "b", amount: 1 } };
const KINDS = { claim: CLAIMED, transaction: IN_TRANSACTION, natural: NATURAL } as const;

/** Never ran: only a natural task may have, since it would leave no trace. */
const mayHaveRun = { claim: false, transaction: false, natural: true } as const;

const CANCELLED = { status: 200, body: { state: "cancelled", mayHaveRun: false } };
const FINISHED = { status: 409, body: { code: "already-finished" } };
const UNKNOWN_OUTCOME = { status: 503, body: { code: "outcome-unknown" } };

async function enqueued(producer: ProducerHarness, task: object): Promise<string> {
  const { status: accepted, body } = await producer.enqueue(task);
  expect(accepted).toBe(202);
  return body.id;
}

const namesIn = async (producer: ProducerHarness, id: string): Promise<unknown[]> =>
  (await producer.queuedTasks(id.slice(id.indexOf("-") + 1))).map(({ name }) => name);

/** The fields of a record whose attempt began `agoMs` milliseconds ago and may run for a minute. */
const running = (agoMs: number) => ({
  state: "running",
  attempts: 2,
  fence: 2,
  claimedAt: Timestamp.fromMillis(Date.now() - agoMs),
  leaseMs: 60_000,
  finishedAt: null,
  result: null,
});
const WAITING = { state: "waiting", attempts: 2, fence: 2, finishedAt: null, result: null };

describe.each(["claim", "transaction", "natural"] as const)("a %s task", (kind) => {
  test("that has not been tried is cancelled in its record and its queue, and again in the same way", async () => {
    const producer = await setUpProducer();
    const cancelled = { status: 200, text: JSON.stringify({ state: "cancelled", mayHaveRun: mayHaveRun[kind] }) };
    for (const due of [{}, { delaySeconds: 60 }]) {
      const id = await enqueued(producer, { ...KINDS[kind], ...due });
      const [task] = await producer.queuedTasks(id.slice(id.indexOf("-") + 1));
      const calls = () => ["GetTask", "BatchGetDocuments", "Commit", "DeleteTask"].map(producer.calls);
      const before = calls();
      const { payloadHash, enqueuedAt } = JSON.parse(String(task?.httpRequest?.body));

      expect(await producer.cancel(id)).toMatchObject(cancelled);

      expect(calls().map((count, index) => count - (before[index] ?? 0))).toEqual([1, 2, 1, 1]);
      expect(await producer.recordOf(id)).toMatchObject({
        state: "cancelled",
        payloadHash,
        enqueuedAt,
        type: KINDS[kind].type,
        queue: task?.name?.split("/").at(-3)?.slice(0, -2),
        attempts: 0,
        fence: 0,
        cancelledBy: "local",
        caller: "local",
        attemptLog: [],
        claimedAt: null,
      });
      expect(await namesIn(producer, id)).toEqual([]);
      expect(await producer.cancel(id)).toMatchObject(cancelled);
      expect(await producer.send(`/v1/tasks/${id}`)).toMatchObject({ status: 200, body: { state: "cancelled" } });
    }
  });

  test("that waits for its next attempt, or whose last one was lost, is cancelled though attempts have run", async () => {
    const producer = await setUpProducer();
    const { type } = KINDS[kind];
    const lastError = { code: "HTTP_500", message: "The subscriber answered 500." };
    for (const found of [
      { ...WAITING, lastError },
      { ...running(61_000), lastError },
    ]) {
      const id = await enqueued(producer, KINDS[kind]);
      await producer.writeRecord(id, { ...found, type });
      for (const _ of ["first", "again"]) {
        expect(await producer.cancel(id)).toMatchObject({
          status: 200,
          body: { state: "cancelled", mayHaveRun: true },
        });
      }
      expect(await producer.recordOf(id)).toMatchObject({
        state: "cancelled",
        attempts: 2,
        fence: 2,
        lastError,
        leaseMs: 0,
      });
      expect(await namesIn(producer, id)).toEqual([]);
    }
  });
});

test("a running attempt is asked to end, once, and its task stays in its queue", async () => {
  const producer = await setUpProducer();
  const id = await enqueued(producer, CLAIMED);
  await producer.writeRecord(id, running(10_000));
  const asked = { status: 202, text: JSON.stringify({ state: "running", cancelRequested: true }) };

  expect(await producer.cancel(id)).toMatchObject(asked);
  const record = await producer.recordOf(id);
  expect(await producer.cancel(id)).toMatchObject(asked);

  expect(record).toMatchObject({ ...running(0), claimedAt: record?.["claimedAt"], cancelledBy: "local" });
  expect(record?.["cancelRequestedAt"]).toBeInstanceOf(Timestamp);
  expect(await producer.recordOf(id)).toEqual(record);
  expect(await namesIn(producer, id)).toEqual([producer.taskName(id)]);
  expect(await producer.send(`/v1/tasks/${id}`)).toMatchObject({ body: { state: "running", cancelRequested: true } });
});

test("a task that has ended, has left its queue or never existed can't be cancelled, and nothing is written", async () => {
  const producer = await setUpProducer();
  const take = (id: string) => producer.admin.deleteTask({ name: producer.taskName(id) });
  for (const state of ["succeeded", "dead"]) {
    const id = await enqueued(producer, CLAIMED);
    await producer.writeRecord(id, { state });
    expect(await producer.cancel(id)).toMatchObject(FINISHED);
    expect(await namesIn(producer, id)).toContain(producer.taskName(id));
  }
  for (const [task, detail] of [
    [NATURAL, "finished"],
    [CLAIMED, "removed"],
  ] as const) {
    const id = await enqueued(producer, task);
    await take(id);
    expect(await producer.cancel(id)).toMatchObject({ ...FINISHED, body: { detail: expect.stringContaining(detail) } });
    expect(await producer.recordOf(id)).toBeUndefined();
  }
  const done = await enqueued(producer, NATURAL);
  await producer.writeRecord(done, { ...WAITING, type: NATURAL.type });
  await take(done);
  expect(await producer.cancel(done)).toMatchObject(FINISHED);
  expect(await producer.recordOf(done)).toMatchObject({ state: "waiting" });
  const never = `${"0123456789abcdef".repeat(2)}-default`;
  expect(await producer.cancel(never)).toMatchObject({ status: 404, body: { code: "task-not-found" } });
  expect(await producer.recordOf(never)).toBeUndefined();
  // Those of the test itself.
  expect(producer.calls("Commit")).toBe(3);
  const lookUps = producer.calls("GetTask");
  expect((await producer.cancel(`${never}%00`)).status).toBe(404);
  expect(producer.calls("GetTask")).toBe(lookUps);
});

test("a task that only its record knows, or only an expired one, is cancelled", async () => {
  const producer = await setUpProducer();
  const removed = await enqueued(producer, CLAIMED);
  await producer.writeRecord(removed, { ...WAITING, payloadHash: "its own" });
  await producer.admin.deleteTask({ name: producer.taskName(removed) });
  expect(await producer.cancel(removed)).toMatchObject({ ...CANCELLED, body: { mayHaveRun: true } });
  expect(await producer.recordOf(removed)).toMatchObject({ state: "cancelled", payloadHash: "its own" });

  const reused = await enqueued(producer, CLAIMED);
  await producer.writeRecord(reused, { fence: 7, expireAt: Timestamp.fromMillis(Date.now() - 1_000) });
  expect(await producer.cancel(reused)).toMatchObject({ status: 200 });
  const record = await producer.recordOf(reused);
  expect(record).toMatchObject({ state: "cancelled", fence: 8, attempts: 0 });
  expect(record).not.toMatchObject({ payloadHash: "" });
});

test("a natural task is cancelled only once Cloud Tasks has responded; for any other the record is enough", async () => {
  const producer = await setUpProducer();
  const fail = () =>
    void producer.tasksProxy.inject({ rpc: "DeleteTask", when: "before-effect", answer: { status: status.INTERNAL } });
  const natural = await enqueued(producer, NATURAL);
  fail();
  expect(await producer.cancel(natural)).toMatchObject(UNKNOWN_OUTCOME);
  expect(await producer.recordOf(natural)).toMatchObject({ state: "cancelled" });
  expect(await namesIn(producer, natural)).toEqual([producer.taskName(natural)]);
  expect(await producer.cancel(natural)).toMatchObject({ status: 200, body: { mayHaveRun: true } });
  expect(await namesIn(producer, natural)).toEqual([]);

  const claimed = await enqueued(producer, CLAIMED);
  fail();
  expect(await producer.cancel(claimed)).toMatchObject(CANCELLED);
  expect(await producer.cancel(claimed)).toMatchObject(CANCELLED);
  expect(await namesIn(producer, claimed)).toEqual([]);
});

test.each(["before-effect", "after-effect"] as const)("a commit that fails %s is decided on again", async (when) => {
  const producer = await setUpProducer();
  const answer = { status: status.ABORTED };
  const queued = await enqueued(producer, CLAIMED);
  void producer.recordsProxy.inject({ rpc: "Commit", when, answer });
  expect(await producer.cancel(queued)).toMatchObject(CANCELLED);
  const atWork = await enqueued(producer, CLAIMED);
  await producer.writeRecord(atWork, running(1_000));
  void producer.recordsProxy.inject({ rpc: "Commit", when, answer });
  expect(await producer.cancel(atWork)).toMatchObject({ status: 202 });
});

test("a commit without a response leaves the outcome unknown after 3 s, and nothing is deleted", async () => {
  const clock = new VirtualClock();
  const producer = await setUpProducer({ clock });
  const id = await enqueued(producer, NATURAL);
  const injected = producer.recordsProxy.inject({ rpc: "Commit", when: "after-effect", answer: "nothing" });
  const cancelling = producer.cancel(id);
  await injected;
  await clock.advance(3_000);
  expect(await cancelling).toMatchObject(UNKNOWN_OUTCOME);
  expect(await namesIn(producer, id)).toEqual([producer.taskName(id)]);
  expect(await producer.cancel(id)).toMatchObject({ status: 200 });
  expect(await namesIn(producer, id)).toEqual([]);
});

test("a caller cancels its own tasks, an operator any, and a viewer none", async () => {
  let caller: Caller = { email: "shop@example.com", role: "caller" };
  const identify = () => Promise.resolve({ kind: "identified", caller } as const);
  const producer = await setUpProducer({ access: { identify } });
  const [own, others] = [await enqueued(producer, CLAIMED), await enqueued(producer, CLAIMED)];
  for (const stranger of [
    { email: "blog@example.com", role: "caller" },
    { email: "eve@example.com", role: "viewer" },
  ] as const) {
    caller = stranger;
    expect(await producer.cancel(own)).toMatchObject({ status: 403, body: { code: "forbidden" } });
  }
  expect(await producer.recordOf(own)).toBeUndefined();
  caller = { email: "shop@example.com", role: "caller" };
  expect(await producer.cancel(own)).toMatchObject(CANCELLED);
  caller = { email: "ops@example.com", role: "operator" };
  expect(await producer.cancel(others)).toMatchObject(CANCELLED);
  expect(await producer.recordOf(others)).toMatchObject({ cancelledBy: "ops@example.com", caller: "shop@example.com" });
});

test("what is in the queue under a task's name, but isn't that task, is left alone", async () => {
  const producer = await setUpProducer();
  const other = await enqueued(producer, CLAIMED);
  const [task] = await producer.queuedTasks("default");
  const httpRequest = { url: "https://worker.example/tasks/webhook.deliver" };
  for (const body of [undefined, task?.httpRequest?.body]) {
    const id = `${createHash("md5").update(String(body)).digest("hex")}-default`;
    const parent = producer.taskName(id).split("/tasks/")[0] ?? "";
    const name = producer.taskName(id);
    await producer.admin.createTask({
      parent,
      task: { name, httpRequest: { ...httpRequest, ...(body ? { body } : {}) } },
    });
    expect(await producer.cancel(id)).toMatchObject({ status: 409, body: { code: "foreign-task" } });
    expect(await producer.recordOf(id)).toBeUndefined();
  }
  expect(await producer.recordOf(other)).toBeUndefined();
});

test("a task whose envelope can't be read is cancelled by what its record says", async () => {
  const producer = await setUpProducer();
  const id = `${"e".repeat(32)}-default`;
  const name = producer.taskName(id);
  const parent = name.split("/tasks/")[0] ?? "";
  const httpRequest = { url: "https://worker.example/tasks/webhook.deliver", body: Buffer.from("of a later format") };
  await producer.admin.createTask({ parent, task: { name, httpRequest } });
  await producer.writeRecord(id, { ...WAITING, type: "webhook.deliver", payloadHash: "its own" });

  expect(await producer.cancel(id)).toMatchObject({ ...CANCELLED, body: { mayHaveRun: true } });
  expect(await producer.recordOf(id)).toMatchObject({ state: "cancelled", payloadHash: "its own" });
  expect(await namesIn(producer, id)).toEqual([]);
});
