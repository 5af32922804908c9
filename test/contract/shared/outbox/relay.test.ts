import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { parseJsonBody } from "../../../../shared/http/json-body.ts";
import { hashCanonical } from "../../../../shared/contract/payload-hash.ts";
import { DELIVERY_LIMITS, envelopeSchema } from "../../../../shared/contract/envelope.ts";
import { entryFields } from "../../../../shared/outbox/entry.ts";
import { relayEntry } from "../../../../shared/outbox/relay.ts";
import { CONTENT, DAY_MS, WEBHOOK, entryOf, startOutboxes } from "../../../harness/outbox/relay-harness.ts";

const { setUp, clock } = startOutboxes();

const NATURAL = { type: "document.publish", payload: CONTENT } as const;
const at = (ms: number): string => new Date(ms).toISOString();

test("puts the task into its queue, its payload unchanged to the byte, and deletes the entry", async () => {
  const outbox = setUp();
  const payloadJson =
    '{ "url":"https://example.com/é", "event":"a\\u0062",\n "data":[1e20, -1.50, 1E2, {"b":1,"a":null}] }';
  const { id, taskId, payloadHash } = await outbox.write({ payloadJson, parentId: "p", traceparent: "00-a-b-01" });

  expect(await outbox.relayId(id)).toBe("relayed");

  const task = await outbox.queued(taskId);
  expect(task?.text).toContain(`"payload":${payloadJson}}`);
  expect(task?.url).toBe("https://worker.example/tasks/webhook.deliver");
  expect(task?.headers).toMatchObject({ "Handoff-Caller": "shop@example.com" });
  // As the worker reads it.
  const { value, fields } = parseJsonBody(Buffer.from(task?.text ?? ""), DELIVERY_LIMITS);
  expect(envelopeSchema.parse(value)).toMatchObject({
    id: taskId,
    enqueuedAt: "2026-05-01T10:00:00.000Z",
    hopAt: at(clock.now()),
    parentId: "p",
    traceparent: "00-a-b-01",
  });
  expect(hashCanonical(fields.get("payload")?.canonical ?? "")).toBe(payloadHash);
  expect(value).not.toHaveProperty("hop");
  expect(await outbox.entry(id)).toBeUndefined();
  expect(await outbox.relayId(id)).toBe("missing");
});

test.each([
  ["an hour", 3_600_000, 3_600_000],
  ["29 days and a minute", 29 * DAY_MS + 60_000, 29 * DAY_MS],
  ["ten years", 3_652 * DAY_MS, 29 * DAY_MS],
])("creates a task that is due in %s at once, for at most 29 days ahead", async (_, aheadMs, scheduledMs) => {
  const outbox = setUp();
  const notBefore = at(clock.now() + aheadMs);
  const { id, taskId } = await outbox.write({ notBefore });

  expect(await outbox.relayId(id)).toBe("relayed");

  const task = await outbox.queued(taskId);
  expect(task?.scheduleMs).toBe(clock.now() + scheduledMs);
  expect(JSON.parse(task?.text ?? "")).toMatchObject({ notBefore });
  expect(task?.headers).toMatchObject({ "Handoff-Not-Before": notBefore });
});

test("reads times in UTC whatever their offset, and a past one as due at once", async () => {
  const outbox = setUp();
  const { id, taskId } = await outbox.write({
    enqueuedAt: "2026-05-01T12:00:00+02:00",
    notBefore: "2020-01-01T00:00:00Z",
  });

  expect(await outbox.relayId(id)).toBe("relayed");

  const task = await outbox.queued(taskId);
  expect(JSON.parse(task?.text ?? "")).toMatchObject({ enqueuedAt: "2026-05-01T10:00:00.000Z" });
  expect(task?.scheduleMs).toBeLessThanOrEqual(clock.now());
});

