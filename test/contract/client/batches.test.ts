import { expect, test } from "vitest";
import { type NewTask, HandoffError } from "handoff-client";
import { clientOver } from "../../../packages/client/src/create-client.ts";
import { connect } from "../../../packages/client/src/http/connection.ts";
import { createHurriedClock } from "../../harness/client/hurried-clock.ts";
import { type Scripted, listenAsProducer, refusal } from "../../harness/client/scripted-producer.ts";

interface SentItem {
  readonly type: string;
  readonly payload: unknown;
  readonly idempotencyKey: string;
}

/** Whether a batch is the first of numbered tasks. Two are sent at once, so either may arrive first. */
const isFirst = (tasks: readonly SentItem[]): boolean => tasks[0]?.payload === 0;

/** A producer that responds to batches as the script says, and a client whose pauses are noted, not spent. */
async function setUp(script: (tasks: readonly SentItem[], nth: number) => Scripted) {
  const batches: SentItem[][] = [];
  const producer = await listenAsProducer(({ body }, nth) => {
    const { tasks }: { tasks: SentItem[] } = JSON.parse(body);
    batches.push(tasks);
    return script(tasks, nth);
  });
  const clock = createHurriedClock([60_000]);
  const connection = connect({ url: producer.url }, { clock, random: () => 0 });
  return { batches, requests: producer.requests, clock, client: clientOver(connection) };
}

const results = (tasks: readonly SentItem[], status: (item: SentItem) => number = () => 202) => ({
  status: 200,
  body: { results: tasks.map((item) => ({ status: status(item), id: `id-${String(item.payload)}` })) },
});

const numbered = (count: number): NewTask[] =>
  Array.from({ length: count }, (_, payload) => ({ type: "receipt.send", payload }));

test("many tasks are sent in requests of 500, and their results are in order, each with its key", async () => {
  const { client, batches } = await setUp((tasks) => results(tasks));

  const found = await client.enqueueMany(numbered(1_201));

  expect(batches.map(({ length }) => length)).toEqual([500, 500, 201]);
  expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 1_201 }, (_, n) => `id-${n}`));
  const sent = batches.flat().toSorted((a, b) => Number(a.payload) - Number(b.payload));
  expect(found.map(({ idempotencyKey }) => idempotencyKey)).toEqual(sent.map((item) => item.idempotencyKey));
  expect(new Set(found.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1_201);
});

test("a request has at most 4 MiB, whatever the characters, and a task beyond that fails alone", async () => {
  const MiB = 2 ** 20;
  const { client, batches, requests } = await setUp((tasks) =>
    tasks.some(({ payload }) => String(payload).length > 4 * MiB) ? refusal(413, "body-too-large") : results(tasks),
  );
  // Each é has two bytes.
  const payloads = ["é".repeat(MiB), "a".repeat(2 * MiB - 300), "b", "c".repeat(4 * MiB + 1), "d"];

  const found = await client.enqueueMany(payloads.map((payload) => ({ type: "t", payload })));

  const letters = batches.map((tasks) => tasks.map(({ payload }) => String(payload).slice(0, 1)).join(""));
  expect(letters.toSorted()).toEqual(["c", "d", "éab"]);
  const fullest = Buffer.byteLength(requests[letters.indexOf("éab")]?.body ?? "");
  expect(fullest).toBeGreaterThan(4 * MiB - 200);
  expect(fullest).toBeLessThanOrEqual(4 * MiB);
  expect(found.map(({ status }) => status)).toEqual([202, 202, 202, 413, 202]);
  expect(found[3]?.problem?.code).toBe("body-too-large");
});

test("a batch whose response is lost is repeated as a whole, with the same keys", async () => {
  const { client, batches, clock } = await setUp((tasks, nth) => (nth === 0 ? "cut" : results(tasks)));

  expect(await client.enqueueMany(numbered(3))).toHaveLength(3);

  expect(batches).toHaveLength(2);
  expect(batches[1]).toEqual(batches[0]);
  expect(clock.pauses).toEqual([200]);
});

test("only the tasks of a batch that the producer couldn't accept are sent again, with their keys, after Retry-After", async () => {
  const { client, batches, clock } = await setUp((tasks, nth) => {
    const status = ({ payload }: SentItem): number => (nth === 0 && Number(payload) % 2 === 1 ? 503 : 202);
    return { ...results(tasks, status), headers: { "retry-after": "7" } };
  });

  const found = await client.enqueueMany(numbered(5));

  expect(found.map(({ status, id }) => [status, id])).toEqual([0, 1, 2, 3, 4].map((n) => [202, `id-${n}`]));
  expect(batches[1]).toEqual(batches[0]?.filter(({ payload }) => Number(payload) % 2 === 1));
  expect(batches).toHaveLength(2);
  expect(clock.pauses).toEqual([7_000]);
});

