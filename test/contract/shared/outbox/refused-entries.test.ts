import { GeoPoint, Timestamp } from "@google-cloud/firestore";
import { expect, test } from "vitest";
import { deriveTaskId } from "../../../../shared/contract/task-id.ts";
import { CONTENT, DAY_MS, WEBHOOK, entryOf, startOutboxes } from "../../../harness/outbox/relay-harness.ts";

const { setUp, clock } = startOutboxes();

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const withData = (data: string): string => `{"url":"https://example.com","event":"e","data":${data}}`;

/** Fields that anybody with access to the database may write over those of a good entry. */
const JUNK: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "no type": { type: null },
  "a type that leads elsewhere": { type: "../../admin?x=" },
  "a payload that isn't text": { payloadJson: { url: "https://example.com" } },
  "a payload that isn't JSON": { payloadJson: "{" },
  "a payload that would add to the envelope": { payloadJson: '1,"id":"other"' },
  "half a surrogate pair": { payloadJson: withData('"\\ud800"') },
  "a payload too deep for a parser": { payloadJson: nested(100_000) },
  "an origin with NUL": { origin: ["outbox", "webhook.deliver", "a\0b"] },
  "an origin that is too short": { origin: ["outbox", "webhook.deliver"] },
  "an origin of nested lists": { origin: { parts: [1] } },
  "a caller that no header holds": { caller: "shöp\n@example.com" },
  "a caller that is too long": { caller: "x".repeat(321) },
  "a time that isn't one": { enqueuedAt: "yesterday" },
  "a timestamp for a text": { enqueuedAt: Timestamp.fromMillis(0) },
  "a time beyond four digits": { notBefore: "9999-12-31T23:59:59-23:59" },
  "a due time that isn't one": { notBefore: "soon" },
  "a huge hop": { hop: 1e15 },
  "a negative hop": { hop: -1 },
  "another hop than its id": { hop: 2 },
  "a parent with control characters": { parentId: "a\r\nb" },
  "values of every kind": {
    origin: null,
    type: 7,
    a: new GeoPoint(1, 2),
    b: Buffer.from("bytes"),
    c: [Number.NaN, Number.POSITIVE_INFINITY, -0, true],
    d: { e: { f: Timestamp.fromMillis(0) } },
  },
  "an origin of another type": { type: "document.publish", payloadJson: JSON.stringify(CONTENT) },
};

/** Payloads that a parser reads, but that the worker would refuse, or not read as they were written. */
test.each([
  ["a field twice", '{"a":1,"a":2}'],
  ["a field named __proto__", '{"__proto__":1}'],
  ["a number that no double holds", "12345678901234567890"],
  ["more levels than the producer takes", nested(70)],
  ["more values than the producer takes", `[${"0,".repeat(40_000)}0]`],
])("makes an entry whose payload has %s a dead letter that keeps its text", async (_, data) => {
  const outbox = setUp();
  const payloadJson = withData(data);
  const { id, taskId } = await outbox.write({ payloadJson });

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.entry(id)).toBeUndefined();
  expect(await outbox.queued(taskId)).toBeUndefined();
  expect(await outbox.record(taskId)).toBeUndefined();
  const letter = await outbox.letter(id);
  expect(letter).toMatchObject({ code: "invalid_entry", type: "webhook.deliver", taskId });
  expect(JSON.parse(letter?.["payloadJson"])).toBe(payloadJson);
});

