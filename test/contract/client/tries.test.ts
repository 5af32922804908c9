import http from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { HandoffError, UnreachableError, type ClientOptions, createClient } from "handoff-client";
import { clientOver } from "../../../packages/client/src/create-client.ts";
import { connect } from "../../../packages/client/src/http/connection.ts";
import { createHurriedClock } from "../../harness/client/hurried-clock.ts";
import {
  type ReceivedRequest,
  type Scripted,
  listenAsProducer,
  refusal,
} from "../../harness/client/scripted-producer.ts";

const TASK = { id: `${"ab".repeat(16)}-default`, queue: "default", state: "queued", links: { self: "/v1/tasks/1" } };
const ACCEPTED: Scripted = { status: 202, body: TASK };

/** A client whose pauses are noted, not spent, and a producer that responds with the list's next item, the last again and again. */
async function setUp(responses: readonly Scripted[], options: Partial<ClientOptions> = {}) {
  const script = (_: ReceivedRequest, nth: number): Scripted => responses[nth] ?? responses.at(-1) ?? "never";
  const producer = await listenAsProducer(script);
  const clock = createHurriedClock([30_000]);
  const connection = connect({ url: producer.url, ...options }, { clock, random: () => 0 });
  return { ...producer, clock, client: clientOver(connection) };
}