test("a task that no try enqueues has its last status, and a refused one isn't sent again", async () => {
  const { client, batches } = await setUp((tasks) => results(tasks, ({ payload }) => (payload === 0 ? 400 : 429)));

  const found = await client.enqueueMany(numbered(2));

  expect(found.map(({ status }) => status)).toEqual([400, 429]);
  expect(batches.map(({ length }) => length)).toEqual([2, 1, 1, 1, 1, 1]);
});

test("a stream is read as its results are read, with little more than two batches in memory", async () => {
  let read = 0;
  async function* tasks() {
    for (const task of numbered(10_000)) {
      read += 1;
      yield task;
    }
  }
  const { client } = await setUp((tasks) => results(tasks));

  const ahead: number[] = [];
  let seen = 0;
  for await (const { id } of client.enqueueStream(tasks())) {
    expect(id).toBe(`id-${seen}`);
    ahead.push(read - seen);
    seen += 1;
  }

  expect(seen).toBe(10_000);
  expect(Math.max(...ahead)).toBeLessThanOrEqual(1_501);
});

test("a stream that fails has sent all tasks before the failure, and so has one with a value that isn't JSON", async () => {
  const broken = new Error("line 4 is no JSON");
  async function* tasks() {
    yield* numbered(3);
    throw broken;
  }
  const { client, batches } = await setUp((tasks) => results(tasks));
  const ids: (string | undefined)[] = [];
  const readAll = async (of: AsyncIterable<NewTask> | Iterable<NewTask>): Promise<void> => {
    for await (const { id } of client.enqueueStream(of)) ids.push(id);
  };

  await expect(readAll(tasks())).rejects.toBe(broken);
  await expect(readAll([...numbered(1), { type: "t", payload: 1n }])).rejects.toThrow("payload is a bigint");

  expect(ids).toEqual(["id-0", "id-1", "id-2", "id-0"]);
  expect(batches).toHaveLength(2);
});

test("a batch that fails ends the stream after the results before it", async () => {
  const { client } = await setUp((tasks) => (isFirst(tasks) ? results(tasks) : refusal(403, "forbidden")));
  let seen = 0;
  const readAll = async (): Promise<void> => {
    for await (const { status } of client.enqueueStream(numbered(2_000))) seen += Number(status === 202);
  };

  await expect(readAll()).rejects.toMatchObject({ name: HandoffError.name, status: 403, code: "forbidden" });

  expect(seen).toBe(500);
});

test("a consumer that stops reading the results stops the sending", async () => {
  const { client, batches } = await setUp((tasks) => (isFirst(tasks) ? results(tasks) : "never"));
  let isClosed = false;
  async function* tasks() {
    try {
      yield* numbered(10_000);
    } finally {
      isClosed = true;
    }
  }

  for await (const { id } of client.enqueueStream(tasks())) if (id === "id-0") break;

  expect(isClosed).toBe(true);
  expect(batches.length).toBeLessThanOrEqual(2);
});

test("a signal ends a stream with its reason", async () => {
  const ended = new AbortController();
  const reason = new Error("the program stops");
  const { client } = await setUp(() => {
    setImmediate(() => ended.abort(reason));
    return "never";
  });

  await expect(client.enqueueMany(numbered(3), { signal: ended.signal })).rejects.toBe(reason);
});

test("a signal ends a stream that yields no more tasks", async () => {
  const ended = new AbortController();
  const reason = new Error("the program stops");
  const { client } = await setUp((tasks) => results(tasks));
  async function* tasks() {
    yield* numbered(500);
    setImmediate(() => ended.abort(reason));
    await new Promise(() => {});
  }

  const readAll = async () => {
    for await (const { status } of client.enqueueStream(tasks(), { signal: ended.signal })) expect(status).toBe(202);
  };

  await expect(readAll()).rejects.toBe(reason);
});

test("an empty list sends no request", async () => {
  const { client, requests } = await setUp((tasks) => results(tasks));
  expect(await client.enqueueMany([])).toEqual([]);
  expect(requests).toEqual([]);
});
