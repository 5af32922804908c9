import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { WEBHOOK, entryOf, startOutboxes } from "../../../harness/outbox/relay-harness.ts";

const { setUp, clock } = startOutboxes();

test("waits for the name of a task that was taken out of its queue by hand", async () => {
  const outbox = setUp();
  const { id, taskId, entry } = await outbox.write();
  await outbox.relayId(id);
  await outbox.admin.deleteTask({ name: outbox.nameOf(taskId) });
  await outbox.write(entry);

  expect(await outbox.relayId(id)).toBe("postponed");
  expect(await outbox.entry(id)).toMatchObject({ tries: 1 });
  await clock.advance("2h");

  expect(await outbox.relayId(id)).toBe("relayed");
  expect(await outbox.queued(taskId)).toBeDefined();
});

test.each([
  [
    "in the queue",
    async (outbox: ReturnType<typeof setUp>, other: ReturnType<typeof entryOf>) => {
      await outbox.write(other.entry);
      await outbox.relayId(other.id);
    },
  ],
  [
    "in a record",
    async (outbox: ReturnType<typeof setUp>, other: ReturnType<typeof entryOf>) => {
      await outbox.write(other.entry);
      await outbox.relayId(other.id);
      await outbox.admin.deleteTask({ name: outbox.nameOf(other.taskId) });
      await outbox.writeRecord(other.taskId, { state: "succeeded", payloadHash: other.payloadHash });
    },
  ],
  [
    "that no producer wrote",
    async (outbox: ReturnType<typeof setUp>, { taskId }: ReturnType<typeof entryOf>) => {
      const httpRequest = { url: "https://worker.example/", httpMethod: "POST" as const };
      const parent = outbox.nameOf(taskId).replace(/\/tasks\/.*/, "");
      await outbox.admin.createTask({ parent, task: { name: outbox.nameOf(taskId), httpRequest } });
    },
  ],
])("makes an entry a dead letter if another task has its id %s, however often it is committed", async (_, take) => {
  const outbox = setUp();
  const key = randomUUID();
  const other = entryOf({ key });
  await take(outbox, other);
  const recorded = await outbox.record(other.taskId);
  const again = { key, payload: { ...WEBHOOK, event: "order.refunded" } };
  for (const _time of [1, 2]) {
    const { id, taskId, payloadHash } = await outbox.write(again);
    expect(taskId).toBe(other.taskId);

    expect(await outbox.relayId(id)).toBe("refused");

    expect(await outbox.entry(id)).toBeUndefined();
    expect(await outbox.letter(id)).toMatchObject({ taskId, code: "payload_conflict", payloadHash, status: "open" });
    expect(JSON.parse((await outbox.letter(id))?.["payloadJson"])).toEqual(again.payload);
  }
  expect(await outbox.record(other.taskId)).toEqual(recorded);
});

/** A later hop whose name is taken, and gone. What its task's record says decides. */
test.each([
  ["still waits for it", { hop: 2 }, "postponed"],
  ["had a delivery of it", { hop: 2, hopAt: "2026-05-01T11:00:00.000Z" }, "dropped"],
  ["has gone on", { hop: 3 }, "dropped"],
  ["has ended", { hop: 2, state: "cancelled" }, "dropped"],
  ["is another task's", { hop: 2, payloadHash: "other" }, "refused"],
])("looks at the record if the name of a later hop is gone: one that %s", async (_, fields, expected) => {
  const outbox = setUp();
  const { taskId, payloadHash } = entryOf();
  const { id, entry } = await outbox.write({ taskId, hop: 2 });
  expect(await outbox.relayId(id)).toBe("relayed");
  expect(JSON.parse((await outbox.queued(taskId, 2))?.text ?? "")).toMatchObject({ hop: 2 });
  await outbox.admin.deleteTask({ name: outbox.nameOf(taskId, 2) });
  await outbox.write(entry);
  await outbox.writeRecord(taskId, { payloadHash, ...fields });

  expect(await outbox.relayId(id)).toBe(expected);
  expect((await outbox.entry(id)) === undefined).toBe(expected !== "postponed");
});

test("a replayed conflict stays replayed when its entry is committed again", async () => {
  const outbox = setUp();
  const key = randomUUID();
  await outbox.relayId((await outbox.write({ key })).id);
  const other = { key, payload: { ...WEBHOOK, event: "order.refunded" } };
  const { id } = await outbox.write(other);
  expect(await outbox.relayId(id)).toBe("refused");
  const replay = { status: "replayed", replayedAs: "0123456789abcdef0123456789abcdef-default", replays: 1 };
  await outbox.letters.doc(id).update(replay);
  await outbox.write(other);

  expect(await outbox.relayId(id)).toBe("refused");

  expect(await outbox.letter(id)).toMatchObject(replay);
  expect(await outbox.entry(id)).toBeUndefined();
});