test("relays a later hop under its own name, without an origin and whatever its type", async () => {
  const outbox = setUp();
  const { taskId } = entryOf();
  const { entry } = entryOf({ taskId, hop: 3, type: "not.known", payload: { any: "thing" } });
  const { origin: _, ...hop } = entry;
  await outbox.entries.doc(`${taskId}.h3`).set(entryFields(hop));

  expect(await outbox.relayId(`${taskId}.h3`)).toBe("relayed");

  const task = await outbox.queued(taskId, 3);
  expect(JSON.parse(task?.text ?? "")).toMatchObject({ id: taskId, hop: 3, payload: { any: "thing" } });
  expect(task?.headers).toMatchObject({ "Handoff-Hop": "3" });
});

test("relays a later hop even if its type has changed since its task was accepted", async () => {
  const outbox = setUp();
  const { id } = await outbox.write({ hop: 1, payload: { once: "valid" }, taskId: entryOf().taskId });

  expect(await outbox.relayId(id)).toBe("relayed");
});

test.each([
  ["claim", { payload: WEBHOOK }],
  ["natural", NATURAL],
])("relays a %s task once, however often", async (_, given) => {
  const outbox = setUp();
  const { id, taskId, entry } = await outbox.write(given);
  await outbox.relayId(id);
  await outbox.write(entry);

  expect(await outbox.relayId(id)).toBe("relayed");
  expect(await outbox.entry(id)).toBeUndefined();
  expect(await outbox.queued(taskId)).toBeDefined();

  // It ran: a natural task leaves nothing, any other its record.
  await outbox.admin.deleteTask({ name: outbox.nameOf(taskId) });
  await outbox.write(entry);
  if (given !== NATURAL)
    await outbox.writeRecord(taskId, { state: "succeeded", payloadHash: entryOf(entry).payloadHash });

  expect(await outbox.relayId(id)).toBe("dropped");
  expect(await outbox.entry(id)).toBeUndefined();
  expect(await outbox.queued(taskId)).toBeUndefined();
});

/** Somebody deletes the entry between CreateTask and the relay's deletion. */
test.each([
  ["cancelled", { state: "cancelled" }, false],
  ["rescheduled", { state: "waiting", hop: 1 }, false],
  ["relayed twice", null, true],
  ["relayed twice, and run", { state: "running" }, true],
])("deletes the task again if it was %s meanwhile, and only then", async (_, fields, staysQueued) => {
  const outbox = setUp();
  const { id, taskId, payloadHash } = await outbox.write();
  void outbox.tasksFaults.inject({
    rpc: "CreateTask",
    when: "after-effect",
    answer: "its-own",
    onArrival: async () => {
      if (fields) await outbox.writeRecord(taskId, { payloadHash, ...fields });
      await outbox.entries.doc(id).delete();
    },
  });

  expect(await outbox.relayId(id)).toBe("changed");
  expect((await outbox.queued(taskId)) !== undefined).toBe(staysQueued);
});

test("leaves an entry that was postponed meanwhile, and finds its task there the next time", async () => {
  const outbox = setUp();
  const { id, taskId } = await outbox.write();
  void outbox.tasksFaults.inject({
    rpc: "CreateTask",
    when: "after-effect",
    answer: "its-own",
    onArrival: async () => void (await outbox.entries.doc(id).update({ tries: 1 })),
  });

  expect(await outbox.relayId(id)).toBe("changed");
  expect(await outbox.relayId(id)).toBe("relayed");
  expect(await outbox.queued(taskId)).toBeDefined();
  expect(await outbox.entry(id)).toBeUndefined();
});

test("survives lost responses of CreateTask and of the deletion", async () => {
  const outbox = setUp();
  const { id, taskId } = await outbox.write();
  void outbox.tasksFaults.inject({ rpc: "CreateTask", when: "after-effect", answer: { status: status.UNAVAILABLE } });
  expect(await outbox.relayId(id)).toBe("failed");
  expect(await outbox.entry(id)).toMatchObject({ tries: 1 });

  void outbox.recordsFaults.inject({ rpc: "Commit", when: "after-effect", answer: { status: status.UNAVAILABLE } });
  // The client repeats the deletion, which then finds nothing.
  expect(["relayed", "changed"]).toContain(await outbox.relayId(id));

  expect(await outbox.queued(taskId)).toBeDefined();
  expect(await outbox.entry(id)).toBeUndefined();
});

