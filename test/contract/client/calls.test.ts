import { expect, test } from "vitest";
import { createClient } from "handoff-client";
import { CLAIMED, setUpProducer } from "../../harness/producer/producer-harness.ts";
import { LETTER, letterOf, writeLetter, writeLetters } from "../../harness/producer/letters.ts";
import { type TEST_REGISTRY, deliverWebhook } from "../../harness/registry/test-registry.ts";

const { payload: PAYLOAD } = CLAIMED;

/** A producer, and a client of it that knows its task types. */
async function setUp() {
  const producer = await setUpProducer();
  return { producer, client: createClient<typeof TEST_REGISTRY>({ url: producer.url }) };
}

test("a call whose response is lost has created one task", async () => {
  const { producer } = await setUp();
  let requests = 0;
  // What the producer responds to the first request never arrives.
  const lossy = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, init);
    requests += 1;
    if (requests > 1) return response;
    await response.body?.cancel();
    throw new TypeError("fetch failed");
  };
  const client = createClient({ url: producer.url, fetch: lossy });

  const task = await client.enqueue(deliverWebhook, PAYLOAD);

  expect(requests).toBe(2);
  expect(task).toMatchObject({ type: "webhook.deliver", state: "queued", attempts: 0 });
  expect(await producer.queuedTasks("default")).toMatchObject([{ name: producer.taskName(task.id) }]);
});

test("a task is enqueued by name or by definition, read, run, watched, and cancelled", async () => {
  const { producer, client } = await setUp();

  const byName = await client.enqueue("webhook.deliver", PAYLOAD, { idempotencyKey: "k", delaySeconds: 600 });
  const byDefinition = await client.enqueue(deliverWebhook, PAYLOAD, { idempotencyKey: "k", delaySeconds: 600 });
  expect(byDefinition.id).toBe(byName.id);
  expect(await client.get(byName.id)).toMatchObject({ id: byName.id, state: "scheduled" });

  const later = new Date(Date.now() + 3_600_000).toISOString();
  expect(await client.run(byName.id, { scheduleTime: later })).toMatchObject({ scheduleTime: later });
  expect(await client.run(byName.id)).toMatchObject({ state: "queued" });

  const changes = client.watch(byName.id)[Symbol.asyncIterator]();
  expect(await changes.next()).toMatchObject({ value: { state: "queued" } });
  const [change, cancelled] = await Promise.all([changes.next(), client.cancel(byName.id)]);
  expect(cancelled).toEqual({ state: "cancelled", mayHaveRun: false });
  expect(change).toMatchObject({ value: { state: "cancelled" } });
  expect(await client.wait(byName.id)).toMatchObject({ state: "cancelled" });
  await expect(client.run(byName.id)).rejects.toMatchObject({ status: 409, code: "already-finished" });
  expect(await producer.queuedTasks("default")).toEqual([]);
});

test("a refusal by the producer is reported with everything that is wrong", async () => {
  const { producer } = await setUp();
  const client = createClient({ url: producer.url });

  await expect(client.enqueue("webhook.deliver", { url: "ftp://x" }, { delaySeconds: -1 })).rejects.toMatchObject({
    name: "HandoffError",
    status: 400,
    code: "invalid-request",
    problem: { problems: expect.arrayContaining([{ path: "payload.event", message: "is missing" }]) },
    message: expect.stringContaining("payload.url must be an http or https URL"),
  });
  await expect(client.get("1")).rejects.toMatchObject({ status: 404, code: "task-not-found" });
  await client.enqueue("webhook.deliver", PAYLOAD, { idempotencyKey: "k" });
  const other = { ...PAYLOAD, data: 8 };
  await expect(client.enqueue("webhook.deliver", other, { idempotencyKey: "k" })).rejects.toMatchObject({
    status: 422,
    code: "idempotency-key-reused",
  });
});

