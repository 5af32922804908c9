import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { hashPayload } from "../../../../shared/contract/payload-hash.ts";
import {
  CLAIMED,
  MAX_PAYLOAD_BYTES,
  NATURAL,
  type ProducerHarness,
  setUpProducer,
} from "../../../harness/producer/producer-harness.ts";
import { LETTER, readLetter, replayIdOf, writeLetter } from "../../../harness/producer/letters.ts";
import { bodyOf, entryIdsOf, hopsInQueue } from "../../../harness/producer/outbox-tasks.ts";

function replay(
  producer: ProducerHarness,
  { id = LETTER, body, key }: { id?: string; body?: object; key?: string } = {},
) {
  const headers = {
    ...(body ? { "content-type": "application/json" } : {}),
    ...(key ? { "idempotency-key": key } : {}),
  };
  const init = { method: "POST", headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  return producer.send(`/v1/dead-letters/${encodeURIComponent(id)}/replay`, init);
}

test("a letter becomes a new task of its caller, once, and says so", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);

  const [first, second] = [await replay(producer), await replay(producer)];

  const body = { id: replayIdOf(1), replayOf: LETTER };
  expect(first).toMatchObject({ status: 202, text: JSON.stringify(body) });
  expect(first.headers.get("location")).toBe(`/v1/tasks/${replayIdOf(1)}`);
  expect(second).toMatchObject({ status: 200, text: JSON.stringify(body) });
  expect(await bodyOf(producer, replayIdOf(1))).toMatchObject({
    ...CLAIMED,
    caller: "shop@example.com",
    replayOf: LETTER,
  });
  expect((await producer.send(`/v1/tasks/${replayIdOf(1)}`)).body).toMatchObject({ state: "queued", replayOf: LETTER });
  expect(await entryIdsOf(producer, replayIdOf(1))).toEqual([]);
  const letter = await readLetter(producer);
  expect(letter).toMatchObject({
    status: "replayed",
    replayedAs: replayIdOf(1),
    replayedBy: "local",
    replays: 1,
    replayKeys: [],
    code: "HTTP_500",
  });
  expect(letter?.["replayedAt"]).toBeInstanceOf(Timestamp);
  expect(letter).not.toHaveProperty("replayedPayloadHash");
  expect(producer.calls("CreateTask")).toBe(1);
});

test("again creates another task for each key, and the same one for a known key", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  const again = (key: string) => replay(producer, { body: { again: true }, key });

  const made = [
    await replay(producer),
    await again("a"),
    await again("b"),
    await again("a"),
    await replay(producer),
    await again("b"),
  ];

  expect(made.map(({ status: code, body }) => [code, body.id])).toEqual([
    [202, replayIdOf(1)],
    [202, replayIdOf(2)],
    [202, replayIdOf(3)],
    [200, replayIdOf(2)],
    [200, replayIdOf(3)],
    [200, replayIdOf(3)],
  ]);
  expect(await readLetter(producer)).toMatchObject({
    replays: 3,
    replayKeys: [
      { key: "a", id: replayIdOf(2) },
      { key: "b", id: replayIdOf(3) },
    ],
  });
  expect(await replay(producer, { body: { again: true } })).toMatchObject({
    status: 400,
    body: { problems: [{ path: "Idempotency-Key" }] },
  });
  expect(producer.calls("CreateTask")).toBe(3);
});

test("another payload is checked, sent instead, and recorded; the letter keeps its own", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer, LETTER, { payloadOmitted: true, payloadJson: "null" });
  const payload = { ...CLAIMED.payload, event: "order.mended" };
  const tooLarge = { ...payload, data: "x".repeat(MAX_PAYLOAD_BYTES) };

  expect(await replay(producer)).toMatchObject({ status: 409, body: { code: "payload-omitted" } });
  const wrong = await replay(producer, { body: { payload: { url: 7 } } });
  expect(wrong).toMatchObject({ status: 422, body: { code: "invalid-payload" } });
  expect(wrong.body.problems.map(({ path }) => path)).toEqual(["payload.url", "payload.event", "payload.data"]);
  expect(await replay(producer, { body: { payload: tooLarge } })).toMatchObject({ status: 413 });
  expect(await readLetter(producer)).toMatchObject({ status: "open" });

  expect(await replay(producer, { body: { payload } })).toMatchObject({ status: 202 });
  expect(await bodyOf(producer, replayIdOf(1))).toMatchObject({ payload, replayOf: LETTER });
  expect(await readLetter(producer)).toMatchObject({ replayedPayloadHash: hashPayload(payload), payloadJson: "null" });
});