test.each(Object.entries(JUNK))(
  "makes an entry with %s a dead letter, and leaves its task alone",
  async (_, fields) => {
    const outbox = setUp();
    const { id, taskId } = await outbox.write({}, fields);
    await outbox.writeRecord(taskId);
    const before = await outbox.record(taskId);
    const creations = outbox.calls("CreateTask");

    expect(await outbox.relayId(id)).toBe("refused");

    expect(await outbox.entry(id)).toBeUndefined();
    const letter = await outbox.letter(id);
    expect(["invalid_entry", "wrong_id"]).toContain(letter?.["code"]);
    expect(letter).toMatchObject({ taskId, status: "open", diedAt: Timestamp.fromMillis(clock.now()) });
    // What stood there isn't lost.
    const { payloadJson = "example.com" } = fields;
    const begins = typeof payloadJson === "string" ? payloadJson.slice(1, 20).split('"')[0] : "example.com";
    expect(letter?.["payloadJson"]).toContain(begins);
    expect(await outbox.record(taskId)).toEqual(before);
    expect(outbox.calls("CreateTask")).toBe(creations);
  },
);

test.each([
  ["no task's id", "something-else"],
  ["no dot", entryOf().taskId],
  ["slashes that are none", "a%2Fb"],
  ["1,500 bytes", "é".repeat(750)],
  ["a digit alone", "7"],
  ["another payload's hash", `${entryOf().taskId}.0123456789abcdef`],
  ["a hop's form", `${entryOf().taskId}.h1`],
  ["another task's digits", `${"0".repeat(32)}-default.${entryOf().payloadHash.slice(0, 16)}`],
  ["a malformed queue", `${"0".repeat(32)}-Default.${entryOf().payloadHash.slice(0, 16)}`],
])("makes an entry whose id has %s a dead letter of its own", async (_, id) => {
  const outbox = setUp();
  const own = await outbox.write();
  await outbox.entries.doc(id).set((await outbox.entry(own.id)) ?? {});
  // The letter of another task, for all that the id says. None has an id as long as the longest here.
  const other = id.length > 200 ? "other" : (id.split(".")[0] ?? "");
  await outbox.letters.doc(other).set({ isOwn: true });

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.entry(id)).toBeUndefined();
  const { docs } = await outbox.letters.where("status", "==", "open").get();
  expect(docs.map((letter) => letter.get("code"))).toEqual([expect.stringMatching(/^(?:wrong_id|invalid_entry)$/)]);
  expect(await outbox.letter(other)).toEqual({ isOwn: true });
});

test("keeps out of a letter what Firestore refuses, rather than keeping the entry in the outbox for ever", async () => {
  const outbox = setUp();
  // As JSON, each quotation mark takes two bytes.
  const { id } = await outbox.write({}, { type: 7, payloadJson: '"'.repeat(700_000) });

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.letter(id)).toMatchObject({ payloadOmitted: true, code: "invalid_entry" });
  expect(await outbox.entry(id)).toBeUndefined();
});

test.each([
  ["doesn't fit its type", { payload: { ...WEBHOOK, url: "no" } }, "invalid_payload"],
  ["has a payload that is too large", { payload: { ...WEBHOOK, data: "x".repeat(5_000) } }, "payload_too_large"],
  ["isn't allowed", { type: "document.publish", payload: CONTENT }, "type_not_allowed"],
  ["is due in eleven years", { notBefore: "2037-06-01T00:00:00Z" }, "too_far_ahead"],
])("makes a task that %s dead, with a record and its letter", async (_, given, code) => {
  const outbox = setUp({ outboxTypes: ["webhook.*"] });
  const { id, taskId, payloadHash, entry } = await outbox.write(given);

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.entry(id)).toBeUndefined();
  expect(await outbox.record(taskId)).toMatchObject({ state: "dead", payloadHash, caller: "shop@example.com" });
  expect(await outbox.letter(taskId)).toMatchObject({ code, payloadJson: entry.payloadJson, taskId });
  // Committed again, it is the same task, which is dead.
  await outbox.write(entry);
  expect(await outbox.relayId(id)).toBe("dropped");
});

test.each([
  ["the same payload", "same", "dropped", undefined],
  ["another payload", "other", "refused", "payload_conflict"],
])("leaves the record of a task that can't be accepted alone: %s", async (_, whose, expected, code) => {
  const outbox = setUp();
  const { id, taskId, payloadHash } = await outbox.write({ payload: { ...WEBHOOK, url: "no" } });
  await outbox.writeRecord(taskId, { payloadHash: whose === "same" ? payloadHash : "other" });
  const before = await outbox.record(taskId);

  expect(await outbox.relayId(id)).toBe(expected);

  expect(await outbox.record(taskId)).toEqual(before);
  expect((await outbox.letter(id))?.["code"]).toBe(code);
});