test("a batch is enqueued once however often it is sent, and each refused item says why", async () => {
  const { producer, client } = await setUp();
  const tasks = [1, 2, 3].map((data) => ({
    type: deliverWebhook,
    payload: { ...PAYLOAD, data },
    idempotencyKey: `k-${data}`,
  }));
  const wrong = { ...tasks[0]!, payload: { ...PAYLOAD, url: "ftp://x" }, idempotencyKey: "wrong" };

  const first = await client.enqueueMany([...tasks, wrong]);
  const second = await client.enqueueMany(tasks);

  expect(first.map(({ status, idempotencyKey }) => [status, idempotencyKey])).toEqual([
    [202, "k-1"],
    [202, "k-2"],
    [202, "k-3"],
    [400, "wrong"],
  ]);
  expect(first[3]?.problem?.problems).toEqual([{ path: "payload.url", message: "must be an http or https URL" }]);
  expect(second.map(({ status, id }) => [status, id])).toEqual(first.slice(0, 3).map(({ id }) => [200, id]));
  expect(await producer.queuedTasks("default")).toHaveLength(3);
});

test("dead letters are listed page by page, shown, counted, replayed once, and deleted", async () => {
  const { producer, client } = await setUp();
  const ids = Array.from({ length: 103 }, (_, n) => `${String(n).padStart(32, "0")}-default`);
  await writeLetters(
    producer,
    ids.map((id) => [id, letterOf(id)]),
  );
  await writeLetter(producer, LETTER, { code: "HTTP_404" });

  const listed: string[] = [];
  for await (const { id } of client.deadLetters.list({ code: "HTTP_500" })) listed.push(id);
  expect(listed.toSorted()).toEqual(ids);

  expect(await client.deadLetters.get(LETTER, { includePayload: true })).toMatchObject({
    id: LETTER,
    payload: PAYLOAD,
  });
  expect((await client.deadLetters.summary()).items.map(({ code, count }) => [code, count])).toEqual(
    expect.arrayContaining([
      ["HTTP_500", 103],
      ["HTTP_404", 1],
    ]),
  );

  const replayed = await client.deadLetters.replay(LETTER);
  expect(replayed).toEqual({ id: expect.any(String), replayOf: LETTER });
  expect(await client.deadLetters.replay(LETTER)).toEqual({ ...replayed, replayedBefore: true });
  const again = await client.deadLetters.replay(LETTER, { again: true });
  expect(again.id).not.toBe(replayed.id);
  expect(await client.get(again.id)).toMatchObject({ replayOf: LETTER });

  const filter = { code: "HTTP_500" };
  const counts: [number, number][] = [];
  const replayAll = client.deadLetters.replayAll({ filter, dryRun: true, limit: 50, most: 80 });
  for await (const { replayed, items } of replayAll) counts.push([replayed, items.length]);
  expect(counts).toEqual([
    [50, 50],
    [30, 30],
  ]);

  const { version } = await client.deadLetters.get(LETTER);
  await client.deadLetters.replay(LETTER, { again: true });
  await expect(client.deadLetters.delete(LETTER, { version })).rejects.toMatchObject({
    status: 412,
    code: "letter-changed",
  });
  await client.deadLetters.delete(LETTER, { version: (await client.deadLetters.get(LETTER)).version });
  await expect(client.deadLetters.get(LETTER)).rejects.toMatchObject({ status: 404, code: "dead-letter-not-found" });
});

test("queues are listed, paused, resumed and purged, and their tasks listed one by one; so are the types", async () => {
  const { producer, client } = await setUp();
  for (let data = 0; data < 3; data++) await client.enqueue(deliverWebhook, { ...PAYLOAD, data });

  expect((await client.queues.list()).map(({ key }) => key).toSorted()).toEqual(["bulk", "critical", "default"]);
  expect(await client.queues.get("default")).toMatchObject({ key: "default", depth: 3 });
  const types: unknown[] = [];
  for await (const { type } of client.queues.tasks("default")) types.push(type);
  expect(types).toEqual(Array(3).fill("webhook.deliver"));

  expect(await client.queues.pause("critical")).toMatchObject({ state: "paused" });
  expect(await client.queues.resume("critical")).toMatchObject({ state: "running" });
  await client.queues.purge("default");
  expect(await producer.queuedTasks("default")).toEqual([]);
  expect(await client.me()).toMatchObject({ email: "local", role: "operator" });
  expect((await client.taskTypes()).map(({ type }) => type)).toContain("webhook.deliver");
  await expect(client.queues.get("nowhere")).rejects.toMatchObject({ status: 404, code: "queue-not-found" });
});
