import { expect, test } from "vitest";
import { type Client, createClient } from "handoff-client";
import { type Scripted, listenAsProducer } from "../../harness/client/scripted-producer.ts";

const MIB = 2 ** 20;

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const CALLS: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  enqueue: async (client) => await client.enqueue("receipt.send", {}),
  enqueueMany: async (client) => await client.enqueueMany([{ type: "receipt.send", payload: {} }]),
  get: async (client) => await client.get("1"),
  wait: async (client) => await client.wait("1"),
  cancel: async (client) => await client.cancel("1"),
  run: async (client) => await client.run("1"),
  "deadLetters.list": async (client) => await all(client.deadLetters.list()),
  "deadLetters.get": async (client) => await client.deadLetters.get("1"),
  "deadLetters.summary": async (client) => await client.deadLetters.summary(),
  "deadLetters.replay": async (client) => await client.deadLetters.replay("1"),
  "deadLetters.replayAll": async (client) => await all(client.deadLetters.replayAll({ filter: {} })),
  "queues.list": async (client) => await client.queues.list(),
  "queues.get": async (client) => await client.queues.get("default"),
  "queues.tasks": async (client) => await all(client.queues.tasks("default")),
  "queues.pause": async (client) => await client.queues.pause("default"),
  "schedules.list": async (client) => await client.schedules.list(),
  "schedules.pause": async (client) => await client.schedules.pause("daily"),
  "schedules.run": async (client) => await client.schedules.run("daily"),
  "queues.purge": async (client) => await client.queues.purge("default"),
  taskTypes: async (client) => await client.taskTypes(),
  throughput: async (client) => await client.throughput(),
  me: async (client) => await client.me(),
};

const UNEXPECTED = { name: "HandoffError", code: "unexpected-response", problem: undefined };

test.each(Object.keys(CALLS))("%s accepts no success without its result", async (name) => {
  for (const body of ['{"ok":true}', "[]", "null", "7", ""]) {
    const { url, requests } = await listenAsProducer((): Scripted => ({ status: 200, body }));

    await expect(CALLS[name]?.(createClient({ url }))).rejects.toMatchObject({ ...UNEXPECTED, status: 200 });

    expect(requests).toHaveLength(1);
  }
});

test.each([
  ["a title that is no text", { title: 5 }],
  ["a detail that is no text", { detail: {} }],
  ["problems that are no list", { problems: "none" }],
  ["problems that are nothing", { problems: [null] }],
  ["problems without a message", { problems: [{ path: "payload" }] }],
])("a refusal with %s isn't treated as a producer's, and isn't retried", async (_, wrong) => {
  const body = { status: 400, title: "Bad request", code: "x", ...wrong };
  const { url, requests } = await listenAsProducer(() => ({ status: 400, body }));

  await expect(createClient({ url }).me()).rejects.toMatchObject({ ...UNEXPECTED, status: 400 });

  expect(requests).toHaveLength(1);
});

test("an endless body is read up to 32 MiB", async () => {
  let pulled = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += MIB;
      controller.enqueue(new Uint8Array(MIB).fill(0x20));
    },
    cancel() {
      isCancelled = true;
    },
  });
  const fetch = async () => new Response(body, { headers: { "content-type": "application/json" } });

  await expect(createClient({ url: "http://localhost", fetch }).me()).rejects.toMatchObject(UNEXPECTED);

  expect(isCancelled).toBe(true);
  expect(pulled).toBeLessThanOrEqual(34 * MIB);
});

test("a replay's payload that JSON would silently change is refused before anything is sent", async () => {
  const { url, requests } = await listenAsProducer(() => "never");
  const { deadLetters } = createClient({ url });

  await expect(deadLetters.replay("1", { payload: { amount: Number.NaN } })).rejects.toThrow(
    "The payload of the replay is not JSON: payload.amount is NaN, which JSON doesn't have.",
  );

  expect(requests).toEqual([]);
});

test("a list whose page leads to itself ends", async () => {
  const { url, requests } = await listenAsProducer((): Scripted => ({
    status: 200,
    body: { items: [], nextCursor: "x" },
  }));
  await expect(all(createClient({ url }).deadLetters.list())).rejects.toMatchObject({ ...UNEXPECTED, status: 200 });
  expect(requests).toHaveLength(2);
});