test("doesn't check whether a type is allowed for tasks that Handoff itself committed", async () => {
  const outbox = setUp({ outboxTypes: [] });
  const origin = ["replay", "letter-1", "1"] as const;
  const given = { type: "document.publish", payload: CONTENT, origin, replayOf: "letter-1" };
  const { id, taskId } = await outbox.write(given);

  expect(await outbox.relayId(id)).toBe("relayed");
  expect(JSON.parse((await outbox.queued(taskId))?.text ?? "")).toMatchObject({ replayOf: "letter-1" });
});

const LATER_ID = deriveTaskId(["outbox", "webhook.deliver", "k"], { queue: "later", idempotency: "claim" });

test.each([
  ["type", { type: "later.type" }, "unknown_type"],
  ["queue", { key: "k", taskId: LATER_ID }, "unknown_queue"],
])("postpones an entry of an unknown %s for a day, since a newer revision may know it", async (_, given, code) => {
  const outbox = setUp();
  const { id, taskId } = await outbox.write(given);
  expect(await outbox.relayId(id)).toBe("postponed");
  await clock.advance(DAY_MS - 1_000);
  expect(await outbox.relayId(id)).toBe("postponed");
  expect(await outbox.entry(id)).toMatchObject({ tries: 2 });
  await clock.advance(2_000);

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.letter(taskId)).toMatchObject({ code });
  expect(await outbox.record(taskId)).toMatchObject({ state: "dead" });
});

test("postpones an entry whose origin only a newer revision knows", async () => {
  const outbox = setUp();
  const { id } = await outbox.write({}, { origin: ["later", "a", "b"] });

  expect(await outbox.relayId(id)).toBe("postponed");
  await clock.advance(DAY_MS + 1_000);
  expect(await outbox.relayId(id)).toBe("refused");
  expect(await outbox.letter(id)).toMatchObject({ code: "invalid_entry" });
});

test("a task whose next hop names an unknown queue for a day is dead, and keeps its attempts", async () => {
  const outbox = setUp();
  const taskId = deriveTaskId(["outbox", "webhook.deliver", "hop"], { queue: "later", idempotency: "claim" });
  const { id, payloadHash } = await outbox.write({ taskId, hop: 2, parentId: "parent" });
  await clock.advance(DAY_MS + 1_000);
  await outbox.writeRecord(taskId, { payloadHash, hop: 2, parentId: "parent", later: "kept" });

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.entry(id)).toBeUndefined();
  const expected = { state: "dead", attempts: 2, fence: 4, hop: 2, parentId: "parent", later: "kept" };
  expect(await outbox.record(taskId)).toMatchObject(expected);
  expect(await outbox.letter(taskId)).toMatchObject({ code: "unknown_queue", attempts: 2 });
});

test("accepts from a later hop and a replay what the worker accepts", async () => {
  const outbox = setUp();
  const payloadJson = withData(nested(90));
  const hop = await outbox.write({ payloadJson, taskId: entryOf().taskId, hop: 1 });
  const replay = await outbox.write({ payloadJson, origin: ["replay", "letter-2", "1"] });

  expect(await outbox.relayId(hop.id)).toBe("relayed");
  expect(await outbox.relayId(replay.id)).toBe("relayed");
});

test("drops an unreadable trace, not the task", async () => {
  const outbox = setUp();
  const { id, taskId } = await outbox.write({}, { traceparent: "é".repeat(500) });

  expect(await outbox.relayId(id)).toBe("relayed");
  expect(JSON.parse((await outbox.queued(taskId))?.text ?? "")).not.toHaveProperty("traceparent");
});
