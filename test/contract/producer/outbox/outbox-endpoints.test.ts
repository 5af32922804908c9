import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { systemClock } from "../../../../shared/runtime/clock.ts";
import { entryFields } from "../../../../shared/outbox/entry.ts";
import { type GivenEntry, entryOf } from "../../../harness/outbox/relay-harness.ts";
import { type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

const CREATED = "google.cloud.firestore.document.v1.created";

async function write(producer: ProducerHarness, given: GivenEntry = {}, fields: object = {}) {
  const made = entryOf(given);
  await producer
    .outboxEntries()
    .doc(made.id)
    .set({ ...entryFields(made.entry), ...fields });
  return made;
}

const relay = (producer: ProducerHarness, body: string, headers: Record<string, string> = {}) =>
  fetch(`${producer.url}/v1/outbox/relay`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });

/** What Eventarc sends: the body is protobuf, which nothing here reads. */
const sendEvent = (producer: ProducerHarness, id: string, over: { headers?: object; body?: Buffer } = {}) =>
  fetch(`${producer.url}/v1/outbox/relay`, {
    method: "POST",
    headers: {
      "content-type": "application/protobuf",
      "ce-specversion": "1.0",
      "ce-type": CREATED,
      "ce-source": "//firestore.googleapis.com/projects/handoff-test/databases/(default)",
      "ce-database": "(default)",
      "ce-document": `documents/taskOutbox/${id}`,
      ...over.headers,
    },
    body: over.body ?? Buffer.of(0xff, 0x00, 0x0a),
  });

const idsOf = async (producer: ProducerHarness) => (await producer.outboxEntries().get()).docs.map(({ id }) => id);

test("relays the entries that the client names, and responds the same for all others", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock() });
  const written = await Promise.all(Array.from({ length: 30 }, () => write(producer)));
  const unnamed = await write(producer);
  const task = `${"0".repeat(32)}-default`;
  const strange = ["", "a/b", "__x__", "..", "x".repeat(2_000), `${task}.h1`, `${task}./a`, `${task}./a/b`, `${task}.`];
  const more = Array.from({ length: 100 - 27 - strange.length }, () => entryOf().id);

  const named = await relay(
    producer,
    JSON.stringify({ ids: [...written.slice(0, 27).map(({ id }) => id), ...strange, ...more] }),
  );

  expect([named.status, await named.text()]).toEqual([204, ""]);
  expect((await idsOf(producer)).toSorted()).toEqual([...written.slice(27), unnamed].map(({ id }) => id).toSorted());
  expect(await producer.queuedTasks("default")).toHaveLength(27);
  expect(producer.logged.filter((line) => /WARNING|ERROR/.test(line))).toEqual([]);
  const id = unnamed.id;
  const repeated = await relay(producer, JSON.stringify({ ids: [id, id, written[0]?.id] }));
  expect(repeated.status).toBe(204);
  expect(await producer.queuedTasks("default")).toHaveLength(28);
  expect((await relay(producer, '{"ids":[]}')).status).toBe(204);
});

const BAD_BODIES: Readonly<Record<string, readonly [body: string, status: number]>> = {
  "no ids": ["{}", 400],
  "an id that is no text": ['{"ids":[1]}', 400],
  "more fields": ['{"ids":[],"more":1}', 400],
  "a list": ["[]", 400],
  "101 ids": [JSON.stringify({ ids: Array.from({ length: 101 }, () => "x") }), 400],
  "no JSON": ["{", 400],
  nothing: ["", 400],
  "too much": [JSON.stringify({ ids: ["x".repeat(40_000)] }), 413],
};

test("refuses a body that is malformed, and relays nothing", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock() });
  const answered = await Promise.all(
    Object.entries(BAD_BODIES).map(async ([name, [body]]) => {
      const response = await relay(producer, body);
      return [name, [body, response.status]];
    }),
  );
  expect(Object.fromEntries(answered)).toEqual(BAD_BODIES);
  expect((await relay(producer, "{}", { "content-type": "application/protobuf" })).status).toBe(415);
  expect(producer.calls("BatchGetDocuments")).toBe(0);
});