test("all tries of a call have one random key, and wait as the producer requests or ever longer", async () => {
  const busy = { ...refusal(503, "outcome-unknown"), headers: { "retry-after": "5" } };
  const throttled = { ...refusal(429, "rate-limited"), headers: { "retry-after": "Tue, 01 Jan 2030 00:00:09 GMT" } };
  const { client, requests, clock } = await setUp([busy, "cut", { status: 502 }, throttled, ACCEPTED]);

  expect(await client.enqueue("receipt.send", { orderId: "7" })).toEqual(TASK);

  expect(clock.pauses).toEqual([5_000, 400, 800, 2_800]);
  expect(new Set(requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(requests[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
  const sent = ["/v1/tasks", '{"type":"receipt.send","payload":{"orderId":"7"}}'];
  expect(requests.map(({ path, body }) => [path, body])).toEqual([sent, sent, sent, sent, sent]);
});

test.each([408, 429, 502, 503, 504])("a call that got %d is tried again", async (status) => {
  const { client, requests } = await setUp([{ status }, ACCEPTED]);

  expect(await client.enqueue("receipt.send", { orderId: "7" })).toEqual(TASK);

  expect(requests).toHaveLength(2);
});

test("a client on somebody's behalf names them in each request and each try", async () => {
  const { client, requests } = await setUp(["cut", ACCEPTED], { onBehalfOf: "Ops@Example.com" });

  await client.enqueue("receipt.send", { orderId: "7" });
  await client.get(TASK.id);

  expect(requests.map(({ headers }) => headers["handoff-on-behalf-of"])).toEqual(Array(3).fill("ops@example.com"));
});

test("a client on nobody's behalf names nobody", async () => {
  const { client, requests } = await setUp([ACCEPTED]);
  await client.get(TASK.id);
  expect(requests[0]?.headers).not.toHaveProperty("handoff-on-behalf-of");
});

test("an error says once what its problems and its detail both say", async () => {
  const problems = [{ path: "payload.a", message: "is a duplicate: leave one out" }];
  const detail = "The body can't be passed on unchanged: payload.a is a duplicate: leave one out.";
  const { client } = await setUp([refusal(400, "invalid-body", { detail, problems })]);

  await expect(client.me()).rejects.toMatchObject({ message: `400 invalid-body: ${detail}` });
});

test("two calls have two keys, and a given key is sent as it is", async () => {
  const { client, requests } = await setUp([ACCEPTED]);

  await client.enqueue("receipt.send", 1);
  await client.enqueue("receipt.send", 1);
  await client.enqueue("receipt.send", 1, { idempotencyKey: "receipt-7", delaySeconds: 3 });

  const keys = requests.map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(3);
  expect(keys[2]).toBe("receipt-7");
  expect(JSON.parse(requests[2]?.body ?? "")).toEqual({ type: "receipt.send", payload: 1, delaySeconds: 3 });
});

test("a refused request is sent once, and its error lists everything that is wrong", async () => {
  const problems = [
    { path: "payload.url", message: "must be an http or https URL" },
    { path: "type", message: "is missing" },
  ];
  const { client, requests } = await setUp([
    refusal(400, "invalid-request", { detail: "2 things are wrong.", problems }),
  ]);

  const error: unknown = await client.enqueue("receipt.send", {}).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(HandoffError);
  expect(error).toMatchObject({ status: 400, code: "invalid-request", problem: { problems } });
  expect(String(error)).toBe(
    "HandoffError: 400 invalid-request: 2 things are wrong. payload.url must be an http or https URL; type is missing",
  );
  expect(requests).toHaveLength(1);
});

test.each([
  { limits: {}, tries: 6, pauses: [200, 400, 800, 1_600, 3_200] },
  { limits: { tries: 1 }, tries: 1, pauses: [] },
  { limits: { tries: 100, totalMs: 2_000 }, tries: 4, pauses: [200, 400, 800] },
])("a call with the limits $limits fails after $tries tries", async ({ limits, tries, pauses }) => {
  const { client, requests, clock } = await setUp([refusal(503, "overloaded")], { retry: limits });

  await expect(client.get("1")).rejects.toMatchObject({ status: 503, code: "overloaded" });

  expect(requests).toHaveLength(tries);
  expect(clock.pauses).toEqual(pauses);
});

test("a producer that can't be reached has its own error, which says why", async () => {
  const { client, requests } = await setUp(["cut"], { retry: { tries: 2 } });

  const error: unknown = await client.get("1").catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(UnreachableError);
  expect(error).toMatchObject({ code: "unreachable", cause: { message: "fetch failed" } });
  expect(requests).toHaveLength(2);
});

test("a purge whose response is lost isn't repeated, since tasks may have been added after it", async () => {
  const { client, requests } = await setUp(["cut", { status: 200, body: { key: "default" } }]);

  await expect(client.queues.purge("default")).rejects.toBeInstanceOf(UnreachableError);
  await expect(client.queues.pause("default")).resolves.toEqual({ key: "default" });

  expect(requests.map(({ path, body }) => [path, body])).toEqual([
    ["/v1/queues/default/purge", '{"queue":"default"}'],
    ["/v1/queues/default/pause", ""],
  ]);
});

test.each(["while it waits for the next try", "while it waits for a response", "before it begins"] as const)(
  "a call whose signal fires %s ends at once, with the signal's reason",
  async (when) => {
    const ended = new AbortController();
    const reason = new Error("nobody waits");
    const isBefore = when === "before it begins";
    const producer = await listenAsProducer(() => {
      if (!isBefore) setImmediate(() => ended.abort(reason));
      return when === "while it waits for a response"
        ? "never"
        : { ...refusal(503, "overloaded"), headers: { "retry-after": "50" } };
    });
    if (isBefore) ended.abort(reason);

    const call = createClient({ url: producer.url }).enqueue("receipt.send", {}, { signal: ended.signal });

    await expect(call).rejects.toBe(reason);
    expect(producer.requests).toHaveLength(isBefore ? 0 : 1);
  },
);

test.each<[string, Scripted]>([
  ["a page", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" }],
  ["a redirect", { status: 302, headers: { location: "http://127.0.0.1:9/elsewhere" } }],
  ["half a document", { status: 200, headers: { "content-type": "application/json" }, body: '{"id":' }],
  ["a proxy's refusal", { status: 403, headers: { "content-type": "text/html" }, body: "<h1>Forbidden</h1>" }],
])("a response with %s isn't treated as the producer's, and isn't retried", async (_, response) => {
  const { client, requests } = await setUp([response], { auth: () => "secret-token" });

  const error: unknown = await client.me().catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ name: "HandoffError", code: "unexpected-response", problem: undefined });
  expect(String(error)).not.toContain("secret-token");
  expect(requests).toHaveLength(1);
});

test("requests carry the given function's token for the producer's address, and the given trace", async () => {
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const audiences: string[] = [];
  const auth = (audience: string) => `token-${audiences.push(audience)}`;
  const { client, requests, url } = await setUp([ACCEPTED], { auth, traceparent: () => traceparent });

  await client.get("a/../b?c");
  await client.enqueue("receipt.send", null);

  expect(audiences).toEqual([url, url]);
  expect(requests.map(({ path, headers }) => [path, headers.authorization, headers["traceparent"]])).toEqual([
    ["/v1/tasks/a%2F..%2Fb%3Fc", "Bearer token-1", traceparent],
    ["/v1/tasks", "Bearer token-2", traceparent],
  ]);
});

test("an error of a token function reaches the caller as it is, and nothing is sent", async () => {
  const failure = new Error("no credentials");
  const { client, requests } = await setUp([ACCEPTED], { auth: () => Promise.reject(failure) });

  await expect(client.get("1")).rejects.toBe(failure);

  expect(requests).toEqual([]);
});

test("requests use the given fetch", async () => {
  const sent: string[] = [];
  const fetch = async (url: string) => {
    sent.push(url);
    return Response.json({ email: "local", role: "operator", actions: [] });
  };

  expect(await createClient({ url: "https://producer.example", auth: null, fetch }).me()).toMatchObject({
    email: "local",
  });

  expect(sent).toEqual(["https://producer.example/v1/me"]);
});

test.each([
  [{ idempotencyKey: "two words" }, "idempotencyKey must be 1 to 255 visible ASCII characters"],
  [{ idempotencyKey: "" }, "idempotencyKey must be"],
])("the key %j is refused before anything is sent", async (options, message) => {
  const { client, requests } = await setUp([ACCEPTED]);
  const call = client.enqueue("receipt.send", {}, options);
  await expect(call).rejects.toThrow(message);
  expect(requests).toEqual([]);
});

test("a payload that JSON would silently change is refused before anything is sent", async () => {
  const { client, requests } = await setUp([ACCEPTED]);
  const payload = { at: new Date(), amount: Number.NaN, left: undefined, list: [undefined] };

  await expect(client.enqueue("receipt.send", payload)).rejects.toThrow(
    "The payload of receipt.send is not JSON: payload.at is an instance of Date, which JSON doesn't have; " +
      "payload.amount is NaN, which JSON doesn't have; payload.list.0 is missing.",
  );

  expect(requests).toEqual([]);
});

test.each([{ tries: 0 }, { tries: 1.5 }, { totalMs: -1 }, { totalMs: Number.NaN }])(
  "the limits %j are refused",
  (retry) => {
    expect(() => createClient({ url: "http://localhost", retry })).toThrow("retry.");
  },
);

test("a truncated response doesn't count, and the request is retried", async () => {
  let count = 0;
  const server = http.createServer((_, response) => {
    count += 1;
    response.writeHead(200, { "content-type": "application/json", "content-length": "200" });
    if (count === 1) response.write('{"id":', () => response.destroy());
    else response.end(JSON.stringify(TASK).padEnd(200));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const clock = createHurriedClock([30_000]);
  const client = clientOver(connect({ url: `http://127.0.0.1:${address.port}` }, { clock, random: () => 0 }));

  expect(await client.get("1")).toEqual(TASK);

  expect(count).toBe(2);
  expect(clock.pauses).toEqual([200]);
});
