import { status } from "@grpc/grpc-js";
import { once } from "node:events";
import type net from "node:net";
import { describe, expect, it } from "vitest";
import { bytesOf, openSocket } from "../../harness/network/raw-http.ts";
import {
  CLAIMED,
  MAX_PAYLOAD_BYTES,
  type ProducerHarness,
  setUpProducer,
} from "../../harness/producer/producer-harness.ts";

const BODY = JSON.stringify(CLAIMED);
/** Large enough to be counted: more than 4 KiB, for indentation. */
const LARGE_BODY = BODY + " ".repeat(5_000);

const ROOMY = 1_000_000;

/** Requests a task that never gets a response, until the caller hangs up. */
async function hang(producer: ProducerHarness, body = BODY) {
  const arrived = Promise.withResolvers<void>();
  void producer.tasksProxy.inject({
    rpc: "CreateTask",
    when: "before-effect",
    answer: "nothing",
    onArrival: async () => arrived.resolve(),
  });
  const caller = new AbortController();
  const answer = producer.post(body, {}, { signal: caller.signal }).catch(() => undefined);
  await arrived.promise;
  return {
    async hangUp() {
      caller.abort();
      await answer;
    },
  };
}

async function refusal(producer: ProducerHarness, body = BODY) {
  const before = producer.calls("CreateTask");
  const { status, headers, body: problem } = await producer.post(body);
  const created = producer.calls("CreateTask") - before;
  return { status, code: problem.code, retryAfter: headers.get("retry-after"), created };
}

const OVERLOADED = { status: 503, code: "overloaded", retryAfter: "5", created: 0 };

describe("a producer that has no room for another request", () => {
  it("answers 503 with its own code and creates nothing, while its probes pass", async () => {
    const producer = await setUpProducer({ limits: { maxRequests: 1, maxBodyBytes: ROOMY } });
    const hanging = await hang(producer);

    expect(await refusal(producer)).toEqual(OVERLOADED);
    expect(await producer.send(`/v1/tasks/${"0".repeat(32)}-default`)).toMatchObject({ status: 503 });
    expect(await producer.send("/live")).toMatchObject({ status: 200 });
    expect(await producer.send("/ready")).toMatchObject({ status: 200 });

    await hanging.hangUp();
    await expect.poll(async () => (await producer.post(BODY)).status).toBe(202);
  });

  it("has room for a small body when it has none for a large one", async () => {
    const producer = await setUpProducer({ limits: { maxRequests: 10, maxBodyBytes: LARGE_BODY.length } });
    const hanging = await hang(producer, LARGE_BODY);

    expect(await refusal(producer, LARGE_BODY)).toEqual(OVERLOADED);
    expect((await producer.post(BODY)).status).toBe(202);

    await hanging.hangUp();
    await expect.poll(async () => (await producer.post(LARGE_BODY)).status).toBe(202);
  });

  it("responds before the body has arrived, and then reads the next request on the same connection", async () => {
    const producer = await setUpProducer({ limits: { maxRequests: 10, maxBodyBytes: 0 } });
    const socket = await openSocket(Number(new URL(producer.url).port));
    const bytes = requestBytes(LARGE_BODY, [["content-length", String(LARGE_BODY.length)]]);

    socket.write(bytes.subarray(0, bytes.length - LARGE_BODY.length));
    expect(await nextStatus(socket)).toBe(503);
    socket.write(LARGE_BODY);
    socket.write(requestBytes(BODY, [["content-length", String(BODY.length)]]));
    expect(await nextStatus(socket)).toBe(202);
    socket.destroy();
  });

  it("counts a chunked body as the longest that it would read", async () => {
    const limits = { maxRequests: 10, maxBodyBytes: 2 * MAX_PAYLOAD_BYTES - 1 };
    const producer = await setUpProducer({ limits });
    const socket = await openSocket(Number(new URL(producer.url).port));
    socket.write(requestBytes("", [["transfer-encoding", "chunked"]]));
    expect(await nextStatus(socket)).toBe(503);
    socket.destroy();
  });
});

describe("a request's slot", () => {
  it.each<[string, (producer: ProducerHarness) => Promise<unknown>]>([
    ["is accepted", (producer) => producer.post(LARGE_BODY)],
    ["is malformed", (producer) => producer.post(LARGE_BODY.slice(1))],
    ["has a wrong payload", (producer) => producer.post(LARGE_BODY.replace("url", "uri"))],
    ["has another media type", (producer) => producer.post(LARGE_BODY, { "content-type": "text/plain" })],
    ["is too large", (producer) => producer.post("x".repeat(9_000))],
    ["is cut off", (producer) => cutOff(producer)],
    [
      "names a path that doesn't exist",
      (producer) => producer.send("/v1/nowhere", { method: "POST", body: LARGE_BODY }),
    ],
    ["uses another method", (producer) => producer.send("/v1/tasks", { method: "PUT", body: LARGE_BODY })],
  ])("is free again when the request %s", async (_, request) => {
    const producer = await setUpProducer({ limits: { maxRequests: 1, maxBodyBytes: LARGE_BODY.length } });
    for (let count = 0; count < 3; count++) await request(producer);
    await expect.poll(async () => (await producer.post(LARGE_BODY)).status).toBe(202);
  });

  it("is free again if a dependency fails", async () => {
    const producer = await setUpProducer({ limits: { maxRequests: 1, maxBodyBytes: ROOMY } });
    const answer = { status: status.PERMISSION_DENIED };
    void producer.tasksProxy.inject({ rpc: "CreateTask", when: "before-effect", answer });
    expect((await producer.post(BODY)).status).toBe(500);
    expect((await producer.post(BODY)).status).toBe(202);
  });
});

/** Sends half of a body and hangs up. */
async function cutOff(producer: ProducerHarness): Promise<void> {
  const socket = await openSocket(Number(new URL(producer.url).port));
  const bytes = requestBytes(LARGE_BODY, [
    ["content-length", String(LARGE_BODY.length)],
    ["expect", "100-continue"],
  ]);
  socket.write(bytes.subarray(0, bytes.length - 100));
  await once(socket, "data");
  socket.destroy();
}

function requestBytes(body: string, headers: readonly (readonly [string, string])[]): Buffer {
  const fixed = [
    ["host", "producer"],
    ["content-type", "application/json"],
  ] as const;
  return bytesOf({ method: "POST", target: "/v1/tasks", headers: [...fixed, ...headers], body: Buffer.from(body) });
}

/** The status of the next response on a connection. */
async function nextStatus(socket: net.Socket): Promise<number> {
  const [chunk]: unknown[] = await once(socket, "data");
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(String(chunk))?.[1]);
}
