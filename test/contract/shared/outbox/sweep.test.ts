import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import * as z from "zod";
import { expect, test } from "vitest";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { entryFields } from "../../../../shared/outbox/entry.ts";
import { sweepOutbox } from "../../../../shared/outbox/sweep.ts";
import { RecordStoreError } from "../../../../shared/records/record-store-error.ts";
import { entryOf, startOutboxes } from "../../../harness/outbox/relay-harness.ts";
import { TEST_REGISTRY } from "../../../harness/registry/test-registry.ts";

const { setUp, clock } = startOutboxes();

const SWEEP_MS = 19_000;
const NONE = { relayed: 0, dropped: 0, refused: 0, changed: 0, postponed: 0, failed: 0, isComplete: true };

type Outbox = ReturnType<typeof setUp>;
const sweep = ({ relay }: Outbox) => sweepOutbox(relay, clock.now() + SWEEP_MS);

test("relays what is due, and leaves entries younger than 10 s to their writer", async () => {
  const outbox = setUp();
  const old = [await outbox.write(), await outbox.write({ hop: 1, taskId: entryOf().taskId })];
  await clock.advance(10_000);
  const young = await outbox.write();

  expect(await sweep(outbox)).toEqual({ ...NONE, relayed: 2, oldestEntryAgeMs: 0 });

  for (const { id } of old) expect(await outbox.entry(id)).toBeUndefined();
  expect(await outbox.entry(young.id)).toBeDefined();
  await clock.advance(9_999);
  expect(await sweep(outbox)).toEqual({ ...NONE, oldestEntryAgeMs: 9_999 });
  await clock.advance(1);
  expect(await sweep(outbox)).toEqual({ ...NONE, relayed: 1, oldestEntryAgeMs: 0 });
});

test("uses Firestore's clock, not that of an entry's writer", async () => {
  const outbox = setUp();
  const { id } = await outbox.write({ enqueuedAt: "2031-01-01T00:00:00Z" });
  await clock.advance(11_000);

  expect(await sweep(outbox)).toMatchObject({ relayed: 1 });
  expect(await outbox.entry(id)).toBeUndefined();
});

test("reaches the entries behind 300 that must wait", async () => {
  const outbox = setUp();
  const batch = outbox.entries.firestore.batch();
  for (let n = 0; n < 301; n++) {
    const { id, entry } = entryOf({ type: "later.type", key: `k${n}` });
    batch.set(outbox.entries.doc(id), entryFields(entry));
  }
  await batch.commit();
  await clock.advance(1);
  const { id } = await outbox.write();
  await clock.advance(10_000);
  const queries = outbox.calls("RunQuery");

  expect(await sweep(outbox)).toEqual({ ...NONE, relayed: 1, postponed: 301, oldestEntryAgeMs: 10_001 });

  expect(await outbox.entry(id)).toBeUndefined();
  // Two pages and a last look, whatever their size.
  expect(outbox.calls("RunQuery") - queries).toBe(3);
  // They aren't due for a while.
  expect(await sweep(outbox)).toEqual({ ...NONE, oldestEntryAgeMs: 10_001 });
});

test("is blocked by nothing in an entry, a record, or a type's schema", async () => {
  const throwing = defineTask({
    type: "schema.throws",
    payload: z.custom(() => {
      throw new Error("A bug in a schema.");
    }),
    queue: "default",
    timeoutMs: 1_000,
    attempts: 1,
  });
  const outbox = setUp({ types: new Map([...TEST_REGISTRY.types, [throwing.type, throwing]]) });
  const thrown = await outbox.write({ type: throwing.type });
  const unread = await outbox.write({ payload: {} });
  await outbox.records.doc(unread.taskId).set({ state: "not a record" });
  const junk = await outbox.write({}, { type: 7 });
  const good = await outbox.write();
  await clock.advance(11_000);

  const swept = await sweep(outbox);

  expect(swept).toEqual({ ...NONE, relayed: 1, refused: 1, failed: 2, oldestEntryAgeMs: 11_000 });
  for (const { id } of [junk, good]) expect(await outbox.entry(id)).toBeUndefined();
  for (const { id } of [thrown, unread]) {
    expect(await outbox.entry(id)).toMatchObject({ tries: 1, relayAt: Timestamp.fromMillis(clock.now() + 10_000) });
  }
  const errors = outbox.lines.filter((line) => line.includes('"severity":"ERROR"'));
  expect(errors).toHaveLength(3);
});

