import { status } from "@grpc/grpc-js";
import http from "node:http";
import { describe, expect, it, vi } from "vitest";
import { ACCOUNTS, bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import {
  CLAIMED,
  MAX_PAYLOAD_BYTES,
  NATURAL,
  type ProducerHarness,
  setUpProducer,
} from "../../../harness/producer/producer-harness.ts";

interface Item {
  readonly status: number;
  readonly id?: string;
  readonly task?: { readonly id: string; readonly state: string };
  readonly problem?: { readonly code: string; readonly type: string; readonly problems?: readonly { path: string }[] };
}

/** For as long as a busy machine may take. */
const PATIENTLY = { timeout: 100_000 };

const withKey = (task: object, key: string) => ({ ...task, idempotencyKey: key });
const hook = (key: string, data: unknown = 1) => withKey({ ...CLAIMED, payload: { ...CLAIMED.payload, data } }, key);

async function sendText(producer: ProducerHarness, body: string | Uint8Array<ArrayBuffer>, headers: object = {}) {
  const all = { "content-type": "application/json", ...headers };
  const { body: read, ...response } = await producer.send("/v1/tasks/batch", { method: "POST", headers: all, body });
  const { results = [] }: { results?: readonly Item[] } = Object(read);
  return { ...response, body: read, results };
}

const send = (producer: ProducerHarness, tasks: readonly unknown[], headers: object = {}) =>
  sendText(producer, JSON.stringify({ tasks }), headers);

/** What a request for one task alone responds, in the form of an item. */
async function sendAlone(producer: ProducerHarness, { idempotencyKey, ...task }: ReturnType<typeof hook>) {
  const response = await producer.enqueue(task, idempotencyKey);
  const told: Item = JSON.parse(response.text);
  return response.status < 300
    ? { status: response.status, id: told.id, task: told }
    : { status: response.status, problem: told };
}

describe("a batch", () => {
  it("creates each task that a single request would have created, in order, and the same again if it is repeated", async () => {
    const producer = await setUpProducer();
    const tasks = [hook("a"), withKey(NATURAL, "b"), hook("c", { deep: [1.5] }), { ...hook("d"), delaySeconds: 60 }];
    const first = await send(producer, tasks);
    expect(first.status).toBe(200);
    expect(first.headers.get("retry-after")).toBeNull();
    expect(first.results.map((item) => item.status)).toEqual([202, 202, 202, 202]);
    expect(first.results.map(({ task }) => task?.state)).toEqual(["queued", "queued", "queued", "scheduled"]);
    expect(first.results.map(({ id, task }) => id === task?.id)).toEqual([true, true, true, true]);

    // A request alone finds what the batch made.
    const alone = await Promise.all(tasks.map((task) => sendAlone(producer, task)));
    expect(alone).toEqual(first.results.map((item) => ({ ...item, status: 200 })));
    expect((await send(producer, tasks)).results).toEqual(alone);
    expect(await producer.queuedTasks("default")).toHaveLength(3);
  });

  it("reports for each refused item what a single request would have been told, and accepts the others", async () => {
    const { access } = await setUpCallers();
    const producer = await setUpProducer({ access });
    const authorization = bearerOf(ACCOUNTS["caller of webhooks"]);
    const post = (key: string, data: unknown) =>
      producer.post(JSON.stringify({ ...CLAIMED, payload: { ...CLAIMED.payload, data } }), {
        authorization,
        "idempotency-key": key,
      });
    await post("used", 1);
    const removed = await post("removed", 1);
    await producer.admin.deleteTask({ name: producer.taskName(removed.body.id) });
    const texts = [
      JSON.stringify(hook("fine")),
      JSON.stringify(withKey({ type: "webhook.deliver", payload: { url: 7 }, delaySeconds: -1 }, "wrong")),
      JSON.stringify(withKey({ type: "no.such" }, "unknown")),
      JSON.stringify(withKey(NATURAL, "not-ours")),
      JSON.stringify(hook("used", "another")),
      JSON.stringify(hook("removed")),
      JSON.stringify(hook("large", "x".repeat(MAX_PAYLOAD_BYTES))),
      JSON.stringify(hook("larger", "x".repeat(2 * MAX_PAYLOAD_BYTES))),
      JSON.stringify(hook("inexact", "N")).replace('"N"', "9007199254740993"),
      JSON.stringify(hook("twice", "N")).replace('"N"', '{"a":1,"a":1}'),
      JSON.stringify(hook("deep", "N")).replace('"N"', "[".repeat(70) + "]".repeat(70)),
      JSON.stringify({ ...hook("also-fine"), scheduleTime: new Date(Date.now() + 60_000).toISOString() }),
    ];
    const { status: code, results } = await sendText(producer, `{ "tasks": [${texts.join(" ,\n")}] }`, {
      authorization,
    });
    expect(code).toBe(200);
    expect(results.map((item) => [item.status, item.problem?.code])).toEqual([
      [202, undefined],
      [400, "invalid-request"],
      [400, "invalid-request"],
      [403, "forbidden"],
      [422, "idempotency-key-reused"],
      [409, "task-removed"],
      [413, "payload-too-large"],
      [413, "payload-too-large"],
      [400, "invalid-body"],
      [400, "invalid-body"],
      [400, "invalid-body"],
      [202, undefined],
    ]);
    const alone: unknown[] = [];
    for (const text of texts) {
      const { idempotencyKey: key }: { idempotencyKey: string } = JSON.parse(text);
      const response = await producer.post(text.replace(`,"idempotencyKey":"${key}"`, ""), {
        authorization,
        "idempotency-key": key,
      });
      alone.push(response.status < 300 ? undefined : JSON.parse(response.text));
    }
    expect(results.map(({ problem }) => problem)).toEqual(alone);
  });

  it("gives each of its items the reads, the calls and the tries of a single request", async () => {
    const producer = await setUpProducer();
    const cost = async (run: () => Promise<unknown>) => {
      const before = ["BatchGetDocuments", "CreateTask", "GetTask", "RunQuery"].map((rpc) => producer.calls(rpc));
      await run();
      return ["BatchGetDocuments", "CreateTask", "GetTask", "RunQuery"].map(
        (rpc, index) => producer.calls(rpc) - (before[index] ?? 0),
      );
    };
    const tasks = Array.from({ length: 20 }, (_, index) => hook(`k${index}`));
    const created = await cost(() => sendAlone(producer, hook("alone")));
    expect(created).toEqual([1, 1, 0, 0]);
    expect(await cost(() => send(producer, tasks))).toEqual(created.map((calls) => calls * 20));
    const repeated = await cost(() => sendAlone(producer, hook("alone")));
    expect(await cost(() => send(producer, tasks))).toEqual(repeated.map((calls) => calls * 20));
  });

  it("of 500 makes 500 tasks, also when it is repeated whole after responses were lost", async () => {
    const producer = await setUpProducer();
    const tasks = Array.from({ length: 500 }, (_, index) => hook(`k${index}`, index));
    const answer = { status: status.UNAVAILABLE };
    for (let hit = 0; hit < 5; hit++) {
      void producer.tasksProxy.inject({ rpc: "CreateTask", when: "after-effect", answer, skip: 90 });
    }
    const first = await send(producer, tasks);
    expect(new Set(first.results.map((item) => item.status))).toEqual(new Set([202]));
    const second = await send(producer, tasks);
    expect(second.results).toEqual(first.results.map((item) => ({ ...item, status: 200 })));
    expect(new Set(first.results.map(({ id }) => id)).size).toBe(500);
    expect(await producer.queuedTasks("default")).toHaveLength(500);
  }, 60_000);
});

describe("a batch that is refused as a whole", () => {
  it("has no effect, and every item without a good key is named", async () => {
    const producer = await setUpProducer();
    const { idempotencyKey: _none, ...keyless } = hook("x");
    const { status: code, body } = await send(producer, [hook("a"), keyless, hook("b c"), 7, hook("d"), hook("")]);
    expect(code).toBe(400);
    expect(body.problems).toEqual([
      { path: "tasks.1.idempotencyKey", message: "is missing" },
      { path: "tasks.2.idempotencyKey", message: "must be 1 to 255 visible ASCII characters, without spaces" },
      { path: "tasks.3.idempotencyKey", message: "is missing" },
      { path: "tasks.5.idempotencyKey", message: "must be 1 to 255 visible ASCII characters, without spaces" },
    ]);
    const one = JSON.stringify(hook("a"));
    const bodies: readonly [text: string | Uint8Array<ArrayBuffer>, code: number, word: string][] = [
      ["", 400, "invalid-body"],
      ["[]", 400, "invalid-request"],
      ["{}", 400, "invalid-request"],
      ['{"tasks":{}}', 400, "invalid-request"],
      [`{"tasks":[${one}],"more":1}`, 400, "invalid-request"],
      [`{"tasks":[${one}],"tasks":[]}`, 400, "invalid-body"],
      [`{"tasks":[${one},]}`, 400, "invalid-body"],
      [`{"tasks":[${one}}`, 400, "invalid-body"],
      [`{"tasks":[${one}]} x`, 400, "invalid-body"],
      [`{"tasks":[${one.slice(0, -1)}]}`, 400, "invalid-body"],
      [`{"tasks":[${one},tru]}`, 400, "invalid-body"],
      [Buffer.from(`{"tasks":["\xff"]}`, "latin1"), 400, "invalid-body"],
      [JSON.stringify({ tasks: Array.from({ length: 501 }, (_, index) => hook(`k${index}`)) }), 400, "invalid-request"],
      [`{"tasks":[${"0,".repeat(40_000)}0]}`, 400, "invalid-body"],
      [`{"tasks":["${"x".repeat(4 * 1024 * 1024)}"]}`, 413, "body-too-large"],
    ];
    for (const [text, expected, word] of bodies) {
      const response = await sendText(producer, text);
      expect([String(text).slice(0, 60), response.status, response.body.code]).toEqual([
        String(text).slice(0, 60),
        expected,
        word,
      ]);
    }
    expect((await sendText(producer, "{}", { "content-type": "text/plain" })).status).toBe(415);
    expect(producer.calls("CreateTask") + producer.calls("BatchGetDocuments")).toBe(0);
    expect(await send(producer, [])).toMatchObject({ status: 200, results: [] });
  });
});

describe("a batch in progress", () => {
  it("counts each item for the caller's rate", async () => {
    const { access } = await setUpCallers({ CALLER_REQUESTS_PER_SECOND: "1" });
    const producer = await setUpProducer({ access });
    const as = { authorization: bearerOf(ACCOUNTS.caller) };
    const tasks = Array.from({ length: 50 }, (_, index) => hook(`k${index}`));
    // There is room for one, and the others are borrowed.
    expect((await send(producer, tasks, as)).status).toBe(200);
    const refused = await send(producer, tasks, as);
    expect(refused).toMatchObject({ status: 429, body: { code: "rate-limited" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(20);
    expect((await send(producer, tasks, { authorization: bearerOf(ACCOUNTS.operator) })).status).toBe(200);
  });

  it("takes the room of its bytes, so that too much at once is refused before it is read", async () => {
    const producer = await setUpProducer({ limits: { maxRequests: 10, maxBodyBytes: 4 * 1024 * 1024 } });
    const slow = http.request(`${producer.url}/v1/tasks/batch`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": 4 * 1024 * 1024 },
    });
    slow.on("error", () => {});
    slow.write("{");
    await vi.waitFor(async () => {
      const second = await send(producer, [hook("a", "x".repeat(4_000)), hook("b", "x".repeat(2_000))]);
      expect(second).toMatchObject({ status: 503, body: { code: "overloaded" } });
    }, PATIENTLY);
    // Small requests don't count.
    expect((await send(producer, [hook("a")])).status).toBe(200);
    slow.destroy();
  });

  it("ends when its caller hangs up", async () => {
    const producer = await setUpProducer();
    const caller = new AbortController();
    const injected = producer.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer: "nothing" });
    const tasks = Array.from({ length: 500 }, (_, index) => hook(`k${index}`));
    const body = JSON.stringify({ tasks });
    const running = fetch(`${producer.url}/v1/tasks/batch`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      signal: caller.signal,
    });
    await injected;
    caller.abort();
    await expect(running).rejects.toThrow("abort");
    await vi.waitFor(() => expect(producer.logged.join("")).toContain("request answered"), PATIENTLY);
    expect(producer.calls("CreateTask")).toBeLessThan(500);
  });

  it("logs no failure of work that it abandons when its caller hangs up", async () => {
    const producer = await setUpProducer();
    await send(producer, [hook("k")]);
    const caller = new AbortController();
    const injected = producer.recordsProxy.inject({
      rpc: "BatchGetDocuments",
      when: "before-effect",
      answer: "nothing",
    });
    const running = fetch(`${producer.url}/v1/tasks/batch`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ tasks: [hook("k")] }),
      signal: caller.signal,
    });
    await injected;
    caller.abort();
    await expect(running).rejects.toThrow("abort");
    await vi.waitFor(() => expect(producer.logged.join("")).toContain('"status":400'), PATIENTLY);
    expect(producer.logged.join("")).not.toContain("a dependency failed");
  });
});
