import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import type { Caller } from "../../../../services/producer/access/caller.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { commitTask, entryIdsOf, relay, waitingAt } from "../../../harness/producer/outbox-tasks.ts";

const LATER = "2035-01-01T00:00:00.000Z";
const show = async (producer: ProducerHarness, id: string) => (await producer.send(`/v1/tasks/${id}`)).body;

test.each([
  ["claim", CLAIMED],
  ["natural", NATURAL],
])(
  "a %s task that is only in the outbox is queued or scheduled, and still is once it has been relayed",
  async (_, of) => {
    const producer = await setUpProducer();
    const now = await commitTask(producer, of, { parentId: "p", replayOf: "l" });
    const later = await commitTask(producer, of, { notBefore: LATER });

    const shown = await show(producer, now.id);
    expect(shown).toMatchObject({
      id: now.id,
      type: of.type,
      state: "queued",
      attempts: 0,
      parent: "p",
      replayOf: "l",
    });
    expect(shown.createdAt).toBe("2026-05-01T10:00:00.000Z");
    const scheduled = { state: "scheduled", scheduleTime: LATER };
    expect(await show(producer, later.id)).toMatchObject(scheduled);

    for (const { entryId } of [now, later]) expect(await relay(producer, entryId)).toBe("relayed");
    expect(await show(producer, now.id)).toMatchObject({ state: "queued", parent: "p", replayOf: "l" });
    expect(await show(producer, later.id)).toMatchObject(scheduled);
    expect(await entryIdsOf(producer, now.id)).toEqual([]);
  },
);

const FAILED = {
  attempt: 1,
  hop: 0,
  outcome: "retry",
  nextAt: Timestamp.fromMillis(Date.parse(LATER)),
  nextRule: "backoff",
};
const SNOOZED = { ...FAILED, outcome: "snoozed", nextRule: "snooze" };
const lastError = { code: "HTTP_500", message: "500" };

test.each<[string, object, object]>([
  ["that came early is scheduled", { notBefore: LATER }, { state: "scheduled" }],
  [
    "that was put off is scheduled",
    { notBefore: LATER, attemptLog: [SNOOZED] },
    { state: "scheduled", nextRule: "snooze" },
  ],
  [
    "that failed waits",
    { notBefore: LATER, attempts: 1, lastError, attemptLog: [FAILED] },
    { state: "waiting", nextAttempt: LATER, nextRule: "backoff" },
  ],
])("a task %s until its real time, in the outbox as in the queue", async (_, fields, expected) => {
  const producer = await setUpProducer();
  const { id, entryId, payloadHash } = await commitTask(producer, CLAIMED, { hop: 1, notBefore: LATER });
  await producer.writeRecord(id, waitingAt(1, payloadHash, { type: CLAIMED.type, ...fields }));
  const whole = { ...expected, id, scheduleTime: LATER, type: CLAIMED.type };

  expect(await show(producer, id)).toMatchObject(whole);
  expect(await relay(producer, entryId)).toBe("relayed");
  const [gets, reads] = [producer.calls("GetTask"), producer.calls("BatchGetDocuments")];
  expect(await show(producer, id)).toMatchObject(whole);
  expect([producer.calls("GetTask") - gets, producer.calls("BatchGetDocuments") - reads]).toEqual([2, 1]);
});

test("a task at a hop that has left its queue is removed, or finished if its type is natural", async () => {
  const producer = await setUpProducer();
  for (const [task, state] of [
    [CLAIMED, "removed"],
    [NATURAL, "finished"],
  ] as const) {
    const { id, entryId, payloadHash } = await commitTask(producer, task, { hop: 1 });
    await producer.writeRecord(id, waitingAt(1, payloadHash, { type: task.type }));
    expect(await relay(producer, entryId)).toBe("relayed");
    expect(await show(producer, id)).toMatchObject({ state: "queued" });
    await producer.admin.deleteTask({ name: `${producer.taskName(id)}-h1` });
    expect(await show(producer, id)).toMatchObject({ state });
  }
});

test("a task that the relay puts into its queue during a look-up is found there", async () => {
  const producer = await setUpProducer();
  const { id, entryId } = await commitTask(producer, CLAIMED);
  void producer.recordsProxy.inject({
    rpc: "RunQuery",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      expect(await relay(producer, entryId)).toBe("relayed");
    },
  });
  expect(await show(producer, id)).toMatchObject({ id, state: "queued" });
});

test("an entry that doesn't match its id, or belongs to another payload, is no task", async () => {
  const producer = await setUpProducer();
  const { id } = await commitTask(producer, CLAIMED, { origin: ["outbox", CLAIMED.type, "another key"] });
  expect(await producer.send(`/v1/tasks/${id}`)).toMatchObject({ status: 404 });

  const other = await commitTask(producer, CLAIMED, { hop: 1 });
  await producer.writeRecord(other.id, waitingAt(1, "another hash"));
  expect(await show(producer, other.id)).not.toHaveProperty("scheduleTime");
});

test("children are shown, and so is a record's parent", async () => {
  const producer = await setUpProducer();
  const { body: task } = await producer.enqueue(CLAIMED);
  await producer.writeRecord(task.id, { children: ["a", "b"], parentId: "p", replayOf: "l" });
  expect(await show(producer, task.id)).toMatchObject({ children: ["a", "b"], parent: "p", replayOf: "l" });
});

test("a task that is only in the outbox is read by its own caller, and by nobody else", async () => {
  let caller: Caller = { email: "shop@example.com", role: "caller" };
  const identify = () => Promise.resolve({ kind: "identified", caller } as const);
  const producer = await setUpProducer({ access: { identify } });
  const { id } = await commitTask(producer, CLAIMED, { caller: "shop@example.com" });
  const unowned = await commitTask(producer, CLAIMED, { caller: undefined });
  const statuses = async () => [
    (await producer.send(`/v1/tasks/${id}`)).status,
    (await producer.send(`/v1/tasks/${unowned.id}`)).status,
  ];

  expect(await statuses()).toEqual([200, 403]);
  caller = { email: "press@example.com", role: "caller" };
  expect(await statuses()).toEqual([403, 403]);
  expect(await producer.cancel(id)).toMatchObject({ status: 403 });
  caller = { email: "ops@example.com", role: "operator" };
  expect(await statuses()).toEqual([200, 200]);
});

test("a look-up is 503 while the outbox can't be read", async () => {
  const producer = await setUpProducer();
  const { id } = await commitTask(producer, CLAIMED);
  void producer.recordsProxy.inject({
    rpc: "RunQuery",
    when: "before-effect",
    answer: { status: status.PERMISSION_DENIED },
    times: 9,
  });
  expect(await producer.send(`/v1/tasks/${id}`)).toMatchObject({
    status: 503,
    body: { code: "dependency-unavailable" },
  });
});