test("letters of earlier revisions, of conflicts and of natural types are replayed", async () => {
  const producer = await setUpProducer();
  const { FieldValue } = await import("@google-cloud/firestore");
  await writeLetter(producer);
  const gone = FieldValue.delete();
  await producer.letters().doc(LETTER).update({ status: gone, code: gone, caller: gone });
  const conflict = `${LETTER}-0123456789abcdef`;
  await writeLetter(producer, conflict, { code: "payload_conflict" });
  const entry = `${"b".repeat(32)}n-bulk.0123456789abcdef`;
  await writeLetter(producer, entry, { code: "wrong_id" }, NATURAL);

  expect(await replay(producer)).toMatchObject({ status: 202, body: { id: replayIdOf(1) } });
  expect(await bodyOf(producer, replayIdOf(1))).not.toHaveProperty("caller");
  expect(await replay(producer, { id: conflict })).toMatchObject({
    status: 202,
    body: { id: replayIdOf(1, { letter: conflict }) },
  });
  const natural = replayIdOf(1, { letter: entry, queue: "bulk" });
  expect(await replay(producer, { id: entry })).toMatchObject({ status: 202, body: { id: natural } });
  for (const id of [replayIdOf(1), replayIdOf(1, { letter: conflict }), natural])
    expect(await hopsInQueue(producer, id)).toHaveProperty("");
});

test("a letter that can't be replayed is left as it is, and says why", async () => {
  const producer = await setUpProducer();
  const long = `${LETTER}.${"x".repeat(300)}`;
  await writeLetter(producer, "unknown", { type: "no.more" });
  await writeLetter(producer, "unfit", { payloadJson: '{"url":"no URL"}' });
  await writeLetter(producer, long);
  await writeLetter(producer, "garbled", { payloadJson: "{" });
  await writeLetter(producer, "expired", { expireAt: Timestamp.fromMillis(Date.now() - 1_000) });
  const before = await producer.letters().get();

  expect(await replay(producer, { id: "unknown" })).toMatchObject({ status: 409, body: { code: "unknown-type" } });
  expect(await replay(producer, { id: "unfit" })).toMatchObject({ status: 422, body: { code: "invalid-payload" } });
  expect(await replay(producer, { id: long })).toMatchObject({ status: 409, body: { code: "letter-not-replayable" } });
  expect(await replay(producer, { id: "garbled" })).toMatchObject({
    status: 409,
    body: { code: "letter-not-replayable" },
  });
  for (const id of ["expired", "none", "a/b", "..", "__x__", "x".repeat(1_501), "\u0000"]) {
    expect(await replay(producer, { id })).toMatchObject({ status: 404 });
  }
  for (const body of [{ again: "yes" }, { again: false }, { more: 1 }, []]) {
    expect(await replay(producer, { id: "unknown", body })).toMatchObject({
      status: 400,
      body: { code: "invalid-request" },
    });
  }
  expect(await replay(producer, { id: "unknown", key: "a b" })).toMatchObject({ status: 400 });
  const after = await producer.letters().get();
  expect(after.docs.map(({ updateTime }) => updateTime.toMillis())).toEqual(
    before.docs.map(({ updateTime }) => updateTime.toMillis()),
  );
  expect(producer.calls("CreateTask")).toBe(0);
});

test.each(["before-effect", "after-effect"] as const)("a commit that fails %s makes one task", async (when) => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  void producer.recordsProxy.inject({ rpc: "Commit", when, answer: { status: status.ABORTED } });
  expect(await replay(producer)).toMatchObject({ status: 202, body: { id: replayIdOf(1) } });
  void producer.recordsProxy.inject({ rpc: "Commit", when, answer: { status: status.ABORTED } });
  const again = () => replay(producer, { body: { again: true }, key: "k" });
  expect(await again()).toMatchObject({ status: 202, body: { id: replayIdOf(2) } });
  expect(await again()).toMatchObject({ status: 200, body: { id: replayIdOf(2) } });
  expect(await readLetter(producer)).toMatchObject({ replays: 2 });
  expect(producer.calls("CreateTask")).toBe(2);
});

