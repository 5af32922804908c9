import { expect, it } from "vitest";
import { sealEnvelope } from "../../../shared/contract/envelope.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { queuesOf } from "../../../shared/contract/queue-shards.ts";
import { type TaskId, deriveTaskId } from "../../../shared/contract/task-id.ts";
import { CLAIMED, NATURAL, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { QUEUES_PATH } from "../../harness/producer/producer-queues.ts";
import { TEST_REGISTRY, deliverWebhook } from "../../harness/registry/test-registry.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";

const OTHER = { ...CLAIMED, payload: { ...CLAIMED.payload, data: { order: 8 } } };
const SHARDS = { now: 4, before: 2 };
const WITHOUT_A_CHANGE = { now: 4 };

/** The shards of a queue by their names in Cloud Tasks, as the harness gives them. */
const namesOf = (key: string) => [`${key}-2`, `${key}-1-2`, `${key}-2-2`, `${key}-3-2`] as const;

const typeOf = (name: string) => TEST_REGISTRY.types.get(name) ?? deliverWebhook;

function idOf({ type }: { type: string }, key: string): TaskId {
  return deriveTaskId(["key", "local", type, key], typeOf(type));
}

/** The queues in which the task with a key may be while the number of shards changes: the new one, then perhaps another. */
function queuesDuring(body: { type: string }, key: string) {
  const { queue } = typeOf(body.type);
  return queuesOf(idOf(body, key), { settings: { ...TEST_QUEUES.default, shards: SHARDS }, names: namesOf(queue) });
}

/** A key whose task gets another queue by the change, or whose task keeps its queue. */
function keyThat(moves: "moves" | "stays", body: { type: string } = CLAIMED): string {
  for (let n = 0; ; n++) {
    const key = `key-${n}`;
    if (queuesDuring(body, key).length === (moves === "moves" ? 2 : 1)) return key;
  }
}

/** A producer whose queues have got four shards instead of two, and tasks that the revision before put into their queues. */
async function setUp({ shards = SHARDS }: { shards?: typeof SHARDS | typeof WITHOUT_A_CHANGE } = {}) {
  const queues = new Map(Object.entries(TEST_QUEUES).map(([key, settings]) => [key, { ...settings, shards }]));
  const producer = await setUpProducer({ registry: { ...TEST_REGISTRY, queues } });
  const nameBefore = (body: { type: string }, key: string) =>
    `${QUEUES_PATH}/${queuesDuring(body, key)[1]}/tasks/${idOf(body, key)}`;
  return {
    ...producer,
    /** Enqueues a task as the revision before did. */
    async enqueueBefore(body: typeof CLAIMED | typeof NATURAL, key: string) {
      const name = nameBefore(body, key);
      const envelope = sealEnvelope({ id: idOf(body, key), ...body, caller: "local", enqueuedAtMs: Date.now() });
      const url = `https://worker.example/tasks/${body.type}`;
      await producer.admin.createTask({
        parent: name.slice(0, name.indexOf("/tasks/")),
        task: { name, httpRequest: { url, body: Buffer.from(JSON.stringify(envelope)) } },
      });
    },
    leaveQueueBefore: (body: { type: string }, key: string) =>
      producer.admin.deleteTask({ name: nameBefore(body, key) }),
  };
}

it("a key whose task waits in the queue before a change of shards makes no second task, whatever the payload", async () => {
  const producer = await setUp();
  const key = keyThat("moves");
  await producer.enqueueBefore(CLAIMED, key);

  expect(await producer.enqueue(OTHER, key)).toMatchObject({ status: 422, body: { code: "idempotency-key-reused" } });
  const repeated = await producer.enqueue(CLAIMED, key);
  expect(repeated).toMatchObject({ status: 200, body: { id: idOf(CLAIMED, key), state: "queued" } });
  // The one that the revision before made.
  expect(producer.calls("CreateTask")).toBe(1);
});

it("a key whose task has left the queue before a change of shards is answered as without the change", async () => {
  const producer = await setUp();
  const [removed, natural] = [keyThat("moves"), keyThat("moves", NATURAL)];
  await producer.enqueueBefore(CLAIMED, removed);
  await producer.leaveQueueBefore(CLAIMED, removed);
  await producer.enqueueBefore(NATURAL, natural);
  await producer.leaveQueueBefore(NATURAL, natural);

  expect(await producer.enqueue(CLAIMED, removed)).toMatchObject({ status: 409, body: { code: "task-removed" } });
  expect(await producer.enqueue(NATURAL, natural)).toMatchObject({ status: 200, body: { state: "finished" } });
  expect(producer.calls("CreateTask")).toBe(2);
});

it("a task that leaves the queue before a change of shards while its key is repeated is found by its record", async () => {
  const producer = await setUp();
  const key = keyThat("moves");
  await producer.enqueueBefore(CLAIMED, key);
  void producer.tasksProxy.inject({
    rpc: "GetTask",
    when: "before-effect",
    answer: "its-own",
    async onArrival() {
      await producer.writeRecord(idOf(CLAIMED, key), { payloadHash: hashPayload(CLAIMED.payload) });
      await producer.leaveQueueBefore(CLAIMED, key);
    },
  });

  const repeated = await producer.enqueue(CLAIMED, key);
  expect(repeated).toMatchObject({ status: 200, body: { state: "succeeded" } });
});

it.for([
  { what: "a key whose task gets another queue", shards: SHARDS, key: keyThat("moves"), looks: 1 },
  { what: "a key whose task keeps its queue", shards: SHARDS, key: keyThat("stays"), looks: 0 },
  { what: "a key after the change", shards: WITHOUT_A_CHANGE, key: keyThat("moves"), looks: 0 },
  { what: "no key", shards: SHARDS, key: undefined, looks: 0 },
])("a new task with $what costs $looks looks into a queue", async ({ shards, key, looks }) => {
  const producer = await setUp({ shards });

  expect(await producer.enqueue(CLAIMED, key)).toMatchObject({ status: 202 });
  expect(producer.calls("GetTask")).toBe(looks);
  expect(producer.calls("BatchGetDocuments")).toBe(key === undefined ? 0 : 1);
});
