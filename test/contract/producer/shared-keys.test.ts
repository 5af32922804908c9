import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { Caller } from "../../../services/producer/access/caller.ts";
import { CLAIMED, NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../harness/producer/producer-queues.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
const HOUR_MS = 3_600_000;

const SHOP: Caller = { email: "shop@example.com", role: "caller" };

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const sharedId = ({ type }: { type: string }, key: string, queue: string): string =>
  `${sha256(`${type}\0${key}`).slice(0, 32)}-${queue}`;

/** SHA-256 over the payloads, with their fields sorted by name and no spaces. */
const HASHES = new Map([
  [CLAIMED.type, sha256('{"data":{"order":7},"event":"order.paid","url":"https://example.com/hook"}')],
  [NATURAL.type, sha256('{"content":"text","documentId":"d1","version":1}')],
]);

/** A producer beside whose tasks are those of a revision that knew no callers. */
async function setUp({ caller = SHOP, ...options }: { caller?: Caller; callerKeysFromMs?: number | null } = {}) {
  const identify = async () => ({ kind: "identified", caller }) as const;
  const producer = await setUpProducer({ callerKeysFromMs: null, ...options, access: { identify } });
  const enqueueAs = async (id: string, body: typeof CLAIMED | typeof NATURAL, headers: Record<string, string>) => {
    const envelope = { id, ...body, payloadHash: HASHES.get(body.type), enqueuedAt: "2026-11-30T10:00:00.000Z" };
    const url = `https://worker.example/tasks/${body.type}`;
    await producer.admin.createTask({
      parent: `${QUEUES_PATH}/${id.slice(id.indexOf("-") + 1)}-2`,
      task: {
        name: producer.taskName(id),
        httpRequest: { url, headers, body: Buffer.from(JSON.stringify(envelope)) },
      },
    });
    return id;
  };
  return {
    producer,
    /** Enqueues a task as such a revision did. `headers` are what a later one adds. */
    enqueueEarlier: (body: typeof CLAIMED | typeof NATURAL, key: string, headers = {}) =>
      enqueueAs(sharedId(body, key, body === NATURAL ? "bulk" : "default"), body, headers),
    /** Enqueues a task as an instance does whose clock is ahead, so that each caller has its own keys already. */
    enqueueByOwnKey: (body: typeof CLAIMED, key: string) =>
      enqueueAs(`${sha256(`key\0${caller.email}\0${body.type}\0${key}`).slice(0, 32)}-default`, body, {
        "Handoff-Caller": caller.email,
      }),
    leaveQueue: (id: string) => producer.admin.deleteTask({ name: producer.taskName(id) }),
  };
}

it("a key that an earlier revision accepted creates no second task, in its queue or out of it", async () => {
  const { producer, enqueueEarlier, leaveQueue } = await setUp();
  const id = await enqueueEarlier(CLAIMED, "k");
  const links = { self: `/v1/tasks/${id}`, queue: "/v1/queues/default" };
  const replayed = { id, queue: "default", type: CLAIMED.type, links };

  const queued = await producer.enqueue(CLAIMED, "k");
  expect([queued.status, queued.body]).toEqual([200, { ...replayed, state: "queued" }]);
  expect((await producer.enqueue(OTHER, "k")).status).toBe(422);

  await producer.writeRecord(id, { payloadHash: HASHES.get(CLAIMED.type) });
  await leaveQueue(id);
  const recorded = await producer.enqueue(CLAIMED, "k");
  expect([recorded.status, recorded.body]).toEqual([200, { ...replayed, state: "succeeded" }]);
  expect((await producer.enqueue(OTHER, "k")).status).toBe(422);
  expect(producer.calls("CreateTask")).toBe(1);
});

it("a key of an earlier revision whose task only left its name gets that revision's response", async () => {
  const { producer, enqueueEarlier, leaveQueue } = await setUp();
  const natural = await enqueueEarlier(NATURAL, "k");
  await leaveQueue(natural);
  await leaveQueue(await enqueueEarlier(CLAIMED, "k"));

  const replayed = await producer.enqueue(NATURAL, "k");
  expect(replayed).toMatchObject({ status: 200, body: { id: natural, state: "finished" } });
  expect(await producer.enqueue(CLAIMED, "k")).toMatchObject({ status: 409, body: { code: "task-removed" } });
});

it("an operator who repeats a key of an earlier revision sees all of its task", async () => {
  const { producer, enqueueEarlier } = await setUp({ caller: { email: "o@example.com", role: "operator" } });
  const id = await enqueueEarlier(CLAIMED, "k");
  expect((await producer.enqueue(CLAIMED, "k")).body).toMatchObject({ id, attempts: 0, createdAt: expect.any(String) });
});

it("a shared id that belongs to another caller isn't shown", async () => {
  const { producer, enqueueEarlier } = await setUp();
  const id = await enqueueEarlier(CLAIMED, "k", { "Handoff-Caller": "press@example.com" });
  const enqueued = await producer.enqueue(CLAIMED, "k");
  expect(enqueued.status).toBe(202);
  expect(enqueued.body.id).not.toBe(id);
});

it("until each caller has its own keys, a key creates the task that earlier revisions would create", async () => {
  const { producer } = await setUp({ callerKeysFromMs: Date.now() + HOUR_MS });
  const made = [await producer.enqueue(CLAIMED, "k"), await producer.enqueue(NATURAL, "k")];
  expect(made.map(({ status, body }) => [status, body.id])).toEqual([
    [202, sharedId(CLAIMED, "k", "default")],
    [202, sharedId(NATURAL, "k", "bulk")],
  ]);
  expect(await producer.enqueue(CLAIMED, "k")).toMatchObject({ status: 200, body: made[0]?.body });
});

it("a task accepted under its caller's own key is found, even if an instance's clock or a new setting says it is too early", async () => {
  const { producer, enqueueByOwnKey } = await setUp({ callerKeysFromMs: Date.now() + HOUR_MS });
  const id = await enqueueByOwnKey(CLAIMED, "k");
  expect(await producer.enqueue(CLAIMED, "k")).toMatchObject({ status: 200, body: { id, attempts: 0 } });
  expect((await producer.enqueue(OTHER, "k")).status).toBe(422);
  expect(producer.calls("CreateTask")).toBe(1);
});

it.each([
  ["1 read and 1 call more for each new key, while shared ones are looked for", null, { reads: 2, looks: 1 }],
  ["the same before, when callers' own ones are", Number.MAX_SAFE_INTEGER, { reads: 2, looks: 1 }],
  ["nothing once no shared one can be left", 0, { reads: 1, looks: 0 }],
])("the cost of that is %s", async (_, callerKeysFromMs, expected) => {
  const { producer } = await setUp({ callerKeysFromMs });
  const costs = () => ({ reads: producer.calls("BatchGetDocuments"), looks: producer.calls("GetTask") });
  await producer.enqueue(CLAIMED);
  expect(costs()).toEqual({ reads: 0, looks: 0 });
  await producer.enqueue(CLAIMED, "k");
  expect(costs()).toEqual(expected);
});
