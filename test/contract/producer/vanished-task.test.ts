import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { waitingAt } from "../../harness/producer/outbox-tasks.ts";
import { CLAIMED, NATURAL, type ProducerHarness, setUpProducer } from "../../harness/producer/producer-harness.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };

/** The id of CLAIMED with this key, by the documented rule: the start of SHA-256 over `key`, caller, type and key. */
function claimedId(key: string): string {
  return `${createHash("sha256").update(`key\0local\0webhook.deliver\0${key}`).digest("hex").slice(0, 32)}-default`;
}

/** SHA-256 over CLAIMED's payload, with its fields sorted by name and no spaces. */
const CLAIMED_HASH = createHash("sha256")
  .update('{"data":{"order":7},"event":"order.paid","url":"https://example.com/hook"}')
  .digest("hex");

/** Takes a task out of its queue, as a worker's 200 or a person does. Its name stays taken for a while. */
async function takeFromQueue(producer: ProducerHarness, id: string): Promise<void> {
  await producer.admin.deleteTask({ name: producer.taskName(id) });
}

describe("a key whose task has a record", () => {
  it("is answered from the record, even if Cloud Tasks would accept the name again", async () => {
    const producer = await setUpProducer();
    await producer.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH });
    const response = await producer.enqueue(CLAIMED, "k");
    expect(response.status).toBe(200);
    expect(response.headers.get("idempotency-replayed")).toBe("true");
    expect(response.body).toEqual({
      id: claimedId("k"),
      queue: "default",
      type: "webhook.deliver",
      state: "succeeded",
      attempts: 1,
      createdAt: "2026-05-01T10:00:00.000Z",
      finishedAt: "2026-05-01T10:00:05.000Z",
      result: { status: 204 },
      links: { self: `/v1/tasks/${claimedId("k")}`, queue: "/v1/queues/default" },
    });
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("is refused for a different payload, even if Cloud Tasks would accept the name again", async () => {
    const producer = await setUpProducer();
    await producer.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH });
    expect((await producer.enqueue(OTHER, "k")).status).toBe(422);
    expect(producer.calls("CreateTask")).toBe(0);
  });

  it("is free once the record has expired", async () => {
    const producer = await setUpProducer();
    const expireAt = Timestamp.fromMillis(Date.now() - 1_000);
    await producer.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH, expireAt });
    expect((await producer.enqueue(OTHER, "k")).status).toBe(202);
    expect(await producer.queuedTasks("default")).toHaveLength(1);
  });

  it.each([
    ["the same payload", CLAIMED, 200],
    ["another payload", OTHER, 422],
  ])("is judged by a record that appears while the name is found taken: %s", async (_, request, expected) => {
    const clock = new VirtualClock();
    const producer = await setUpProducer({ clock });
    await producer.enqueue(CLAIMED, "k");
    await takeFromQueue(producer, claimedId("k"));
    const injected = producer.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.UNAVAILABLE },
    });
    const running = producer.enqueue(request, "k");
    await injected;
    await producer.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH });
    while (producer.calls("CreateTask") < 2) await clock.advance(10);
    expect((await running).status).toBe(expected);
    expect(await producer.queuedTasks("default")).toHaveLength(0);
  });
});

describe("a key whose task has left its queue without a record", () => {
  it("is answered as finished if its type leaves no record", async () => {
    const producer = await setUpProducer();
    const first = await producer.enqueue(NATURAL, "k");
    await takeFromQueue(producer, first.body.id);
    const second = await producer.enqueue(NATURAL, "k");
    expect(second.status).toBe(200);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.body).toEqual({
      id: first.body.id,
      queue: "bulk",
      type: "document.publish",
      state: "finished",
      links: { self: `/v1/tasks/${first.body.id}`, queue: "/v1/queues/bulk" },
    });
    expect(await producer.queuedTasks("bulk")).toHaveLength(0);
  });

  it("is removed, not finished, if its type would have left one", async () => {
    const producer = await setUpProducer();
    const first = await producer.enqueue(CLAIMED, "k");
    await takeFromQueue(producer, first.body.id);
    expect(await producer.enqueue(CLAIMED, "k")).toMatchObject({ status: 409, body: { code: "task-removed" } });
  });
});

describe("a key whose task was removed from its queue while it waited", () => {
  it.each([
    ["is refused if it never ran, but was rescheduled", 0, { status: 409, body: { code: "task-removed" } }],
    ["shows it if it ran", 1, { status: 200, body: { state: "removed", attempts: 1 } }],
  ])("%s", async (_, attempts, expected) => {
    const producer = await setUpProducer();
    const { body } = await producer.enqueue(CLAIMED, "k");
    await producer.writeRecord(body.id, waitingAt(0, CLAIMED_HASH, { attempts }));
    expect(await producer.enqueue(CLAIMED, "k")).toMatchObject({ status: 200, body: { state: "waiting", attempts } });

    await takeFromQueue(producer, body.id);

    expect(await producer.enqueue(CLAIMED, "k")).toMatchObject(expected);
    expect((await producer.enqueue(OTHER, "k")).status).toBe(422);
    expect(await producer.queuedTasks("default")).toHaveLength(0);
  });
});