test.each([
  ["null", null],
  ["a number", Date.UTC(2026, 4, 1)],
  ["false", false],
])("finds an entry whose relayAt is %s, and knows its age", async (_, relayAt) => {
  const outbox = setUp();
  const good = await outbox.write({}, { relayAt, shard: 3 });
  const waiting = await outbox.write({ type: "later.type" }, { relayAt, shard: 3 });
  await clock.advance(5_000);

  expect(await sweep(outbox)).toEqual({ ...NONE, relayed: 1, postponed: 1, oldestEntryAgeMs: 5_000 });

  expect(await outbox.entry(good.id)).toBeUndefined();
  expect((await outbox.entry(waiting.id))?.["relayAt"]).toEqual(Timestamp.fromMillis(clock.now() + 10_000));
});

test("an entry that lacks shard and relayAt is found once it was postponed", async () => {
  const outbox = setUp();
  const { id, entry } = await outbox.write({ type: "later.type" });
  const { shard: _, relayAt: __, ...fields } = entryFields(entry);
  await outbox.entries.doc(id).set(fields);
  await clock.advance(20_000);
  expect(await sweep(outbox)).toEqual({ ...NONE, oldestEntryAgeMs: 0 });

  expect(await outbox.relayId(id)).toBe("postponed");
  await clock.advance(20_000);

  expect(await sweep(outbox)).toMatchObject({ postponed: 1, oldestEntryAgeMs: 40_000 });
});

test("relays each task once when two sweeps run at once", async () => {
  const outbox = setUp();
  const written = await Promise.all(Array.from({ length: 20 }, () => outbox.write()));
  await clock.advance(11_000);

  const [one, other] = await Promise.all([sweep(outbox), sweep(outbox)]);

  expect(one.relayed + other.relayed).toBe(20);
  expect([one.failed, other.failed, one.refused, other.refused]).toEqual([0, 0, 0, 0]);
  for (const { taskId, id } of written) {
    expect(await outbox.queued(taskId)).toBeDefined();
    expect(await outbox.entry(id)).toBeUndefined();
  }
});

test("postpones entries for which Cloud Tasks or Firestore fails, and relays the rest", async () => {
  const outbox = setUp();
  for (let n = 0; n < 6; n++) await outbox.write();
  await clock.advance(11_000);
  const answer = { status: status.PERMISSION_DENIED } as const;
  void outbox.tasksFaults.inject({ rpc: "CreateTask", when: "before-effect", answer, times: 2 });
  void outbox.recordsFaults.inject({ rpc: "Commit", when: "before-effect", answer, times: 1 });

  const { relayed, failed } = await sweep(outbox);

  expect(relayed + failed).toBe(6);
  expect(failed).toBeGreaterThanOrEqual(2);
  expect(failed).toBeLessThanOrEqual(3);
  await clock.advance(40_000);
  await sweep(outbox);
  const { size } = await outbox.entries.get();
  expect(size).toBe(0);
});

test("begins no entry that might take longer than the remaining time, and reports that it is incomplete", async () => {
  const outbox = setUp();
  const { id } = await outbox.write();
  await clock.advance(11_000);

  const swept = await sweepOutbox(outbox.relay, clock.now() + 4_999);

  expect(swept).toEqual({ ...NONE, isComplete: false, oldestEntryAgeMs: 11_000 });
  expect(await outbox.entry(id)).not.toHaveProperty("tries", 1);
  void outbox.tasksFaults.inject({
    rpc: "CreateTask",
    when: "after-effect",
    answer: "its-own",
    onArrival: () => clock.advance(1),
  });
  expect(await sweepOutbox(outbox.relay, clock.now() + 5_000)).toMatchObject({ relayed: 1, isComplete: false });
});

test.each([
  ["the first page", 0, false],
  ["the last look", 1, true],
])("fails if Firestore doesn't respond to %s", async (_, skip, isRelayed) => {
  const outbox = setUp();
  const { id } = await outbox.write();
  await clock.advance(11_000);
  const hit = outbox.recordsFaults.inject({ rpc: "RunQuery", when: "before-effect", answer: "nothing", skip });
  const swept = sweep(outbox).catch((error: unknown) => error);
  await hit;
  await clock.advance(SWEEP_MS);

  expect(await swept).toBeInstanceOf(RecordStoreError);

  // What was done by then is done.
  expect((await outbox.entry(id)) === undefined).toBe(isRelayed);
  outbox.recordsFaults.calm();
});
