import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";
import { commitTask, entryIdsOf, hopsInQueue, relay, waitingAt } from "../../../harness/producer/outbox-tasks.ts";

const KINDS = { claim: CLAIMED, natural: NATURAL } as const;
const cancelled = (mayHaveRun: boolean) => ({ status: 200, text: JSON.stringify({ state: "cancelled", mayHaveRun }) });
const FAIL = { rpc: "DeleteTask", when: "before-effect", answer: { status: status.INTERNAL } } as const;

/** A task that waits at a hop, in the outbox only. */
async function atHop(
  producer: ProducerHarness,
  task: { type: string; payload: unknown },
  hop: number,
  fields: object = {},
) {
  const committed = await commitTask(producer, task, { hop });
  await producer.writeRecord(committed.id, waitingAt(hop, committed.payloadHash, { type: task.type, ...fields }));
  return committed;
}

test.each(["claim", "natural"] as const)(
  "a %s task that is only in the outbox is cancelled, and its entry deleted",
  async (kind) => {
    const producer = await setUpProducer();
    const { id, entryId, payloadHash } = await commitTask(producer, KINDS[kind]);

    expect(await producer.cancel(id)).toMatchObject(cancelled(kind === "natural"));
    expect(await entryIdsOf(producer, id)).toEqual([]);
    expect(await producer.recordOf(id)).toMatchObject({
      state: "cancelled",
      payloadHash,
      caller: "local",
      type: KINDS[kind].type,
    });
    expect(await relay(producer, entryId)).toBe("missing");
    expect(await hopsInQueue(producer, id)).toEqual({});
    expect(await producer.cancel(id)).toMatchObject(cancelled(kind === "natural"));
  },
);

test.each(["claim", "natural"] as const)(
  "a %s task at a later hop is cancelled in the outbox and in its queue",
  async (kind) => {
    const producer = await setUpProducer();
    for (const isRelayed of [false, true]) {
      const { id, entryId } = await atHop(producer, KINDS[kind], 3);
      if (isRelayed) await relay(producer, entryId);

      expect(await producer.cancel(id)).toMatchObject(cancelled(kind === "natural"));
      expect(await entryIdsOf(producer, id)).toEqual([]);
      expect(await hopsInQueue(producer, id)).toEqual({});
      expect(await producer.recordOf(id)).toMatchObject({ state: "cancelled", hop: 3 });
    }
  },
);

test("a relay that has read the entry before the cancel deletes the task again", async () => {
  const producer = await setUpProducer();
  const { id, entryId } = await commitTask(producer, NATURAL);
  void producer.tasksProxy.inject({
    rpc: "CreateTask",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      expect(await producer.cancel(id)).toMatchObject({ status: 200 });
    },
  });

  expect(await relay(producer, entryId)).toBe("changed");
  expect(await hopsInQueue(producer, id)).toEqual({});
  expect(await producer.recordOf(id)).toMatchObject({ state: "cancelled" });
});

test("a task that moves to its next hop during a cancel is cancelled there", async () => {
  const producer = await setUpProducer();
  const { body: task } = await producer.enqueue({ ...CLAIMED, delaySeconds: 60 });
  const first = await commitTask(producer, CLAIMED, { hop: 1 });
  const entry = (await producer.entriesOf(first.id))[0]?.data ?? {};
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      // As the worker: the record and the entry of the next hop.
      await producer.writeRecord(task.id, waitingAt(1, first.payloadHash, { type: CLAIMED.type }));
      await producer.outboxEntries().doc(`${task.id}.h1`).set(entry);
    },
  });

  expect(await producer.cancel(task.id)).toMatchObject({ status: 200 });
  expect(await producer.recordOf(task.id)).toMatchObject({ state: "cancelled", hop: 1 });
  expect(await entryIdsOf(producer, task.id)).toEqual([]);
});

test("a natural task at a later hop is cancelled once Cloud Tasks has confirmed both its hop and its first", async () => {
  const producer = await setUpProducer();
  const { body: task } = await producer.enqueue({ ...NATURAL, delaySeconds: 60 });
  const { payloadHash } = await commitTask(producer, NATURAL);
  // A run now whose DeleteTask failed leaves both.
  await producer.writeRecord(task.id, waitingAt(1, payloadHash, { type: NATURAL.type }));
  void producer.tasksProxy.inject({ ...FAIL, skip: 1 });

  expect(await producer.cancel(task.id)).toMatchObject({ status: 503, body: { code: "outcome-unknown" } });
  expect(await producer.cancel(task.id)).toMatchObject(cancelled(true));
  expect(await hopsInQueue(producer, task.id)).toEqual({});
});

test("a cancel whose commit lost its response deletes the entry once, and is confirmed", async () => {
  const producer = await setUpProducer();
  const { id } = await commitTask(producer, CLAIMED);
  void producer.recordsProxy.inject({ rpc: "Commit", when: "after-effect", answer: { status: status.ABORTED } });
  expect(await producer.cancel(id)).toMatchObject(cancelled(false));
  expect(await entryIdsOf(producer, id)).toEqual([]);
});

test("a natural task at a later hop also loses its first hop's entry, which a relay had left", async () => {
  const producer = await setUpProducer();
  for (const act of ["cancel", "run"] as const) {
    const { id, entryId, payloadHash } = await commitTask(producer, NATURAL);
    const first = (await producer.outboxEntries().doc(entryId).get()).data();
    await producer
      .outboxEntries()
      .doc(`${id}.h1`)
      .set({ ...first, hop: 1, notBefore: "2035-01-01T00:00:00.000Z" });
    await producer.writeRecord(id, waitingAt(1, payloadHash, { type: NATURAL.type }));

    const response =
      act === "cancel" ? await producer.cancel(id) : await producer.send(`/v1/tasks/${id}/run`, { method: "POST" });

    expect(response.status).toBe(act === "cancel" ? 200 : 202);
    expect(await entryIdsOf(producer, id)).toEqual([]);
    expect(Object.keys(await hopsInQueue(producer, id))).toEqual(act === "cancel" ? [] : ["-h2"]);
  }
});