test("a replay whose caller never gets the response has created its task, which the repetition finds", async () => {
  const clock = new VirtualClock({ startMs: Date.now() });
  const producer = await setUpProducer({ clock });
  await writeLetter(producer);
  const injected = producer.recordsProxy.inject({ rpc: "Commit", when: "after-effect", answer: "nothing" });
  const replaying = replay(producer);
  await injected;
  await clock.advance(3_000);
  expect(await replaying).toMatchObject({ status: 503, body: { code: "outcome-unknown" } });
  expect(await entryIdsOf(producer, replayIdOf(1))).toHaveLength(1);
  expect(await replay(producer)).toMatchObject({ status: 200, body: { id: replayIdOf(1) } });
  expect(await readLetter(producer)).toMatchObject({ replays: 1 });
});

test("two concurrent replays of a letter create one task", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  let other: Awaited<ReturnType<typeof replay>> | undefined;
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    onArrival: async () => {
      other = await replay(producer);
    },
  });
  expect(await replay(producer)).toMatchObject({ status: 200, body: { id: replayIdOf(1) } });
  expect(other).toMatchObject({ status: 202, body: { id: replayIdOf(1) } });
  expect(await readLetter(producer)).toMatchObject({ replays: 1 });
  expect(producer.calls("CreateTask")).toBe(1);
});

test("a task with a letter's name that dies again is replayed as another task", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  expect(await replay(producer)).toMatchObject({ status: 202, body: { id: replayIdOf(1) } });
  const diedAt = Timestamp.fromMillis(Date.UTC(2026, 4, 1, 12));
  await producer.letters().doc(LETTER).set({ status: "open", diedAt }, { merge: true });
  expect(await replay(producer)).toMatchObject({ status: 202, body: { id: replayIdOf(2, { diedAt }) } });
});

test("a letter that was deleted, and whose task dies again, is replayed as another task", async () => {
  const producer = await setUpProducer();
  const diedAt = Timestamp.fromMillis(Date.UTC(2026, 4, 1, 12));
  await writeLetter(producer);
  expect(await replay(producer)).toMatchObject({ status: 202, body: { id: replayIdOf(1) } });
  expect((await fetch(`${producer.url}/v1/dead-letters/${LETTER}`, { method: "DELETE" })).status).toBe(204);
  await writeLetter(producer, LETTER, { diedAt });

  const second = replayIdOf(1, { diedAt });
  expect(await replay(producer)).toMatchObject({ status: 202, body: { id: second } });
  for (const id of [replayIdOf(1), second]) expect(await hopsInQueue(producer, id)).toHaveProperty("");
});

test.each(["before-effect", "after-effect"] as const)(
  "a letter that is deleted in the middle of its replay, %s of the commit, is not said to be unknown",
  async (when) => {
    const producer = await setUpProducer();
    await writeLetter(producer);
    const onDeletion = async () => void (await producer.letters().doc(LETTER).delete());
    const answer = when === "before-effect" ? ("its-own" as const) : { status: status.ABORTED };
    void producer.recordsProxy.inject({
      rpc: "Commit",
      when,
      answer,
      ...(when === "before-effect" ? { onArrival: onDeletion } : { onEffect: onDeletion }),
    });

    expect(await replay(producer)).toMatchObject({ status: 503, body: { code: "outcome-unknown" } });
    expect(await replay(producer)).toMatchObject({ status: 404 });
    // A task that was made stays in the outbox until it is relayed.
    expect(await entryIdsOf(producer, replayIdOf(1))).toHaveLength(when === "before-effect" ? 0 : 1);
    expect(producer.calls("CreateTask")).toBe(0);
  },
);

test("a new task that can't be relayed at once stays in the outbox", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  void producer.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer: { status: status.INTERNAL } });
  expect(await replay(producer)).toMatchObject({ status: 202 });
  expect(await entryIdsOf(producer, replayIdOf(1))).toHaveLength(1);
  expect((await producer.send(`/v1/tasks/${replayIdOf(1)}`)).body).toMatchObject({ state: "queued", replayOf: LETTER });
});

test("of two concurrent replays with different payloads, only the one that created the task is told so", async () => {
  const producer = await setUpProducer();
  await writeLetter(producer);
  const events = ["order.refunded", "order.lost"];
  const bodies = events.map((event) => ({ payload: { ...CLAIMED.payload, event } }));

  const [first, second] = await Promise.all(bodies.map((body) => replay(producer, { body })));

  expect(new Set([first?.status, second?.status])).toEqual(new Set([200, 202]));
  const made = await bodyOf(producer, replayIdOf(1));
  expect(made["payload"]).toEqual(bodies[first?.status === 202 ? 0 : 1]?.payload);
});