test("answers 204 to the client even if Cloud Tasks is down, and 503 to an event", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock() });
  const { id } = await write(producer);
  const answer = { status: status.UNAVAILABLE } as const;
  void producer.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer, times: 2 });

  expect((await relay(producer, JSON.stringify({ ids: [id] }))).status).toBe(204);
  const event = await sendEvent(producer, id);

  expect(event.status).toBe(503);
  expect(event.headers.get("retry-after")).not.toBeNull();
  expect(await event.json()).toMatchObject({ code: "not-relayed" });
  expect(await idsOf(producer)).toEqual([id]);
  expect((await sendEvent(producer, id)).status).toBe(204);
  expect(await idsOf(producer)).toEqual([]);
});

test("relays the entry of an event, however large its body is, and logs its task", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock() });
  const { id, taskId } = await write(producer);

  const response = await sendEvent(producer, id, { body: Buffer.alloc(2 ** 20) });

  expect([response.status, await response.text()]).toEqual([204, ""]);
  expect(await producer.queuedTasks("default")).toHaveLength(1);
  expect(JSON.parse(producer.logged.at(-1) ?? "")).toMatchObject({ taskId, httpRequest: { status: 204 } });
  // Sent again, as events may be.
  expect((await sendEvent(producer, id)).status).toBe(204);
});

test("an event about anything else, or with invalid data, isn't sent again", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock() });
  const junk = await write(producer, {}, { type: 7 });
  const unknown = await write(producer, { type: "later.type" });
  const statusOf = async (id: string, headers = {}) => (await sendEvent(producer, id, { headers })).status;

  expect(await statusOf("no-such-entry")).toBe(204);
  expect(await statusOf("x", { "ce-document": "documents/orders/7" })).toBe(204);
  expect(await statusOf("x", { "ce-type": "google.cloud.storage.object.v1.finalized" })).toBe(204);
  expect(await statusOf(junk.id)).toBe(204);
  expect(await statusOf(unknown.id)).toBe(204);
  expect(await idsOf(producer)).toEqual([unknown.id]);
  expect(producer.calls("CreateTask")).toBe(0);
});

test("a tick relays what is due, reports it, and logs a line for metrics", async () => {
  const clock = new VirtualClock({ startMs: Date.now() + 60_000 });
  const producer = await setUpProducer({ clock });
  await write(producer);
  await write(producer, { type: "later.type" });

  const tick = await producer.send("/v1/tick", { method: "POST" });

  const counts = { relayed: 1, dropped: 0, refused: 0, changed: 0, postponed: 1, failed: 0, isComplete: true };
  expect(tick).toMatchObject({ status: 200, body: { outbox: { ...counts, oldestEntryAgeMs: expect.any(Number) } } });
  const lines = producer.logged.map((line) => JSON.parse(line));
  expect(lines.filter(({ message }) => message === "tick")).toMatchObject([
    { severity: "INFO", ...counts, oldestEntryAgeMs: expect.any(Number) },
  ]);
  expect(await producer.queuedTasks("default")).toHaveLength(1);
});

test("a tick gets 503 if the outbox can't be listed", async () => {
  const clock = new VirtualClock();
  const producer = await setUpProducer({ clock });
  const hit = producer.recordsProxy.inject({ rpc: "RunQuery", when: "before-effect", answer: "nothing" });
  const ticking = producer.send("/v1/tick", { method: "POST" });
  await hit;
  await clock.advance(19_000);

  expect(await ticking).toMatchObject({ status: 503, body: { code: "dependency-unavailable" } });
});

test("continues relaying when the client has hung up", async () => {
  const producer = await setUpProducer({ clock: new VirtualClock() });
  const { id } = await write(producer);
  const arrived = Promise.withResolvers<void>();
  const passed = Promise.withResolvers<void>();
  void producer.tasksProxy.inject({
    rpc: "CreateTask",
    when: "after-effect",
    answer: "its-own",
    onArrival: async () => {
      arrived.resolve();
      await passed.promise;
    },
  });
  const caller = new AbortController();
  const sent = fetch(`${producer.url}/v1/outbox/relay`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ids: [id] }),
    signal: caller.signal,
  });
  await arrived.promise;
  caller.abort();
  await expect(sent).rejects.toThrow("aborted");
  passed.resolve();
  await producer.inFlight.settle(5_000, systemClock);

  expect(await idsOf(producer)).toEqual([]);
  expect(await producer.queuedTasks("default")).toHaveLength(1);
});