test.each([
  ["is down", status.UNAVAILABLE],
  ["throttles", status.RESOURCE_EXHAUSTED],
  ["refuses the account", status.PERMISSION_DENIED],
  ["refuses the request", status.INVALID_ARGUMENT],
  ["has no such queue", status.NOT_FOUND],
])("postpones an entry while Cloud Tasks %s", async (_, code) => {
  const outbox = setUp();
  const { id, taskId } = await outbox.write();
  const answer = { status: code } as const;
  void outbox.tasksFaults.inject({ rpc: "CreateTask", when: "before-effect", answer });

  expect(await outbox.relayId(id)).toBe("failed");

  expect(await outbox.entry(id)).toMatchObject({ tries: 1, relayAt: Timestamp.fromMillis(clock.now() + 10_000) });
  expect(await outbox.relayId(id)).toBe("relayed");
  expect(await outbox.queued(taskId)).toBeDefined();
});

test("postpones an entry by Firestore's clock, even if the instance's is ten minutes ahead", async () => {
  const outbox = setUp();
  const { id } = await outbox.write({ type: "later.type" });
  const ahead = {
    now: () => clock.now() + 10 * 60_000,
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs: number, callback: () => void) => clock.setTimer(delayMs, callback),
  };

  expect(await relayEntry(id, { ...outbox.relay, clock: ahead }, ahead.now() + 10_000)).toBe("postponed");

  expect(await outbox.entry(id)).toMatchObject({ relayAt: Timestamp.fromMillis(clock.now() + 10_000) });
});

test("postpones an entry for longer each time, whatever its number of tries", async () => {
  const outbox = setUp();
  const { id } = await outbox.write({ type: "later.type" });
  const delays: number[] = [];
  for (const tries of [0, 1, 7, 1e9, -1, Number.NaN, 2 ** 53, "many", null]) {
    await outbox.entries.doc(id).update({ tries });
    expect(await outbox.relayId(id)).toBe("postponed");
    delays.push((await outbox.entry(id))?.["relayAt"].toMillis() - clock.now());
  }

  expect(delays).toEqual([10_000, 20_000, 600_000, 600_000, 10_000, 10_000, 10_000, 10_000, 10_000]);
});

/** Entries older than a day. What their task's record says decides. */
test.each([
  ["no record", null, "relayed"],
  ["a record that has ended", { state: "dead" }, "dropped"],
  ["a record of a later hop", { hop: 1 }, "dropped"],
  ["a live record", {}, "relayed"],
])("looks for a record before it relays an old entry: %s", async (_, fields, expected) => {
  const outbox = setUp();
  const { id, taskId, payloadHash } = await outbox.write();
  await clock.advance(DAY_MS + 1_000);
  if (fields) await outbox.writeRecord(taskId, { payloadHash, ...fields });

  expect(await outbox.relayId(id)).toBe(expected);

  expect(await outbox.entry(id)).toBeUndefined();
  expect((await outbox.queued(taskId)) !== undefined).toBe(expected === "relayed");
});

test("keeps the record of a live task whose old entry it relays longer than any queue holds the task", async () => {
  const outbox = setUp();
  const { id, taskId, payloadHash } = await outbox.write();
  await clock.advance(DAY_MS + 1_000);
  await outbox.writeRecord(taskId, { payloadHash });

  expect(await outbox.relayId(id)).toBe("relayed");

  const record = await outbox.record(taskId);
  expect(record?.["expireAt"].toMillis() - clock.now()).toBeGreaterThan(32 * DAY_MS);
  expect(record).toMatchObject({ state: "waiting", attempts: 2 });
});
