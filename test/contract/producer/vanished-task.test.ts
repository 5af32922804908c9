import { Timestamp } from "@google-cloud/firestore";
import { status } from "@grpc/grpc-js";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { CLAIMED, NATURAL, type ProducerBundle, startProducerBundle } from "../../harness/producer/producer-harness.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };

/** The id of CLAIMED with this key, by the rule that is written down: the start of SHA-256 over type and key. */
function claimedId(key: string): string {
  return `${createHash("sha256").update(`webhook.deliver\0${key}`).digest("hex").slice(0, 32)}-default`;
}

/** SHA-256 over CLAIMED's payload, its fields in the order of their names and no spaces. */
const CLAIMED_HASH = createHash("sha256")
  .update('{"data":{"order":7},"event":"order.paid","url":"https://example.com/hook"}')
  .digest("hex");

/** Takes a task out of its queue, as a worker's 200 or a person does: the name stays taken for a while. */
async function takeFromQueue(bundle: ProducerBundle, id: string): Promise<void> {
  await bundle.admin.deleteTask({ name: bundle.taskName(id) });
}

describe("a key whose task has a record", () => {
  it("is answered from the record, though Cloud Tasks would take the name again", async () => {
    const bundle = await startProducerBundle();
    await bundle.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH });
    const answer = await bundle.enqueue(CLAIMED, "k");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("idempotency-replayed")).toBe("true");
    expect(answer.body).toEqual({
      id: claimedId("k"),
      queue: "default",
      type: "webhook.deliver",
      state: "succeeded",
      attempts: 1,
      createdAt: "2026-05-01T10:00:00.000Z",
      finishedAt: "2026-05-01T10:00:05.000Z",
      result: { status: 204 },
      links: { self: `/v1/tasks/${claimedId("k")}` },
    });
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("is refused for another payload, though Cloud Tasks would take the name again", async () => {
    const bundle = await startProducerBundle();
    await bundle.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH });
    expect((await bundle.enqueue(OTHER, "k")).status).toBe(422);
    expect(bundle.calls("CreateTask")).toBe(0);
  });

  it("is free once the record has expired", async () => {
    const bundle = await startProducerBundle();
    const expireAt = Timestamp.fromMillis(Date.now() - 1_000);
    await bundle.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH, expireAt });
    expect((await bundle.enqueue(OTHER, "k")).status).toBe(202);
    expect(await bundle.queuedTasks("default")).toHaveLength(1);
  });

  it.each([
    ["the same payload", CLAIMED, 200],
    ["another payload", OTHER, 422],
  ])("is judged by a record that appears while the name is found taken: %s", async (_, request, expected) => {
    const clock = new VirtualClock();
    const bundle = await startProducerBundle({ clock });
    await bundle.enqueue(CLAIMED, "k");
    await takeFromQueue(bundle, claimedId("k"));
    const struck = bundle.tasksProxy.inject({
      rpc: "CreateTask",
      when: "before-effect",
      answer: { status: status.UNAVAILABLE },
    });
    const running = bundle.enqueue(request, "k");
    await struck;
    await bundle.writeRecord(claimedId("k"), { payloadHash: CLAIMED_HASH });
    while (bundle.calls("CreateTask") < 2) await clock.advance(10);
    expect((await running).status).toBe(expected);
    expect(await bundle.queuedTasks("default")).toHaveLength(0);
  });
});

describe("a key whose task has left its queue without a record", () => {
  it("is answered as finished if its type leaves none", async () => {
    const bundle = await startProducerBundle();
    const first = await bundle.enqueue(NATURAL, "k");
    await takeFromQueue(bundle, first.body.id);
    const second = await bundle.enqueue(NATURAL, "k");
    expect(second.status).toBe(200);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(second.body).toEqual({
      id: first.body.id,
      queue: "bulk",
      type: "document.publish",
      state: "finished",
      links: { self: `/v1/tasks/${first.body.id}` },
    });
    expect(await bundle.queuedTasks("bulk")).toHaveLength(0);
  });

  it("is not called done if its type would have left one: it was removed", async () => {
    const bundle = await startProducerBundle();
    const first = await bundle.enqueue(CLAIMED, "k");
    await takeFromQueue(bundle, first.body.id);
    expect(await bundle.enqueue(CLAIMED, "k")).toMatchObject({ status: 409, body: { code: "task-removed" } });
  });
});
